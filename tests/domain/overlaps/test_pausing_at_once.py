"""Who pauses or ends a partnership waits for no match, and a match that was under way leaves nothing: over connections of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from service.partnerships.epochs import Opened
from service.partnerships.errors import PartnershipEndedError, PartnershipError, PartnershipPausedError
from service.partnerships.models import PartnershipStatus
from service.partnerships.pausing import end, pause, resume
from service.partnerships.repository import MatchedPartnership
from tests.domain.overlaps.test_decisions import both
from tests.factories.world import Pair, World, make_pair


async def change(pair: Pair, how: Callable[..., Awaitable[Opened]]) -> PartnershipStatus:
    world = pair.world
    async with world.database.tenant(pair.right.id) as session:
        changed = await how(session, world.clock, world.ids, partnership_id=pair.partnership.id)
        return changed.partnership.status


async def match_beside(pair: Pair, siemens: UUID, how: Callable[..., Awaitable[Opened]]) -> None:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        assert await MatchedPartnership(session).lock() is not None
        await session.sql("DELETE FROM overlap WHERE id = $1", siemens)
        async with asyncio.timeout(20):  # this match doesn't end before
            await change(pair, how)


async def overlaps(pair: Pair) -> int:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        found: int = await (await session.raw()).fetchval("SELECT count(*) FROM overlap")
        return found


async def test_a_match_under_way_is_undone_and_one_that_is_being_kept_is_waited_for(own_world: World) -> None:
    pair = await make_pair(own_world)
    siemens = await both(pair)
    before = await overlaps(pair)
    stops: list[tuple[Callable[..., Awaitable[Opened]], type[PartnershipError]]] = [
        (pause, PartnershipPausedError),
        (end, PartnershipEndedError),
    ]
    for how, error in stops:
        with pytest.raises(error):
            await match_beside(pair, siemens, how)
        assert await overlaps(pair) == before > 0
        async with pair.world.database.matcher(pair.partnership.id) as session:
            assert await MatchedPartnership(session).lock() is None
        if how is pause:
            # from its last look at the partnership's state to its commit nobody changes that
            async with pair.world.database.matcher(pair.partnership.id) as session:
                await session.sql(
                    "SELECT status FROM partnership WHERE id = $1 FOR SHARE", pair.partnership.id
                )
                going_on = asyncio.create_task(change(pair, resume))
                done, _ = await asyncio.wait({going_on}, timeout=0.3)
                assert not done
            assert await going_on is PartnershipStatus.ACTIVE
