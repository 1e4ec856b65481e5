"""Two lists compared on the spot: two organizations with fresh keys, one partnership, both HMACs, nothing kept."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl

from service.crypto import (
    ExchangeKey,
    IdentityKey,
    Mode,
    Party,
    Pins,
    SecretBytes,
    code_secret,
    outer_key,
)
from service.kit.ids import Ids, UuidV7Ids
from service.linking.columns import U64
from service.linking.epoch import Speaker, derive
from service.linking.evidence import codes_for, wanted
from service.linking.families import FamilyKeys
from service.linking.keys import LinkKeys
from service.linking.meet import TokenSet, meet
from service.linking.prepare import Prepared
from service.linking.relate import LEVEL_TYPE, Related, relate
from service.linking.score import DEFAULT_THRESHOLD, score_pairs
from service.linking.tokens import tokenise, tokens_of
from service.matching import NORMALISER_VERSION
from service.matching.kinds import Level, Role
from service.matching.score import AUTO

Progress = Callable[[str], None]


def _silent(_step: str) -> None:
    """No one is watching."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalMatch:
    """`pairs`: `left_index`, `right_index` (UInt32 positions), `level` and all of `score_pairs` but the references, best first."""

    pairs: pl.DataFrame
    crowded: int
    crowded_owners: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """How far up two lists are looked at, and the keys of the companies above the accounts of each."""

    level: Level
    left: FamilyKeys
    right: FamilyKeys


def local_keys(ids: Ids | None = None) -> LinkKeys:
    """Fresh keys of a partnership of two organizations that nobody else will ever know."""
    ids = ids or UuidV7Ids()
    partnership, *orgs = (str(ids.new()) for _ in range(3))
    speakers = []
    for org in orgs:
        identity = IdentityKey.draw()
        speakers.append(Speaker(Party(org, Mode.HOSTED, identity.public), identity, ExchangeKey.draw()))
    one, other = speakers
    pins = Pins(partnership, one.party, other.party)
    statements = one.state(other.party, partnership, 1), other.state(one.party, partnership, 1)
    pair = derive(one.exchange, pins, *statements, code_secret(None))
    return LinkKeys(pair, outer_key(SecretBytes.draw(), partnership, 1), NORMALISER_VERSION)


def match_locally(
    left: Prepared,
    right: Prepared,
    *,
    families: Families | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    progress: Progress = _silent,
) -> LocalMatch:
    """Compare two prepared lists by their tokens alone; with `families` also by those of the companies above them."""
    link = local_keys()
    progress("hashing")
    # References hide an account from the other side and from whoever stores tokens; here nobody else looks: positions serve.
    refs = [np.arange(side.accounts, dtype=np.uint64) for side in (left, right)]
    with ThreadPoolExecutor(max_workers=2) as threads:
        sides = list(threads.map(tokenise, (left, right), refs, (link, link)))
    progress("meeting")
    candidates = meet(*sides)
    related = _related(sides, families, refs, link, threshold) if families else None
    del sides
    progress("scoring")
    with ThreadPoolExecutor(max_workers=2) as threads:
        asked = (candidates.meetings,) * 2
        codes = list(threads.map(_codes, asked, ("left", "right"), (left, right), refs, (link, link)))
    scored = score_pairs(candidates.meetings, *codes, threshold=threshold)
    scored = scored.with_columns(pl.lit(Level.SAME_COMPANY.value, LEVEL_TYPE).alias("level"))
    if related is not None:
        sure = scored.filter(pl.col("status") == AUTO)
        more = related.pairs.join(sure, on=["left", "right"], how="anti")
        scored = pl.concat([scored, more], how="diagonal").with_columns(pl.col("^ev_.*$").fill_null(0))
    placed = scored.select(
        pl.exclude("left", "right"),
        *(pl.col(side).cast(pl.UInt32).alias(f"{side}_index") for side in ("left", "right")),
    )
    best = ["confidence", "weight", "left_index", "right_index", "level"]
    ordered = placed.sort(best, descending=[True, True, False, False, False])
    return LocalMatch(ordered, candidates.crowded, related.left_out if related else 0)


def _related(
    sides: Sequence[TokenSet], families: Families, refs: Sequence[U64], link: LinkKeys, threshold: float
) -> Related:
    left, right = (
        {Role.SELF: tokens, **{role: tokens_of(keys, of, link) for role, keys in family.columns.items()}}
        for tokens, family, of in zip(sides, (families.left, families.right), refs, strict=True)
    )
    return relate(left, right, families.level, threshold=threshold)


def _codes(meetings: pl.DataFrame, name: str, side: Prepared, refs: U64, link: LinkKeys) -> pl.DataFrame:
    asked = wanted(meetings, name)
    at = positions(asked["ref"], refs)
    return codes_for(asked, side.subset(pl.Series(at, dtype=pl.UInt32)), refs[at], link)


def positions(wanted_refs: pl.Series, refs: U64) -> np.ndarray:
    """Where the accounts named by `wanted_refs` stand in `refs`: ascending, each once."""
    return pl.Series(refs).is_in(wanted_refs.unique().implode()).arg_true().to_numpy()
