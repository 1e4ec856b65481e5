"""Numbered token changes: how one side's columns move from step to step, and what the other has to look at because of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import anyio.to_thread
import numpy as np

from service.db.sessions import MatcherSession, TenantSession
from service.linking.anew import Words
from service.linking.columns import U64, References, TokenColumn
from service.linking.layers import Delta, merging, squashed
from service.linking.segments import cut
from service.overlaps.models import Layer, Part
from service.overlaps.stored import ACCOUNTS, DOMAINS, Place, Stored, read_columns, read_names
from service.overlaps.warm import WarmSegments

_ADD_SEGMENT = """
    INSERT INTO token_segment (partnership_id, org_id, change, epoch, part, kind, layer, number, first, last, count, tokens, refs)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_DROP = "DELETE FROM token_segment WHERE partnership_id = $1 AND org_id = $2 AND epoch = $3 AND part = $4 AND kind = $5"
_DROP_CHANGES = f"{_DROP} AND change = ANY($6)"
_DROP_EPOCHS = "DELETE FROM token_segment WHERE partnership_id = $1 AND org_id = $2 AND epoch <> ALL($3)"
_DROP_MET = """
    DELETE FROM token_segment WHERE partnership_id = $1 AND org_id = $2 AND part = $3
    AND change < (SELECT min(number) FROM token_change WHERE partnership_id = $1 AND org_id = $2)
"""
_ADD_CHANGE = """
    INSERT INTO token_change (partnership_id, org_id, number, accounts, tokens, seen, terms, touched, epochs, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())
"""
_NEWEST = """
    SELECT DISTINCT ON (org_id) org_id, number, tokens, seen, terms, epochs FROM token_change WHERE partnership_id = $1
    ORDER BY org_id, number DESC
"""
_SINCE = "FROM token_change WHERE partnership_id = $1 AND org_id = $2 AND number > $3 AND number <= $4"
_TOUCHED = f"SELECT touched {_SINCE}"
_ELSEWHERE = f"SELECT EXISTS (SELECT {_SINCE} AND $5 <> ALL(epochs))"


@dataclass(frozen=True, slots=True)
class Newest:
    """One side's newest token change: its number, how many tokens it left to be sent, what it had seen, its terms, and the
    epochs whose tokens stand as of it.
    """

    change: int
    tokens: int
    seen: int
    terms: str
    epochs: frozenset[int]


