"""Accounts of one side → its columns in one partnership, whole or for what changed. Pure."""

import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from service.crypto import ReferenceKey
from service.crypto.columns import references
from service.linking.columns import U64, References, TokenColumn
from service.linking.families import family_keys
from service.linking.keys import LinkKeys
from service.linking.layers import Delta, difference
from service.linking.tokens import token_bytes, tokens_of
from service.matching.guards import CROWDED_UNTIL, HEAD_SHARED_FROM, borne_domains
from service.matching.keys import EVIDENCE_ALONE, MatchKeys, match_keys
from service.matching.kinds import KeyKind, Level, Role
from service.matching.normalise import normalise
from service.overlaps.models import Part
from service.overlaps.stored import ACCOUNTS, PART_OF, Place, Stored

Columns = Mapping[Place, TokenColumn]
HEADS: Place = (Part.SENT, KeyKind.NAME_HEAD.value)
SHARED_HEADS: Place = (Part.WITHHELD, KeyKind.NAME_HEAD.value)
CROWDED: Place = (Part.WITHHELD, KeyKind.DOMAIN.value)
OWNERS = {part for role, part in PART_OF.items() if role is not Role.SELF}
PLACES: tuple[Place, ...] = (*((Part.SENT, kind.value) for kind in KeyKind), SHARED_HEADS, CROWDED, ACCOUNTS)


_CHUNK_ROWS = 1 << 15
"""A part of a list is smaller than what is worth a thread of its own elsewhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Accounts one side takes part with: their references and `ids` (uint8 (n, 16)), and what of each gives keys."""

    refs: U64
    ids: NDArray[np.uint8]
    normalised: pl.DataFrame
    stands: bool
    """Whether each is stored under every domain that the normaliser finds now: an older one may have found another."""

    @classmethod
    def joined(cls, parts: Sequence["Listed"]) -> "Listed":
        """Of one part at least."""
        return cls(
            np.concatenate([part.refs for part in parts]),
            np.concatenate([part.ids for part in parts]),
            pl.concat([part.normalised for part in parts], rechunk=False),
            all(part.stands for part in parts),
        )


@dataclass(frozen=True, slots=True)
class Maker:
    """One side of a partnership: its keys there, and the key of its own references."""

    partnership_id: str
    link: LinkKeys
    own: ReferenceKey

    def refs(self, ids: pl.Series) -> U64:
        return references(self.partnership_id, ids, self.own)

    def listed(self, accounts: pl.DataFrame) -> Listed:
        """Of accounts with `id`, `domain` and `alias_domains` as stored, and the fields that yield keys."""
        normalised = normalise(accounts, chunk_rows=_CHUNK_ROWS)
        ids = accounts["id"]
        return Listed(
            self.refs(ids), id_bytes(ids), normalised.drop(EVIDENCE_ALONE), _stands(normalised, accounts)
        )

    def columns(self, keys: MatchKeys, refs: U64, ids: NDArray[np.uint8]) -> Columns:
        """Of accounts with these references and ids. `keys` are emptied kind by kind: many texts become few bytes."""
        made: dict[Place, TokenColumn] = {ACCOUNTS: TokenColumn.of(ids, refs)}
        for part, found in ((Part.SENT, keys.columns), (Part.WITHHELD, keys.withheld)):
            while found:
                one = dict([found.popitem()])
                made |= {
                    (part, kind.value): column for kind, column in tokens_of(one, refs, self.link).items()
                }
        return made

    def off(self, domains: pl.Series, stored: Stored) -> list[str]:
        """Those of `domains` that gave no token when `stored` was made."""
        if not len(stored.of(CROWDED)) or not len(domains):
            return []
        words = token_bytes(domains, KeyKind.DOMAIN, self.link).view(">u8").reshape(-1, 2).astype(np.uint64)
        asked = pl.DataFrame({"domain": domains, "high": words[:, 0], "low": words[:, 1]})
        crowded = stored.of(CROWDED).with_high(np.unique(words[:, 0]))
        return asked.join(crowded.frame(), on=["high", "low"], how="semi")["domain"].to_list()

    def whole(
        self, parts: list[Listed], stored: Stored, before: "Standing | None" = None
    ) -> Mapping[Place, Delta]:
        """What makes the columns of all accounts that take part of what is stored.

        `before` is where it stands which domains gave no token, if that is another epoch. `parts`, one at least, are emptied: of
        a long list nothing stays in memory once its keys are made.
        """
        listed = Listed.joined(parts)
        parts.clear()
        standing = before or Standing(self, stored)
        keys = match_keys(listed.normalised, crowded_before=standing.off(listed))
        refs, ids = listed.refs, listed.ids
        del listed
        made = self.columns(keys, refs, ids)
        return {
            place: difference(stored.whole(place), made.get(place, TokenColumn.empty())) for place in PLACES
        }

    def owners(self, accounts: pl.DataFrame, level: Level, stored: Stored) -> Mapping[Place, Delta]:
        """What makes the columns of the companies above accounts of what is stored; `accounts` are all that have or are a parent."""
        places = [place for place in stored.places if place[0] in OWNERS]
        made: dict[Place, TokenColumn] = {}
        if accounts.height:
            refs = self.refs(accounts["id"])
            for role, keys in family_keys(accounts, level).columns.items():
                columns = tokens_of(keys, refs, self.link)
                made |= {(PART_OF[role], kind.value): column for kind, column in columns.items()}
        return {
            place: difference(stored.whole(place), made.get(place, TokenColumn.empty()))
            for place in dict.fromkeys([*places, *made])
        }

    def changed(
        self,
        listed: Listed,
        others: pl.Series,
        stored: Stored,
        *,
        off_before: Collection[str],
        off_still: Collection[str],
    ) -> Mapping[Place, Delta]:
        """What makes the columns as they are to be of what is stored, where `listed` take part as they are now.

        `others` are ids of accounts that may have to go. Every account of a domain that changed and is or was near being crowded is
        listed; those not named stay as they are, but for heads that come to be shared or cease to be. Of the domains that gave no token
        `off_before` are to be looked at, and `off_still` are those of which nothing changed.
        """
        keys = match_keys(listed.normalised, crowded_before=off_before, crowded_still=off_still)
        made = self.columns(keys, listed.refs, listed.ids)
        refs = References(np.concatenate([listed.refs, self.refs(others)]))
        deltas = {
            place: difference(stored.of(place).of_refs(refs), made.get(place, TokenColumn.empty()))
            for place in PLACES
            if place not in {HEADS, SHARED_HEADS}
        }
        return {**deltas, **_heads(stored, made, refs)}


