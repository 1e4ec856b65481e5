"""The token store: one side's columns as rows of sorted segments, a base and changes, under numbered token changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np

from service.db.sessions import DutySession, MatcherSession, TenantSession
from service.linking.columns import U64, TokenColumn
from service.linking.layers import Delta, Layers, Writing, difference, writing
from service.linking.meet import TokenSet
from service.linking.segments import Segment, cut, join
from service.matching.kinds import KeyKind
from service.overlaps.models import Layer, Part
from service.partnerships.models import Partnership

Place = tuple[Part, str]
"""A column of a side: what it is for, and its kind of key."""
ACCOUNTS: Place = (Part.ACCOUNTS, "account")

_ADD_SEGMENT = """
    INSERT INTO token_segment (partnership_id, org_id, change, epoch, part, kind, layer, number, first, last, count, tokens, refs)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_DROP = "DELETE FROM token_segment WHERE partnership_id = $1 AND org_id = $2 AND part = $3 AND kind = $4 AND layer = ANY($5)"
_DROP_EPOCHS = "DELETE FROM token_segment WHERE partnership_id = $1 AND org_id = $2 AND epoch <> $3"
_ADD_CHANGE = """
    INSERT INTO token_change (partnership_id, org_id, number, accounts, tokens, seen, terms, touched, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())
"""
_NEWEST = """
    SELECT DISTINCT ON (org_id) org_id, number, tokens, seen, terms FROM token_change WHERE partnership_id = $1
    ORDER BY org_id, number DESC
"""
_TOUCHED = """
    SELECT touched FROM token_change WHERE partnership_id = $1 AND org_id = $2 AND number > $3 AND number <= $4
"""
_READ = """
    SELECT org_id, part, kind, layer, change, number, first, last, count, tokens, refs FROM token_segment
    WHERE partnership_id = $1 AND epoch = $2 AND part = ANY($3)
"""
_READ_OWN = _READ + " AND org_id = $4"


@dataclass(frozen=True, slots=True)
class Newest:
    """One side's newest token change: its number, how many tokens it left to be sent, what it had seen, and its terms."""

    change: int
    tokens: int
    seen: int
    terms: str


@dataclass(frozen=True)
class Stored:
    """One side's columns in one epoch as they are stored."""

    layers: Mapping[Place, Layers]

    @cached_property
    def _wholes(self) -> dict[Place, TokenColumn]:
        return {place: layers.whole() for place, layers in self.layers.items()}

    @property
    def places(self) -> Iterable[Place]:
        return self.layers.keys()

    def whole(self, place: Place) -> TokenColumn:
        """The column as it stands; empty where there is none."""
        return self._wholes.get(place) or TokenColumn.empty()

    def sent(self) -> TokenSet:
        """What may meet, kind by kind."""
        return {KeyKind(kind): column for (part, kind), column in self._wholes.items() if part is Part.SENT}

    def after(self, place: Place, delta: Delta | None) -> TokenColumn:
        """The column once `delta` is applied."""
        if delta is None:
            return self.whole(place)
        return self.whole(place).without(delta.removed).union(delta.added)


@dataclass(frozen=True, slots=True)
class Step:
    """A token change to be written: what comes and goes in each column, under which `terms`, how far it has followed the
    organization's accounts (`seen`), and the references that it touches, None for all.
    """

    deltas: Mapping[Place, Delta]
    terms: str
    seen: int
    touched: U64 | None


def refs_as_bytes(refs: U64 | None) -> bytes | None:
    return None if refs is None else refs.astype(">u8").tobytes()


def refs_from_bytes(packed: bytes | None) -> U64 | None:
    return None if packed is None else np.frombuffer(packed, dtype=">u8").astype(np.uint64)


def gathered(packed: Iterable[bytes | None]) -> U64 | None:
    """All of several lists of references, sorted, each once; None if one of them stands for all."""
    parts = [refs_from_bytes(one) for one in packed]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *known]))


async def read_side(
    session: TenantSession, partnership_id: UUID, *, epoch: int, parts: Iterable[Part] = Part
) -> Stored:
    """The session's side's columns as of its newest token change, in one statement."""
    driver = await session.raw()
    wanted = [part.value for part in parts]
    return _stored(await driver.fetch(_READ_OWN, partnership_id, epoch, wanted, session.org_id))


async def read_sent(session: MatcherSession, *, epoch: int) -> dict[UUID, TokenSet]:
    """Organization → its tokens that may meet, as of its newest token change, of both sides in one statement."""
    driver = await session.raw()
    by_side: dict[UUID, list[Any]] = {}
    for row in await driver.fetch(_READ, session.partnership_id, epoch, [Part.SENT.value]):
        by_side.setdefault(row["org_id"], []).append(row)
    return {org_id: _stored(rows).sent() for org_id, rows in by_side.items()}


