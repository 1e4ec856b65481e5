"""What a change reads and writes in a long list; and what a worker keeps of the token store, for whom and how long."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import numpy as np
import pytest
import structlog

from service.linking.columns import TokenColumn
from service.linking.segments import cut
from service.overlaps.jobs.meet import meet
from service.overlaps.jobs.parts import Parts
from service.overlaps.jobs.push import push
from service.overlaps.models import Part
from service.overlaps.stored import read_side
from service.overlaps.warm import IDLE_SECONDS, SegmentName, WarmSegments, sweep, swept
from tests.factories.world import Member, Pair, World, make_pair
from tests.support.whole_run import unlike_a_whole_run

_FILL = """
    INSERT INTO account (org_id, id, identity, digest, populations, name, website, domain, created_by, import_id, created_at, updated_at)
    SELECT $1::uuid, gen_random_uuid(), 'e:' || i, '\\x00', 1, 'Orchid ' || i || ' Quarzwerk', 'orchid' || i || '.com', 'orchid' || i || '.com',
           $1::uuid, $1::uuid, now(), now()
    FROM generate_series($2::int, $3::int) i
"""
_RENAME = "UPDATE account SET name = 'Kestrel ' || name WHERE org_id = $1 AND id IN (SELECT id FROM account WHERE org_id = $1 ORDER BY identity LIMIT $2)"
_WRITTEN = """
    SELECT (SELECT coalesce(sum(octet_length(tokens) + octet_length(refs)), 0) FROM token_segment WHERE org_id = $1 AND change = $2)
         + (SELECT octet_length(touched) FROM token_change WHERE org_id = $1 AND number = $2)
         + (SELECT coalesce(sum(octet_length(meetings) + octet_length(left_out)), 0) FROM match_run WHERE scored_at IS NULL)
         + (SELECT coalesce(sum(octet_length(asked)), 0) FROM evidence_request)