@dataclass(frozen=True, slots=True)
class Standing:
    """One side's columns in an epoch, and what makes them."""

    maker: Maker
    stored: Stored

    def off(self, listed: Listed) -> list[str]:
        """The domains that gave no token and may go on so: those of accounts enough."""
        if not len(self.stored.of(CROWDED)):
            return []
        domains = borne_domains(listed.normalised)["domain"].drop_nulls()
        often = domains.value_counts(name="accounts").filter(pl.col("accounts") > CROWDED_UNTIL)["domain"]
        return self.maker.off(often, self.stored)


def _stands(normalised: pl.DataFrame, accounts: pl.DataFrame) -> bool:
    """A further domain that is stored and no longer found does no harm: a shared host that the company bore the name of, before it
    was renamed. Who looks accounts up by it reads one too many.
    """
    found = pl.DataFrame({"now": normalised["alias_domains"], "stored": accounts["alias_domains"]})
    stored = pl.col("stored").fill_null("").str.split(";")
    lacking = found.drop_nulls("now").select(pl.col("now").list.set_difference(stored).list.len().sum())
    return normalised["domain"].eq_missing(accounts["domain"]).all() and not lacking.item()


def _heads(stored: Stored, made: Columns, refs: References) -> Mapping[Place, Delta]:
    """Heads are counted over the whole list: one account more or less moves the tokens of others."""
    none = TokenColumn.empty()
    fresh = made.get(HEADS, none).union(made.get(SHARED_HEADS, none))
    stale = stored.of(HEADS).of_refs(refs).union(stored.of(SHARED_HEADS).of_refs(refs))
    concerned = np.union1d(fresh.high, stale.high)
    before = {place: stored.of(place).with_high(concerned) for place in (HEADS, SHARED_HEADS)}
    every = before[HEADS].union(before[SHARED_HEADS])
    few, many = split_shared(every.where(~refs.among(every.refs)).union(fresh))
    return {HEADS: difference(before[HEADS], few), SHARED_HEADS: difference(before[SHARED_HEADS], many)}


def split_shared(heads: TokenColumn) -> tuple[TokenColumn, TokenColumn]:
    """The rows whose token fewer than `HEAD_SHARED_FROM` accounts have, and the others."""
    if not len(heads):
        return heads, heads
    new = np.ones(len(heads), dtype=bool)
    new[1:] = (heads.high[1:] != heads.high[:-1]) | (heads.low[1:] != heads.low[:-1])
    run = np.cumsum(new) - 1
    few = np.bincount(run)[run] < HEAD_SHARED_FROM
    return heads.where(few), heads.where(~few)


def id_bytes(ids: pl.Series) -> NDArray[np.uint8]:
    """UUIDs as text → uint8 (n, 16)."""
    text = "".join(ids.str.replace_all("-", "", literal=True).to_list())
    return np.frombuffer(binascii.unhexlify(text), dtype=np.uint8).reshape(-1, 16)
