"""Columns as they stand in the token store: which segments there are, and what is in those that somebody needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import anyio.to_thread
import numpy as np

from service.db.sessions import DutySession, MatcherSession, TenantSession
from service.linking.anew import Words
from service.linking.columns import U64, References, TokenColumn
from service.linking.layers import Delta, Layers
from service.linking.meet import TokenSet
from service.linking.relate import Roles
from service.matching.kinds import KeyKind, Role
from service.overlaps.models import Layer, Part
from service.overlaps.warm import SegmentName, WarmSegments
from service.partnerships.models import Partnership

Place = tuple[Part, str]
"""A column of a side: what it is for, and its kind of key."""
ACCOUNTS: Place = (Part.ACCOUNTS, "account")
DOMAINS: Place = (Part.SENT, KeyKind.DOMAIN.value)
PART_OF: Mapping[Role, Part] = {
    Role.SELF: Part.SENT,
    Role.PARENT: Part.PARENT,
    Role.ULTIMATE_PARENT: Part.ULTIMATE_PARENT,
}
"""Where the tokens stand of whoever has this role."""
STANDING = (Part.SENT, Part.WITHHELD, Part.ACCOUNTS, Part.PARENT, Part.ULTIMATE_PARENT)
"""The parts that tell how a side stands now."""

_CATALOGUE = """
    SELECT org_id, part, kind, layer, change, number, first, last, count FROM token_segment
    WHERE partnership_id = $1 AND epoch = $2 AND part = ANY($3)
"""
_READ = """
    SELECT org_id, part, kind, layer, change, number, tokens, refs FROM token_segment
    WHERE partnership_id = $1 AND epoch = $2 AND (org_id, part, kind, layer, change, number) IN (
        SELECT * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::integer[]))
"""
_AT_ONCE = 16
"""Segments that are read before they are decoded, so that both forms of a long column don't lie in memory."""


@dataclass(frozen=True)
class Stored:
    """One side's columns in one epoch as they are stored; `numbers` are those of a column's changes, in their order."""

    layers: Mapping[Place, Layers]
    numbers: Mapping[Place, Sequence[int]] = field(default_factory=dict)

    @property
    def places(self) -> Iterable[Place]:
        return self.layers.keys()

    def of(self, place: Place) -> Layers:
        return self.layers.get(place, Layers(()))

    def whole(self, place: Place) -> TokenColumn:
        """The column as it stands; empty where there is none."""
        return self.of(place).whole()

    def sent(self, words: Words | None = None) -> TokenSet:
        """What may meet, kind by kind; only the tokens that begin with one of the kind's `words`, if they are given."""
        sent = {kind: layers for (part, kind), layers in self.layers.items() if part is Part.SENT}
        if words is None:
            return {KeyKind(kind): layers.whole() for kind, layers in sent.items()}
        return {
            KeyKind(kind): layers.with_high(words[kind]) for kind, layers in sent.items() if kind in words
        }

    def roles(self) -> Roles:
        """What may meet, by whose key each token is, kind by kind."""
        return {
            role: {
                KeyKind(kind): layers.whole() for (part, kind), layers in self.layers.items() if part is of
            }
            for role, of in PART_OF.items()
        }

    def after(self, place: Place, delta: Delta | None) -> TokenColumn:
        """The column once `delta` is applied."""
        whole = self.whole(place)
        return whole if delta is None else whole.without(delta.removed).union(delta.added)


async def read_names(
    session: TenantSession | MatcherSession,
    partnership_id: UUID,
    *,
    epoch: int,
    parts: Iterable[Part],
    warm: WarmSegments,
) -> list[SegmentName]:
    """The segments of these parts that the session sees now: of both sides as the matcher, else its own."""
    driver, wanted = await session.raw(), {part.value for part in parts}
    rows = await driver.fetch(_CATALOGUE, partnership_id, epoch, list(wanted))
    names = [SegmentName(partnership_id, epoch, *row) for row in rows]
    standing, sides = set(names), {name.org_id for name in names}

    def replaced(name: SegmentName) -> bool:
        of_these = name[:2] == (partnership_id, epoch) and name.part in wanted and name.org_id in sides
        return of_these and name not in standing

    warm.drop(replaced)
    return names


async def read_columns(
    session: TenantSession | MatcherSession, names: Sequence[SegmentName], warm: WarmSegments
) -> dict[SegmentName, TokenColumn] | None:
    """What is in these segments; None if one of them has been replaced since its name was read."""
    found = warm.find(names)
    driver, missing = await session.raw(), [name for name in names if name not in found]
    for start in range(0, len(missing), _AT_ONCE):
        some = missing[start : start + _AT_ONCE]
        wanted = [list(column) for column in zip(*(name[2:8] for name in some), strict=True)]
        rows = await driver.fetch(_READ, *some[0][:2], *wanted)
        if len(rows) < len(some):
            return None
        columns = await anyio.to_thread.run_sync(_decoded, rows)
        for name in some:
            found[name] = columns[name[2:8]]
            warm.keep(name, found[name])
    return found


