"""People decide while others do, while a match is stored, and while the partnership ends: over connections of their own."""

import asyncio

import pytest

from service.db.turns import Turn, take_turn
from service.overlaps.deciding import Choice, Outcome, Refusal
from service.partnerships.repository import MatchedPartnership
from tests.domain.overlaps.test_decisions import both, events, say, statuses
from tests.factories.world import Pair, World, make_pair
from tests.support.servers import OwnDatabase
from tests.support.waiting import until_somebody_waits


@pytest.fixture
async def pair(own_world: World) -> Pair:
    return await make_pair(own_world)


async def test_two_words_at_once_come_one_after_the_other(pair: Pair) -> None:
    siemens = await both(pair)
    for left, right in ((Choice.REJECT, Choice.CONFIRM), (Choice.CONFIRM, Choice.REJECT)):
        await asyncio.gather(say(pair, pair.left, siemens, left), say(pair, pair.right, siemens, right))
        assert await statuses(pair, siemens) == ("disputed", "disputed")
    await asyncio.gather(*(say(pair, one, siemens, Choice.REJECT) for one in (pair.left, pair.right)))
    assert await statuses(pair, siemens) == ("rejected", "rejected")
    told = [event.partition(" ")[0] for event in await events(pair, siemens)]
    assert told.count("created") == told.count("removed")
    assert told.count("decided") == 5  # one side said the same twice in the end


async def test_a_word_waits_for_the_match_that_is_being_stored(pair: Pair, own_database: OwnDatabase) -> None:
    siemens = await both(pair)
    async with pair.world.database.matcher(pair.partnership.id) as session:
        await MatchedPartnership(session).lock()
        await take_turn(session, Turn.DECIDE, pair.partnership.id)
        word = asyncio.create_task(say(pair, pair.left, siemens, Choice.CONFIRM))
        await until_somebody_waits(own_database)
        await session.sql("DELETE FROM overlap WHERE id = $1", siemens)
    assert await word == Outcome(siemens, refused=Refusal.UNKNOWN)


async def test_no_word_is_said_in_a_partnership_that_has_ended(pair: Pair, own_database: OwnDatabase) -> None:
    siemens = await both(pair)
    async with pair.world.database.matcher(pair.partnership.id) as session:
        await take_turn(session, Turn.DECIDE, pair.partnership.id)
        word = asyncio.create_task(say(pair, pair.left, siemens, Choice.REJECT))
        await until_somebody_waits(own_database)
        await session.sql("UPDATE partnership SET status = 'ended', ended_at = now()")
    assert (await word).refused is Refusal.UNKNOWN
    async with pair.world.database.matcher(pair.partnership.id) as session:
        assert await (await session.raw()).fetchval("SELECT count(word) FROM decision") == 0
