"""Tokens as stored: read back as they were, changed by what differs, and met as a join over unpacked rows in SQL would."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from service.linking.columns import TokenColumn
from service.linking.layers import MOST_CHANGES, Delta, difference
from service.linking.meet import TokenSet, meet
from service.linking.segments import SEGMENT_TOKENS
from service.matching.kinds import KeyKind
from service.overlaps.models import Part
from service.overlaps.stored import ACCOUNTS, Place, Stored, read_sent, read_side
from service.overlaps.tokens import (
    Beside,
    Newest,
    Step,
    drop_epochs,
    newest_changes,
    read_touched,
    write_step,
)
from tests.factories.world import Member, Pair

Rows = Sequence[tuple[int, int, int]]
DOMAIN, NAME = ((Part.SENT, kind.value) for kind in (KeyKind.DOMAIN, KeyKind.NAME))

BRUTE_FORCE = """
    WITH unpacked AS (
        SELECT org_id, kind, substring(tokens FROM 16 * i + 1 FOR 16) AS token, substring(refs FROM 8 * i + 1 FOR 8) AS ref
        FROM token_segment, generate_series(0, count - 1) AS i WHERE partnership_id = $1
    )
    SELECT l.kind, l.token, l.ref, r.ref FROM unpacked l JOIN unpacked r USING (kind, token)
    WHERE l.org_id = $2 AND r.org_id = $3
"""


def column(rows: Rows) -> TokenColumn:
    tokens = np.array([[high, low] for high, low, _ in rows], dtype=">u8").view(np.uint8).reshape(-1, 16)
    return TokenColumn.of(tokens, np.array([ref for *_, ref in rows], dtype=np.uint64))


def made_up(seed: int, count: int) -> Rows:
    """Tokens of a small space, so that two lists meet, some tokens several times over."""
    drawn = np.random.default_rng(seed).integers(0, 40, size=(count, 3))
    return [(int(high) * 2**57, int(low), int(ref) + 2**63) for high, low, ref in drawn]


async def store(
    pair: Pair,
    member: Member,
    columns: Mapping[Place, TokenColumn],
    *,
    epoch: int = 1,
    touched: Sequence[int] | None = None,
) -> int:
    """Make the side's columns these, by one step."""
    refs = None if touched is None else np.array(touched, dtype=np.uint64)
    async with pair.world.database.tenant(member.id) as session:
        stored = await read_side(session, pair.partnership.id, epoch=epoch)
        places = {*stored.places, *columns}
        deltas = {p: difference(stored.whole(p), columns.get(p, TokenColumn.empty())) for p in places}
        step = Step(deltas, "as always", 7, refs)
        return await write_step(session, pair.partnership.id, stored, step, epoch=epoch)


async def stored(pair: Pair, member: Member, epoch: int = 1) -> TokenSet:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        return (await read_sent(session, epoch=epoch)).get(member.id, {})


async def layers(pair: Pair) -> list[tuple[int, str, int]]:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT change, layer, count FROM token_segment ORDER BY change, layer, number"
        )
    return [tuple(row) for row in rows]


def same(one: TokenColumn, other: TokenColumn) -> bool:
    return (one.token_bytes(), one.ref_bytes()) == (other.token_bytes(), other.ref_bytes())


async def test_tokens_come_back_as_they_were_stored_kind_by_kind(pair: Pair) -> None:
    tokens = {DOMAIN: column(made_up(1, 300)), NAME: column(made_up(2, 200))}
    await store(pair, pair.left, tokens)
    read = await stored(pair, pair.left)
    assert set(read) == {KeyKind.DOMAIN, KeyKind.NAME}
    assert all(same(read[KeyKind(kind)], tokens[part, kind]) for part, kind in tokens)


async def test_a_column_of_several_segments_comes_back_whole(pair: Pair) -> None:
    count = SEGMENT_TOKENS + 10
    words = np.random.default_rng(5).integers(0, 256, size=(count, 16), dtype=np.uint8)
    long = TokenColumn.of(words, np.arange(count, dtype=np.uint64))
    await store(pair, pair.left, {NAME: long})
    assert same((await stored(pair, pair.left))[KeyKind.NAME], long)
    assert await layers(pair) == [(1, "base", SEGMENT_TOKENS), (1, "base", 10)]


async def test_stored_sides_meet_as_a_join_over_unpacked_tokens_does(pair: Pair) -> None:
    for seed, member in ((10, pair.left), (20, pair.right)):
        await store(
            pair, member, {place: column(made_up(seed + n, 250)) for n, place in enumerate((DOMAIN, NAME))}
        )
    sides = [await stored(pair, member) for member in (pair.left, pair.right)]
    found = [
        (kind, high.to_bytes(8) + low.to_bytes(8), left.to_bytes(8), right.to_bytes(8))
        for kind, high, low, left, right in meet(*sides).meetings.rows()
    ]
    expected = await brute_force(pair, pair.left.id, pair.right.id)
    assert len(found) > 50
    assert sorted(found) == expected


async def brute_force(pair: Pair, left: UUID, right: UUID) -> list[tuple[str, bytes, bytes, bytes]]:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        rows = await (await session.raw()).fetch(BRUTE_FORCE, pair.partnership.id, left, right)
    return sorted(tuple(row) for row in rows)


