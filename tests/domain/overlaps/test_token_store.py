"""Tokens as stored: read back as they were, and met as a join over unpacked rows in SQL would."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from service.linking.columns import TokenColumn
from service.linking.meet import meet
from service.linking.segments import SEGMENT_TOKENS
from service.matching.kinds import KeyKind
from service.overlaps.tokens import Newest, newest_changes, read_tokens, replace_tokens
from tests.factories.world import Member, Pair

Rows = Sequence[tuple[int, int, int]]

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


async def store(pair: Pair, member: Member, tokens: Mapping[KeyKind, TokenColumn]) -> int:
    async with pair.world.database.tenant(member.id) as session:
        return await replace_tokens(
            session, partnership_id=pair.partnership.id, epoch=1, tokens=tokens, accounts=7
        )


async def stored(pair: Pair, member: Member, change: int, epoch: int = 1) -> Mapping[KeyKind, TokenColumn]:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        return await read_tokens(session, org_id=member.id, change=change, epoch=epoch)


def same(one: TokenColumn, other: TokenColumn) -> bool:
    return (one.token_bytes(), one.ref_bytes()) == (other.token_bytes(), other.ref_bytes())


async def test_tokens_come_back_as_they_were_stored_kind_by_kind(pair: Pair) -> None:
    tokens = {KeyKind.DOMAIN: column(made_up(1, 300)), KeyKind.NAME: column(made_up(2, 200))}
    read = await stored(pair, pair.left, await store(pair, pair.left, tokens))
    assert set(read) == set(tokens)
    assert all(same(read[kind], tokens[kind]) for kind in tokens)


async def test_a_column_of_several_segments_comes_back_whole(pair: Pair) -> None:
    count = SEGMENT_TOKENS + 10
    words = np.random.default_rng(5).integers(0, 256, size=(count, 16), dtype=np.uint8)
    long = TokenColumn.of(words, np.arange(count, dtype=np.uint64))
    change = await store(pair, pair.left, {KeyKind.NAME: long})
    assert same((await stored(pair, pair.left, change))[KeyKind.NAME], long)
    async with pair.world.database.matcher(pair.partnership.id) as session:
        counts = await (await session.raw()).fetch("SELECT count FROM token_segment ORDER BY number")
    assert [row["count"] for row in counts] == [SEGMENT_TOKENS, 10]


async def test_stored_sides_meet_as_a_join_over_unpacked_tokens_does(pair: Pair) -> None:
    kinds = (KeyKind.DOMAIN, KeyKind.NAME)
    changes = {
        member.id: await store(
            pair, member, {kind: column(made_up(seed + n, 250)) for n, kind in enumerate(kinds)}
        )
        for seed, member in ((10, pair.left), (20, pair.right))
    }
    sides = [await stored(pair, member, changes[member.id]) for member in (pair.left, pair.right)]
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


async def test_a_new_change_takes_the_place_of_the_old_one(pair: Pair) -> None:
    first = await store(pair, pair.left, {KeyKind.DOMAIN: column(made_up(1, 50))})
    second = await store(pair, pair.left, {KeyKind.NAME: column(made_up(2, 50))})
    assert second == first + 1
    assert await stored(pair, pair.left, first) == {}
    assert set(await stored(pair, pair.left, second)) == {KeyKind.NAME}
    async with pair.world.database.matcher(pair.partnership.id) as session:
        assert await newest_changes(session) == {pair.left.id: Newest(second, 50)}


async def test_a_side_without_tokens_has_a_change_all_the_same(pair: Pair) -> None:
    change = await store(pair, pair.left, {KeyKind.DOMAIN: TokenColumn.empty()})
    assert await stored(pair, pair.left, change) == {}
    async with pair.world.database.matcher(pair.partnership.id) as session:
        assert await newest_changes(session) == {pair.left.id: Newest(change, 0)}


async def test_tokens_of_another_epoch_are_not_read(pair: Pair) -> None:
    change = await store(pair, pair.left, {KeyKind.DOMAIN: column(made_up(1, 50))})
    assert await stored(pair, pair.left, change, epoch=2) == {}
