"""People decide while others do, while a match is stored, and while the partnership ends: over connections of their own."""

import asyncio

import numpy as np
import polars as pl
import pytest

from service.crypto.columns import references
from service.db.names import Duty
from service.db.sessions import TenantSession
from service.db.turns import Turn, take_turn
from service.organizations.operations import reference_key
from service.overlaps import verdicts
from service.overlaps.deciding import Choice, Outcome, Refusal, decide
from service.partnerships.errors import PartnershipEndedError
from service.partnerships.repository import MatchedPartnership
from tests.domain.overlaps.test_decisions import both, events, say, statuses
from tests.factories.world import Pair, World, company_list, make_pair
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
    with pytest.raises(PartnershipEndedError):
        await word
    async with pair.world.database.matcher(pair.partnership.id) as session:
        assert await (await session.raw()).fetchval("SELECT count(word) FROM decision") == 0


@pytest.mark.parametrize("word", [Choice.REJECT, Choice.CONFIRM])
async def test_very_many_new_pairs_are_stored_before_it_is_the_turn_to_decide(
    pair: Pair, own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch, word: Choice
) -> None:
    monkeypatch.setattr(verdicts, "EARLY_FROM", 1)
    siemens = await both(pair)
    world = pair.world
    for member in (pair.left, pair.right):
        await world.upload(
            member, company_list(("Quarzwerk Nord", "quarzwerk.com"), ("Siemens AG", "siemens.com", "DE"))
        )
    async with world.database.tenant(pair.left.id) as session:
        await decide(session, world.clock, world.ids, pair.partnership.id, {siemens: word})
        matching = asyncio.create_task(world.work())
        # nobody waits for what is stored by then
        await until_somebody_waits(own_database, having_written="overlap")
        await arrives(pair, session, "Quarzwerk Nord", word)
    await matching
    said = "disputed" if word is Choice.REJECT else "confirmed"
    assert await statuses(pair, siemens) == (said, said)
    async with world.database.matcher(pair.partnership.id) as session:
        rows = await (await session.raw()).fetch("SELECT id::text, status, scored FROM overlap")
        told = await (await session.raw()).fetch(
            "SELECT data ->> 'overlap_id' FROM partnership_event WHERE type = 'overlap.created' ORDER BY sequence"
        )
    assert sorted(tuple(row)[1:] for row in rows) == sorted(
        [(said, "auto"), (said, "auto"), ("auto", "auto")]
    )
    # of a new pair that is disputed by then nobody is told that it was created
    created = {row[0] for row in rows if row[1] != "disputed"} | {str(siemens)}
    assert sorted(row[0] for row in told) == sorted(created)


async def arrives(pair: Pair, session: TenantSession, name: str, word: Choice) -> None:
    """The left side's word on both sides' accounts of this name, as it comes with an account that another was merged into."""
    refs = {}
    for member in (pair.left, pair.right):
        async with pair.world.database.tenant_read(member.id) as reading:
            found = await (await reading.raw()).fetchval("SELECT id::text FROM account WHERE name = $1", name)
        key = reference_key(pair.world.keystore, member.id)
        [ref] = references(str(pair.partnership.id), pl.Series([found]), key).view(np.int64)
        refs[pair.partnership.side_of(member.id)] = int(ref)
    async with session.on_duty(Duty.DECIDE):
        await (await session.raw()).execute(
            """
            INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, actor_kind, decided_at)
            VALUES ($1, $2, $3, $4, $5, $6, false, 'service', now())
            """,
            pair.partnership.id, refs["lo"], refs["hi"], pair.left.id, pair.right.id, word.value,
        )  # fmt: skip
