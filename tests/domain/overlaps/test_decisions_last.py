"""How long decisions hold: through renames, removals and returns, and for names that were told apart."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from service.imports.jobs import RUN_JOB
from service.imports.models import ImportMode
from service.imports.operations import CHANGED_JOB
from service.overlaps.deciding import Choice
from service.overlaps.jobs.commented import KEPT, forget
from service.overlaps.jobs.parts import PUSH_JOB
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.models import SharingLevel
from tests.domain.overlaps.test_decisions import events, say, statuses
from tests.factories.world import Member, Pair
from tests.support.epochs import rotated, standing
from tests.support.whole_run import told_wrongly

OTHERS = "9,Orchid Bakery,orchidbakery.com,FR\n8,Walnut Press,walnutpress.com,ES\n"
LESSONS = "SELECT count(*) FROM decision WHERE learned"
GONE = "SELECT count(*) FROM decided_account WHERE gone_at IS NOT NULL"


async def bring(pair: Pair, member: Member, *rows: str) -> None:
    """The member's whole list: rows of (id, name, website, country), beside two others."""
    text = "Account ID,Company,Website,Country\n" + "".join(f"{row}\n" for row in rows) + OTHERS
    await pair.world.upload(member, text, mode=ImportMode.REPLACE, confirmed=True)
    await pair.world.work()


async def pair_of(pair: Pair, name: str) -> tuple[UUID, str] | None:
    """The overlap of the left side's account of this name, and its status."""
    for status in OverlapStatus:
        for row in await pair.world.told(pair.left, pair.partnership, Page(status=status)):
            if row["name"] == name:
                return UUID(str(row["id"])), str(row["status"])
    return None