@dataclass(frozen=True, slots=True)
class Step:
    """A token change to be written: what comes and goes in each column of an epoch, under which `terms`, how far it has followed
    the organization's accounts (`seen`), and the references that it touches, None for all.
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


@dataclass(frozen=True, slots=True)
class Beside:
    """What comes and goes with the same change in the columns of another epoch, as `stored` there."""

    epoch: int
    stored: Stored
    deltas: Mapping[Place, Delta]


async def write_step(
    session: TenantSession,
    partnership_id: UUID,
    stored: Stored,
    step: Step,
    *,
    epoch: int,
    beside: Beside | None = None,
) -> int:
    """Write the session's side's next numbered change against what is `stored`; the number. Pushes of one side take turns."""
    driver = await session.raw()
    newest = (await newest_changes(session, partnership_id)).get(session.org_id)
    number = newest.change + 1 if newest else 1
    side = (partnership_id, session.org_id)
    await driver.execute(_DROP_MET, *side, Part.TOUCHED)
    epochs = [Beside(epoch, stored, step.deltas), *([] if beside is None else [beside])]
    for one in epochs:
        await _write_columns(session, (*side, number), one, step.touched)
    sizes = {place: _size(stored, step, place) for place in {*stored.places, *step.deltas}}
    tokens = sum(size for (part, _), size in sizes.items() if part is Part.SENT)
    await driver.execute(
        _ADD_CHANGE, *side, number, sizes.get(ACCOUNTS, 0), tokens, step.seen, step.terms, refs_as_bytes(step.touched),
        [one.epoch for one in epochs],
    )  # fmt: skip
    return number


async def _write_columns(
    session: TenantSession, change: tuple[UUID, UUID, int], one: Beside, touched: U64 | None
) -> None:
    driver, (*side, _) = await session.raw(), change

    def made() -> tuple[dict[Place, _Written], list[tuple[Any, ...]]]:
        written = {place: _written(one.stored, place, delta) for place, delta in one.deltas.items()}
        columns = [(*p, layer, column) for p, w in written.items() for layer, column in w.columns.items()]
        words = _touched(one.stored, one.deltas, touched)
        columns += [(Part.TOUCHED, kind, Layer.BASE, column) for kind, column in words.items()]
        return written, [
            (*change, one.epoch, *named, s.number, s.first, s.last, s.count, s.tokens, s.refs)
            for *named, column in columns
            for s in cut(column)
        ]

    written, segments = await anyio.to_thread.run_sync(made)
    for place, of_place in written.items():
        if of_place.instead is None:
            await driver.execute(_DROP, *side, one.epoch, *place)
        elif of_place.instead:
            await driver.execute(_DROP_CHANGES, *side, one.epoch, *place, of_place.instead)
    await driver.executemany(_ADD_SEGMENT, segments)


async def drop_epochs(session: TenantSession, partnership_id: UUID, *, but: Iterable[int]) -> None:
    """Forget the session's side's tokens of every epoch but these. Pushes of the side take turns with it."""
    driver = await session.raw()
    await driver.execute(_DROP_EPOCHS, partnership_id, session.org_id, list(but))


def _size(stored: Stored, step: Step, place: Place) -> int:
    delta = step.deltas.get(place)
    return len(stored.of(place)) + (len(delta.added) - len(delta.removed) if delta else 0)


def _touched(stored: Stored, deltas: Mapping[Place, Delta], touched: U64 | None) -> Mapping[str, TokenColumn]:
    """By kind, the tokens that touched references have once the step is taken, and one step further than those reach, the tokens of whoever
    shares a domain with them: a pair is judged by all that bear its domains.
    """
    if touched is None:
        return {}
    none = TokenColumn.empty()
    refs = References(np.union1d(touched, sharing_domain(stored, deltas, touched)))
    found = {}
    for part, kind in {*stored.places, *deltas}:
        if part is Part.SENT:
            delta = deltas.get((part, kind), Delta(none, none))
            found[kind] = (
                stored.of((part, kind)).of_refs(refs).without(delta.removed).union(delta.added.of_refs(refs))
            )
    return found


def sharing_domain(stored: Stored, deltas: Mapping[Place, Delta], touched: U64) -> U64:
    """References of whoever bears a domain that one of `touched` bears or bore, as it was before the step or is after it; with them."""
    bearing, added = stored.of(DOMAINS), TokenColumn.empty()
    refs = References(touched)
    if DOMAINS in deltas:
        added = deltas[DOMAINS].added
    words = np.union1d(bearing.of_refs(refs).high, added.of_refs(refs).high)
    return np.union1d(bearing.with_high(words).refs, added.with_high(words).refs)


@dataclass(frozen=True, slots=True)
class _Written:
    """`instead` of which changes the `columns` are written; None for all there is, the base included."""

    columns: Mapping[Layer, TokenColumn]
    instead: Sequence[int] | None = ()


def _written(stored: Stored, place: Place, delta: Delta) -> _Written:
    if not len(delta):
        return _Written({})
    layers = stored.of(place)
    merged = merging(layers, delta)
    if merged is None:
        return _Written({Layer.BASE: stored.after(place, delta)}, None)
    keep = len(layers.changes) - merged
    if merged:
        delta = squashed([*layers.changes[keep:], delta])
    return _Written(
        {Layer.ADDED: delta.added, Layer.REMOVED: delta.removed}, stored.numbers.get(place, ())[keep:]
    )


async def newest_changes(session: TenantSession | MatcherSession, partnership_id: UUID) -> dict[UUID, Newest]:
    """Organization → its newest token change, of those that the session sees; a side that never pushed is missing."""
    driver = await session.raw()
    rows = await driver.fetch(_NEWEST, partnership_id)
    return {
        row["org_id"]: Newest(
            row["number"], row["tokens"], row["seen"], row["terms"], frozenset(row["epochs"])
        )
        for row in rows
    }


async def read_touched(session: MatcherSession, org_id: UUID, *, after: int, upto: int) -> U64 | None:
    """References that one side's changes touched since `after`, sorted, each once; None for all."""
    driver = await session.raw()
    rows = await driver.fetch(_TOUCHED, session.partnership_id, org_id, after, upto)
    return gathered(row["touched"] for row in rows)


async def read_words(
    session: MatcherSession, *, epoch: int, since: Mapping[UUID, tuple[int, int]]
) -> Words | None:
    """With what the tokens begin that touched references have, or had in between; organization → the numbers after and up to which.

    None if that can't be told: a change was written before the epoch's tokens stood, or has been replaced.
    """
    driver = await session.raw()
    for org_id, (after, upto) in since.items():
        if await driver.fetchval(_ELSEWHERE, session.partnership_id, org_id, after, upto, epoch):
            return None
    cold = WarmSegments(0)
    names = await read_names(session, session.partnership_id, epoch=epoch, parts=[Part.TOUCHED], warm=cold)
    wanted = [n for n in names if since[n.org_id][0] < n.change <= since[n.org_id][1]]
    columns = await read_columns(session, wanted, cold)
    if columns is None:
        return None
    by_kind: dict[str, list[U64]] = {}
    for name, column in columns.items():
        by_kind.setdefault(name.kind, []).append(column.high)
    return {kind: np.unique(np.concatenate(words)) for kind, words in by_kind.items()}