"""
SMALL, IN_COMMON = 64, 200
"""Tokens of a segment here, and companies that both lists have."""


class Counted(WarmSegments):
    """Counts what had to be read."""

    read = 0

    def keep(self, name: SegmentName, column: TokenColumn) -> None:
        self.read += 1
        super().keep(name, column)


@dataclass
class Lists:
    pair: Pair
    parts: Parts
    warm: Counted

    async def change(self, accounts: int, *, cold: bool = False) -> None:
        """Rename the first accounts of the left side, and meet."""
        async with self.pair.world.database.tenant(self.pair.left.id) as session:
            await session.sql(_RENAME, self.pair.left.id, accounts)
        if cold:
            self.warm.clear()
        await push(self.parts, org_id=self.pair.left.id, partnership_id=self.pair.partnership.id)
        self.warm.read = 0
        if cold:
            self.warm.clear()
        await meet(self.parts, partnership_id=self.pair.partnership.id)


async def lists_of(world: World, rows: int) -> Lists:
    pair, warm = await make_pair(world, left=f"left{rows}", right=f"right{rows}"), Counted()
    parts = Parts(world.database, world.keystore, world.clock, world.ids, warm)
    for member, first in ((pair.left, 1), (pair.right, rows - IN_COMMON + 1)):
        async with world.database.tenant(member.id) as session:
            await session.sql(_FILL, member.id, first, first + rows - 1)
        await push(parts, org_id=member.id, partnership_id=pair.partnership.id)
    await meet(parts, partnership_id=pair.partnership.id)
    await world.work()
    return Lists(pair, parts, warm)


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut.__kwdefaults__ is not None
    monkeypatch.setitem(cut.__kwdefaults__, "size", SMALL)


async def written(admin: asyncpg.Connection, member: Member) -> int:
    """Bytes that the newest change of a side and the meeting of it have written."""
    newest = await admin.fetchval("SELECT max(number) FROM token_change WHERE org_id = $1", member.id)
    return int(await admin.fetchval(_WRITTEN, member.id, newest))


async def test_what_a_change_reads_and_writes_is_in_proportion_to_it(
    world: World, superuser: asyncpg.Connection
) -> None:
    read, wrote = {}, {}
    for rows in (1_000, 8_000):
        lists = await lists_of(world, rows)
        await lists.change(50)
        read[rows, "fifty, warm"] = lists.warm.read
        wrote[rows] = await written(superuser, lists.pair.left)
        await world.work()
        await lists.change(1, cold=True)
        read[rows, "one, cold"] = lists.warm.read
        await world.work()
        assert await unlike_a_whole_run(lists.pair, superuser) == []
    # an account of three kinds of key, each in a segment of either side, and those of a change
    assert 1 <= read[1_000, "one, cold"] <= 12
    assert 1 <= read[8_000, "one, cold"] <= 12
    assert read[8_000, "fifty, warm"] <= read[1_000, "fifty, warm"] <= 10
    assert wrote[8_000] < 1.5 * wrote[1_000]


async def test_what_is_kept_goes_with_the_partnership_and_is_nobody_elses(
    world: World, superuser: asyncpg.Connection
) -> None:
    lists, other = await lists_of(world, 300), await lists_of(world, 301)
    warm = Counted()
    for one in (lists, other):
        one.parts = Parts(world.database, world.keystore, world.clock, world.ids, warm)
        await one.change(1)
    database, partnership = world.database, lists.pair.partnership
    assert warm.partnerships == {partnership.id, other.pair.partnership.id}
    for member, partner in ((lists.pair.left, lists.pair.right), (lists.pair.right, lists.pair.left)):
        async with database.tenant(member.id) as session:
            found = await read_side(session, partnership.id, epoch=1, warm=warm)
            fresh = await read_side(session, partnership.id, epoch=1)
            foreign = await read_side(session, other.pair.partnership.id, epoch=1, warm=warm)
            ended = await read_side(session, partnership.id, epoch=2, warm=warm)
        assert {p: found.whole(p).token_bytes() for p in found.places} == {
            p: fresh.whole(p).token_bytes() for p in fresh.places
        }
        assert [*foreign.places, *ended.places] == []
        assert sides(warm, partnership.id) >= {member.id, partner.id}
    await sweep(database, warm)
    kept = len(warm)
    await superuser.execute("DELETE FROM token_segment WHERE partnership_id = $1", partnership.id)
    assert len(warm) == kept
    await sweep(database, warm)
    assert warm.partnerships == {other.pair.partnership.id}


def sides(warm: WarmSegments, partnership_id: UUID) -> set[UUID]:
    return {name.org_id for name in warm._kept if name.partnership_id == partnership_id}


def name_of(number: int) -> SegmentName:
    return SegmentName(UUID(int=1), 1, UUID(int=2), Part.SENT, "name", "base", 1, number, b"", b"", 10)


async def test_a_sweep_that_fails_is_told_of_and_not_the_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    went_on = asyncio.Event()

    class Failing(WarmSegments):
        sweeps = 0

        def drop_idle(self) -> None:
            self.sweeps += 1
            if self.sweeps == 1:
                raise ZeroDivisionError
            went_on.set()

    monkeypatch.setattr("service.overlaps.warm.SWEEP_SECONDS", 0)
    with structlog.testing.capture_logs() as told:
        async with swept(world.database, Failing()), asyncio.timeout(10):
            await went_on.wait()
    [error] = told
    assert (error["log_level"], error["exc_info"]) == ("error", True)


def test_what_was_asked_for_last_is_kept_within_the_bound_and_ten_minutes() -> None:
    moment = 0.0
    ten = TokenColumn(*[np.arange(10, dtype=np.uint64)] * 3)
    warm = WarmSegments(2 * ten.nbytes, now=lambda: moment)
    for number in (1, 2):
        warm.keep(name_of(number), ten)
    assert set(warm.find([name_of(1), name_of(3)])) == {name_of(1)}
    warm.keep(name_of(3), ten)
    assert (len(warm), warm.nbytes) == (2, 2 * ten.nbytes)
    assert set(warm.find(map(name_of, range(5)))) == {name_of(1), name_of(3)}
    moment = IDLE_SECONDS - 1
    warm.find([name_of(3)])
    moment = IDLE_SECONDS + 1
    warm.drop_idle()
    assert set(warm.find(map(name_of, range(5)))) == {name_of(3)}
    assert warm.nbytes == ten.nbytes
    tiny = WarmSegments(ten.nbytes - 1)
    tiny.keep(name_of(1), ten)
    assert (len(tiny), tiny.nbytes) == (0, 0)