async def test_a_confirmed_pair_stands_without_a_key_and_is_there_again_when_its_account_is(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await bring(pair, pair.right, "r1,Siemens,siemens.com,DE")
    await bring(pair, pair.left, "l1,Siemens AG,siemens.com,DE")
    found = await pair_of(pair, "Siemens AG")
    assert found is not None
    siemens = found[0]
    await say(pair, pair.right, siemens, Choice.CONFIRM)
    await pair.world.work()
    # one side's word keeps nothing of the other's open
    await bring(pair, pair.left, "l1,Quarzwerk,quarzwerk.com,DE")
    assert await statuses(pair, siemens) == (None, None)
    await bring(pair, pair.left, "l1,Siemens AG,siemens.com,DE")
    found = await pair_of(pair, "Siemens AG")
    assert found is not None
    assert found[1] == "confirmed"
    siemens = found[0]
    await say(pair, pair.left, siemens, Choice.CONFIRM)
    await pair.world.work()
    await bring(pair, pair.left, "l1,Quarzwerk,quarzwerk.com,DE")
    assert await statuses(pair, siemens) == ("confirmed", "confirmed")
    [row] = await pair.world.told(pair.left, pair.partnership, Page(overlap_id=siemens))
    assert row["unmet_since"] is not None

    before = await standing(superuser, pair)
    await rotated(superuser, pair)
    assert await standing(superuser, pair) == before
    await bring(pair, pair.left)
    assert await statuses(pair, siemens) == (None, None)
    assert await superuser.fetchval(GONE) == 1
    await bring(pair, pair.left, "l1,Quarzwerk,quarzwerk.com,DE")
    found = await pair_of(pair, "Quarzwerk")
    assert found is not None
    assert found[1] == "confirmed"
    assert (await events(pair, siemens))[-1] == "removed"
    assert await events(pair, found[0]) == ["created"]
    assert await superuser.fetchval(GONE) == 0

    # and once a side takes its word back, nothing keeps the pair
    assert (await say(pair, pair.right, found[0], Choice.WITHDRAW)).status is None
    assert await statuses(pair, found[0]) == (None, None)
    assert await pair_of(pair, "Quarzwerk") is None
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM overlap WHERE scored IS NULL") == 0
    assert await events(pair, found[0]) == ["created", "decided review", "removed"]
    assert await told_wrongly(pair, superuser) == []


async def lessons(pair: Pair) -> int:
    """How many words the left side may read that its people didn't say."""
    async with pair.world.database.tenant_read(pair.left.id) as session:
        found: int = await (await session.raw()).fetchval(LESSONS)
    return found


async def test_names_told_apart_stay_apart_until_something_new_speaks_for_them(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await bring(pair, pair.right, "r1,Harbour Analytics,harbour.com,GB")
    await bring(pair, pair.left, "l1,Harbour Analytics,,GB")
    found = await pair_of(pair, "Harbour Analytics")
    assert found is not None
    assert found[1] == "auto"
    await say(pair, pair.left, found[0], Choice.REJECT)
    await pair.world.work()
    await bring(pair, pair.left)
    await bring(pair, pair.left, "another,Harbour Analytics Ltd,,GB")
    learned = await pair_of(pair, "Harbour Analytics Ltd")
    assert learned is not None
    assert learned[1] == "disputed"
    assert await events(pair, learned[0]) == ["created", "removed"]
    [row] = await pair.world.told(pair.right, pair.partnership, Page(overlap_id=learned[0]))
    assert (row["own_word"], row["partner_word"]) == (None, "reject")

    # of a pair that one side hides the other is told by no lesson, and it stands for the one who is told
    await pair.world.share(pair.right, pair.partnership, {"customers": SharingLevel.MATCHED})
    await bring(pair, pair.left, "fresh,Harbour Analytics GmbH,,GB")
    assert await pair_of(pair, "Harbour Analytics GmbH") is None
    assert await lessons(pair) == 0
    [fresh] = [
        UUID(str(row["id"]))
        for row in await pair.world.told(pair.right, pair.partnership)
        if "Harbour" in str(row["name"])
    ]
    assert await statuses(pair, fresh) == (None, "auto")
    await pair.world.share(pair.right, pair.partnership)
    await pair.world.work()
    assert await statuses(pair, fresh) == ("disputed", "disputed")
    assert await lessons(pair) == 1
    await pair.world.share(pair.right, pair.partnership, {"customers": SharingLevel.MATCHED})
    await pair.world.work()
    assert (await statuses(pair, fresh), await lessons(pair)) == ((None, "auto"), 0)
    assert await told_wrongly(pair, superuser) == []
    await pair.world.share(pair.right, pair.partnership)

    await bring(pair, pair.left, "third,Harbour Analytics,harbour.com,GB")
    again = await pair_of(pair, "Harbour Analytics")
    assert again is not None
    assert again[1] == "auto"


async def test_a_word_of_a_review_finds_its_account_again_and_none_keeps_a_pair_whose_account_has_left(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    world = pair.world
    await bring(
        pair, pair.right, "r1,Harbour Analytics,harbouranalytics.co.uk,UK", "r2,Siemens,siemens.com,DE"
    )
    await bring(
        pair, pair.left, "l1,Harbour Analytics,harbour-analytics.com,UK", "l2,Siemens AG,siemens.com,DE"
    )
    review, auto = await pair_of(pair, "Harbour Analytics"), await pair_of(pair, "Siemens AG")
    assert review is not None
    assert auto is not None
    assert review[1] == "review"
    await say(pair, pair.left, review[0], Choice.REJECT)
    await world.work()
    # between the push of a removal and the score of it
    text = "Account ID,Company,Website,Country\n" + OTHERS
    await world.upload(pair.left, text, mode=ImportMode.REPLACE, confirmed=True)
    await world.work(RUN_JOB, CHANGED_JOB, PUSH_JOB)
    await say(pair, pair.right, auto[0], Choice.CONFIRM)
    await world.work()
    assert await statuses(pair, auto[0]) == (None, None)
    assert (await events(pair, auto[0]))[-1] == "removed"
    await bring(pair, pair.left, "l1,Harbour Analytics,harbour-analytics.com,UK")
    again = await pair_of(pair, "Harbour Analytics")
    assert again is not None
    assert again[1] == "rejected"
    assert await told_wrongly(pair, superuser) == []


async def test_a_decision_goes_90_days_after_its_account(pair: Pair, superuser: asyncpg.Connection) -> None:
    world = pair.world
    await bring(pair, pair.right, "r1,Siemens,siemens.com,DE")
    await bring(pair, pair.left, "l1,Siemens AG,siemens.com,DE")
    found = await pair_of(pair, "Siemens AG")
    assert found is not None
    await say(pair, pair.left, found[0], Choice.REJECT)
    await world.work()
    # takes no part, and is still in the list
    await world.share(pair.left, pair.partnership, {"prospects": SharingLevel.OVERLAPPING})
    await world.work()
    await superuser.execute("UPDATE decided_account SET gone_at = gone_at - interval '91 days'")
    await forget(world.database, pair.left.id, world.clock.now())
    assert await superuser.fetchval("SELECT count(*) FROM decision") == 1
    await bring(pair, pair.left)
    for days, left in ((-1, 1), (1, 0)):
        await forget(world.database, pair.left.id, world.clock.now() + KEPT + timedelta(days=days))
        assert await superuser.fetchval("SELECT count(*) FROM decision") == left