async def test_a_small_change_is_written_beside_the_base_and_a_large_one_in_its_place(pair: Pair) -> None:
    rows = [(n, n, n) for n in range(1000)]
    await store(pair, pair.left, {NAME: column(rows)})
    await store(pair, pair.left, {NAME: column(rows[60:])})
    assert await layers(pair) == [(1, "base", 1000), (2, "removed", 60)]
    await store(pair, pair.left, {NAME: column(rows[60:990])})
    assert await layers(pair) == [(1, "base", 1000), (2, "removed", 60), (3, "removed", 10)]
    await store(pair, pair.left, {NAME: column(rows[:990])})
    assert await layers(pair) == [(4, "base", 990)]
    assert same((await stored(pair, pair.left))[KeyKind.NAME], column(rows[:990]))


async def test_a_long_list_of_changes_becomes_one(pair: Pair) -> None:
    rows = [(n, n, n) for n in range(1000)]
    for gone in range(MOST_CHANGES + 2):
        await store(pair, pair.left, {NAME: column(rows[gone:])})
    assert await layers(pair) == [(1, "base", 1000), (MOST_CHANGES + 2, "removed", MOST_CHANGES + 1)]
    assert same((await stored(pair, pair.left))[KeyKind.NAME], column(rows[MOST_CHANGES + 1 :]))


async def test_what_stays_as_it_is_is_not_written(pair: Pair) -> None:
    tokens = {DOMAIN: column(made_up(1, 50)), NAME: column(made_up(2, 50))}
    first = await store(pair, pair.left, tokens)
    before = await layers(pair)
    assert await store(pair, pair.left, tokens) == first + 1
    assert await layers(pair) == before
    async with pair.world.database.matcher(pair.partnership.id) as session:
        newest = await newest_changes(session, pair.partnership.id)
    assert newest == {
        pair.left.id: Newest(first + 1, sum(map(len, tokens.values())), 7, "as always", frozenset({1}))
    }


async def test_a_side_without_tokens_has_a_change_all_the_same(pair: Pair) -> None:
    change = await store(pair, pair.left, {DOMAIN: TokenColumn.empty()})
    assert await stored(pair, pair.left) == {}
    async with pair.world.database.matcher(pair.partnership.id) as session:
        newest = await newest_changes(session, pair.partnership.id)
    assert newest == {pair.left.id: Newest(change, 0, 7, "as always", frozenset({1}))}


async def test_one_change_stands_under_two_epochs_and_each_has_its_own_tokens(pair: Pair) -> None:
    old, new = column(made_up(1, 50)), column(made_up(2, 50))
    await store(pair, pair.left, {DOMAIN: old, NAME: old})
    async with pair.world.database.tenant(pair.left.id) as session:
        stood = await read_side(session, pair.partnership.id, epoch=1)
        step = Step({DOMAIN: Delta(TokenColumn.empty(), old)}, "as always", 8, None)
        beside = Beside(2, Stored({}), {NAME: Delta(new, TokenColumn.empty())})
        await write_step(session, pair.partnership.id, stood, step, epoch=1, beside=beside)
        newest = (await newest_changes(session, pair.partnership.id))[pair.left.id]
    assert (newest.epochs, newest.tokens) == (frozenset({1, 2}), len(old))
    assert set(await stored(pair, pair.left)) == {KeyKind.NAME}
    assert same((await stored(pair, pair.left, epoch=2))[KeyKind.NAME], new)
    async with pair.world.database.tenant(pair.left.id) as session:
        await drop_epochs(session, pair.partnership.id, but=[2])
    assert await stored(pair, pair.left) == {}
    assert same((await stored(pair, pair.left, epoch=2))[KeyKind.NAME], new)


async def test_the_matcher_sees_what_is_sent_and_nothing_that_is_kept_back(pair: Pair) -> None:
    kept = {place: column(made_up(3, 20)) for place in (ACCOUNTS, (Part.WITHHELD, "domain"))}
    await store(pair, pair.left, {NAME: column(made_up(2, 20)), **kept})
    async with pair.world.database.matcher(pair.partnership.id) as session:
        seen = await (await session.raw()).fetch("SELECT DISTINCT part, kind FROM token_segment")
    assert [tuple(row) for row in seen] == [NAME]
    async with pair.world.database.tenant(pair.left.id) as session:
        own = await read_side(session, pair.partnership.id, epoch=1)
    assert {*own.places} == {NAME, *kept}


async def test_touched_references_of_several_changes_are_taken_together(pair: Pair) -> None:
    numbers = [await store(pair, pair.left, {}, touched=refs) for refs in ([5, 3], [2**64 - 1, 3], [])]
    async with pair.world.database.matcher(pair.partnership.id) as session:

        async def touched(after: int, upto: int) -> list[int] | None:
            found = await read_touched(session, pair.left.id, after=after, upto=upto)
            return None if found is None else found.tolist()

        assert await touched(0, numbers[2]) == [3, 5, 2**64 - 1]
        assert await touched(numbers[0], numbers[2]) == [3, 2**64 - 1]
        assert await touched(numbers[1], numbers[2]) == []
    last = await store(pair, pair.left, {}, touched=None)
    async with pair.world.database.matcher(pair.partnership.id) as session:
        assert await read_touched(session, pair.left.id, after=0, upto=last) is None