def _stored(rows: list[Any]) -> Stored:
    found: dict[Place, list[Any]] = {}
    for row in rows:
        found.setdefault((Part(row["part"]), row["kind"]), []).append(row)
    return Stored({place: _layers(of_place) for place, of_place in found.items()})


def _layers(rows: list[Any]) -> Layers:
    by_layer: dict[tuple[int, str], list[Segment]] = {}
    for row in rows:
        segment = Segment(row["number"], row["first"], row["last"], row["count"], row["tokens"], row["refs"])
        at = 0 if row["layer"] == Layer.BASE else row["change"]
        by_layer.setdefault((at, row["layer"]), []).append(segment)
    changes = sorted({change for change, layer in by_layer if layer != Layer.BASE})
    return Layers(
        join(by_layer.get((0, Layer.BASE), [])),
        [Delta(*(join(by_layer.get((change, layer), [])) for layer in (Layer.ADDED, Layer.REMOVED))) for change in changes],
    )  # fmt: skip


async def write_step(
    session: TenantSession, partnership_id: UUID, stored: Stored, step: Step, *, epoch: int
) -> int:
    """Write the session's side's next numbered change against what is `stored`; the number. Pushes of one side take turns."""
    driver = await session.raw()
    newest = (await newest_changes(session, partnership_id)).get(session.org_id)
    number = newest.change + 1 if newest else 1
    side = (partnership_id, session.org_id)
    await driver.execute(_DROP_EPOCHS, *side, epoch)
    for place, delta in step.deltas.items():
        written = _written(stored, place, delta)
        if written.drops:
            await driver.execute(_DROP, *side, *place, written.drops)
        rows = [
            (*side, number, epoch, *place, layer, s.number, s.first, s.last, s.count, s.tokens, s.refs)
            for layer, column in written.columns.items()
            for s in cut(column)
        ]
        await driver.executemany(_ADD_SEGMENT, rows)
    places = {*stored.places, *step.deltas}
    sizes = {place: _size(stored, place, step.deltas.get(place)) for place in places}
    tokens = sum(size for (part, _), size in sizes.items() if part is Part.SENT)
    await driver.execute(
        _ADD_CHANGE, *side, number, sizes.get(ACCOUNTS, 0), tokens, step.seen, step.terms, refs_as_bytes(step.touched)
    )  # fmt: skip
    return number


def _size(stored: Stored, place: Place, delta: Delta | None) -> int:
    changed = len(delta.added) - len(delta.removed) if delta else 0
    return len(stored.whole(place)) + changed


@dataclass(frozen=True, slots=True)
class _Written:
    drops: list[Layer]
    columns: Mapping[Layer, TokenColumn]


def _written(stored: Stored, place: Place, delta: Delta) -> _Written:
    layers = stored.layers.get(place, Layers(TokenColumn.empty()))
    how = writing(layers, delta)
    if how is Writing.NOTHING:
        return _Written([], {})
    if how is Writing.BASE:
        return _Written([*Layer], {Layer.BASE: stored.after(place, delta)})
    drops = []
    if how is Writing.CHANGES:
        drops, delta = [Layer.ADDED, Layer.REMOVED], difference(layers.base, stored.after(place, delta))
    return _Written(drops, {Layer.ADDED: delta.added, Layer.REMOVED: delta.removed})


async def newest_changes(session: TenantSession | MatcherSession, partnership_id: UUID) -> dict[UUID, Newest]:
    """Organization → its newest token change, of those that the session sees; a side that never pushed is missing."""
    driver = await session.raw()
    rows = await driver.fetch(_NEWEST, partnership_id)
    return {row["org_id"]: Newest(row["number"], row["tokens"], row["seen"], row["terms"]) for row in rows}


async def read_touched(session: MatcherSession, org_id: UUID, *, after: int, upto: int) -> U64 | None:
    """References that one side's changes touched since `after`, sorted, each once; None for all."""
    driver = await session.raw()
    rows = await driver.fetch(_TOUCHED, session.partnership_id, org_id, after, upto)
    return gathered(row["touched"] for row in rows)


async def ids_named(session: DutySession, partnership: Partnership, refs: U64) -> list[str]:
    """Ids (32 hex characters) of the session's accounts that these references name, as of its newest token change."""
    stored = await read_side(session, partnership.id, epoch=partnership.epoch, parts=[Part.ACCOUNTS])
    accounts = stored.whole(ACCOUNTS)
    text = accounts.where(accounts.of_refs(refs)).token_bytes().hex()
    return [text[at : at + 32] for at in range(0, len(text), 32)]