def _decoded(rows: list[Any]) -> dict[tuple[Any, ...], TokenColumn]:
    return {tuple(row)[:6]: TokenColumn.from_bytes(row["tokens"], row["refs"]) for row in rows}


def layered(names: Iterable[SegmentName], columns: Mapping[SegmentName, TokenColumn]) -> Stored:
    """One side's columns of the segments that were read."""
    places: dict[Place, dict[tuple[int, str], list[TokenColumn]]] = {}
    for name in sorted(names, key=lambda name: name.number):
        of_place = places.setdefault((Part(name.part), name.kind), {})
        of_place.setdefault((name.change, name.layer), []).append(columns[name])
    numbers = {
        place: sorted({change for change, layer in parts if layer != Layer.BASE})
        for place, parts in places.items()
    }
    return Stored({place: _layers(parts, numbers[place]) for place, parts in places.items()}, numbers)


def _layers(parts: Mapping[tuple[int, str], list[TokenColumn]], changes: Sequence[int]) -> Layers:
    base = [column for (_, layer), columns in parts.items() if layer == Layer.BASE for column in columns]

    def of(change: int, layer: Layer) -> TokenColumn:
        return TokenColumn.concat(parts.get((change, layer), []))

    return Layers(base, [Delta(of(change, Layer.ADDED), of(change, Layer.REMOVED)) for change in changes])


async def read_side(
    session: TenantSession,
    partnership_id: UUID,
    *,
    epoch: int,
    parts: Sequence[Part] = STANDING,
    warm: WarmSegments | None = None,
) -> Stored:
    """The session's side's columns as of its newest token change."""
    kept = WarmSegments() if warm is None else warm
    while True:
        names = await read_names(session, partnership_id, epoch=epoch, parts=parts, warm=kept)
        columns = await read_columns(session, names, kept)
        # else a push has replaced what was named, and what stands now is named anew
        if columns is not None:
            return layered(names, columns)


async def read_sent(session: MatcherSession, *, epoch: int) -> dict[UUID, TokenSet]:
    """Organization → all its tokens that may meet, as of its newest token change."""
    kept = WarmSegments()
    while True:
        names = await read_names(session, session.partnership_id, epoch=epoch, parts=[Part.SENT], warm=kept)
        columns = await read_columns(session, names, kept)
        if columns is not None:
            sides = {org_id: [n for n in names if n.org_id == org_id] for org_id in {n.org_id for n in names}}
            return {org_id: layered(of_side, columns).sent() for org_id, of_side in sides.items()}


async def read_roles(session: MatcherSession, *, epoch: int, warm: WarmSegments) -> dict[UUID, Roles]:
    """Organization → its tokens that may meet, by whose they are, as of its newest token change; nothing where no owner's are there."""
    while True:
        names = await read_names(
            session, session.partnership_id, epoch=epoch, parts=PART_OF.values(), warm=warm
        )
        if all(name.part == Part.SENT for name in names):
            return {}
        columns = await read_columns(session, names, warm)
        if columns is not None:
            sides = {org_id: [n for n in names if n.org_id == org_id] for org_id in {n.org_id for n in names}}
            return {org_id: layered(of_side, columns).roles() for org_id, of_side in sides.items()}


async def ids_named(
    session: DutySession, partnership: Partnership, refs: U64, warm: WarmSegments
) -> list[str]:
    """Ids (32 hex characters) of the session's accounts that these references name, as of its newest token change."""
    stored = await read_side(
        session, partnership.id, epoch=partnership.epoch, parts=[Part.ACCOUNTS], warm=warm
    )

    def ids() -> list[str]:
        text = stored.of(ACCOUNTS).of_refs(References(refs)).token_bytes().hex()
        return [text[at : at + 32] for at in range(0, len(text), 32)]

    return await anyio.to_thread.run_sync(ids)


def within(names: Iterable[SegmentName], words: Words) -> list[SegmentName]:
    """The segments that may hold a token that begins with one of its kind's `words`."""
    return [name for name in names if name.kind in words and _may_hold(name, words[name.kind])]


def _may_hold(name: SegmentName, words: U64) -> bool:
    low, high = (np.uint64(int.from_bytes(end[:8])) for end in (name.first, name.last))
    return bool(np.searchsorted(words, low) < np.searchsorted(words, high, side="right"))


def tokens_sent(names: Iterable[SegmentName], org_id: UUID) -> int:
    """How many tokens one side sends, by its segments alone."""
    sign = {Layer.BASE: 1, Layer.ADDED: 1, Layer.REMOVED: -1}
    return sum(sign[Layer(n.layer)] * n.tokens for n in names if n.org_id == org_id and n.part == Part.SENT)
