"""Populations as lists: imports and people say who belongs, at the cost of the change, and what leaves is shown no more at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from service.accounts.lists import Changed, MemberStatus
from service.accounts.models import Population
from service.accounts.populations import NewPopulation, create_population
from service.accounts.repository import Populations
from service.imports.direct import Sent, take_place
from service.imports.models import ImportMode
from service.imports.operations import RUN_JOB, roll_back
from service.overlaps.withdrawal import change_list
from service.partnerships.models import SharingLevel
from service.partnerships.populations import remove
from tests.domain.imports.support import counts, fetch, imported, one
from tests.factories.world import Member, Pair, World, company_list
from tests.support.whole_run import unlike_a_whole_run

NAMES = ("orchid", "kestrel", "walnut")
ROWS = "Account ID,Company,Website,Status\n" + "".join(
    f"{at},{name.title()} Works,{name}.com,{status}\n"
    for at, (name, status) in enumerate(zip(NAMES, ("Customer", "Stammkunde", ""), strict=True))
)


def sheet(*names: str) -> str:
    return "Account ID,Company\n" + "".join(f"{NAMES.index(n)},{n.title()} Works\n" for n in names)


async def made(world: World, member: Member, name: str = "Guests") -> Population:
    async with world.database.tenant(member.id) as session:
        return await create_population(session, world.ids, world.clock, wanted=NewPopulation(name, None))


async def changed(
    world: World, member: Member, population: Population, *, add: Sequence[str] = (), take: Sequence[str] = ()
) -> Changed:
    ids = {name: (await account(world, member, name))["id"] for name in (*add, *take)}
    async with world.database.tenant(member.id) as session:
        await take_place(session)
        return await change_list(
            session, world.keystore, world.clock, population.id, add=[ids[n] for n in add], remove=[ids[n] for n in take],
            sent=Sent(world.ids.new(), "test"),
        )  # fmt: skip


async def account(world: World, member: Member, name: str) -> dict[str, Any]:
    [found] = await fetch(world, member, f"SELECT * FROM account WHERE name = '{name.title()} Works'")
    return found


async def members(world: World, member: Member, population: Population) -> set[str]:
    query = f"SELECT name FROM account WHERE populations & {1 << population.bit}::bigint <> 0"
    return {row["name"].split()[0].lower() for row in await fetch(world, member, query)}


async def undone(world: World, member: Member, import_id: UUID | None) -> None:
    assert import_id is not None
    async with world.database.tenant(member.id) as session:
        await roll_back(session, world.clock, world.ids, import_id)
    await world.work()


@pytest.fixture
async def guests(pair: Pair) -> Population:
    """A list of the left side with Orchid and Kestrel, which it shares alone; the right side has all three companies as customers."""
    world, left = pair.world, pair.left
    guests = await made(world, left)
    await world.share(left, pair.partnership, {"guests": SharingLevel.OVERLAPPING})
    await world.upload(left, ROWS, population=None)
    await world.upload(pair.right, company_list(*((f"{n.title()} Works", f"{n}.com") for n in NAMES)))
    await world.work()
    await changed(world, left, guests, add=("orchid", "kestrel"))
    await world.work()
    return guests


async def met(pair: Pair) -> set[str]:
    """Whom the right side is told of; the left side is told of as many."""
    rows = await pair.world.told(pair.right, pair.partnership)
    assert len(await pair.world.told(pair.left, pair.partnership)) == len(rows)
    return {str(row["name"]).split()[0].lower() for row in rows}


async def test_overlaps_follow_who_is_added_and_removed_and_who_leaves_is_shown_no_more_at_once(
    pair: Pair, guests: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    assert await met(pair) == {"orchid", "kestrel"}
    before = dict(await superuser.fetch("SELECT id, change FROM account WHERE org_id = $1", left.id))
    done = await changed(world, left, guests, add=("orchid", "walnut"), take=("kestrel",))
    assert [status for _, status in done.results] == [
        MemberStatus.UNCHANGED,
        MemberStatus.ADDED,
        MemberStatus.REMOVED,
    ]
    told = {str(row["name"]).split()[0].lower() for row in await world.told(pair.right, pair.partnership)}
    assert told == {"orchid"}  # before any job has run
    after = dict(await superuser.fetch("SELECT id, change FROM account WHERE org_id = $1", left.id))
    assert sum(after[one] != before[one] for one in after) == 2
    await world.work()
    assert await met(pair) == {"orchid", "walnut"}
    assert await unlike_a_whole_run(pair, superuser) == []
    await undone(world, left, done.import_id)
    assert await met(pair) == {"orchid", "kestrel"}
    again = await changed(world, left, guests, add=("orchid",), take=("walnut",))
    assert again.import_id is None


async def test_an_import_of_a_list_says_who_belongs_and_takes_no_account_away(
    pair: Pair, guests: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    how = {"mode": ImportMode.REPLACE, "confirmed": True}
    record = await imported(world, left, sheet("walnut", "orchid"), population="guests", **how)
    assert counts(record) == (0, 1, 1, 1, 0)
    await world.work()
    assert await members(world, left, guests) == await met(pair) == {"orchid", "walnut"}
    assert len(await fetch(world, left, "SELECT id FROM account")) == 3  # Kestrel in no population at all
    # a list keeps its accounts when they leave the last standard population, and those of neither go
    await imported(world, left, sheet("orchid", "kestrel"), population="customers")
    await imported(world, left, sheet("walnut"), population="customers", **how)
    rows = await fetch(world, left, "SELECT name, populations FROM account ORDER BY name")
    bit = 1 << guests.bit
    assert [tuple(row.values()) for row in rows] == [("Orchid Works", bit), ("Walnut Works", bit | 1)]
    await undone(world, left, record.id)
    # what later imports wrote stays as it is: Walnut became a customer, Kestrel is gone
    assert await members(world, left, guests) == {"orchid", "walnut"}
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_a_status_that_a_mapping_takes_for_a_list_is_heard_in_every_row(world: World) -> None:
    member = await world.organization("left")
    guests = await made(world, member)
    said = {"Stammkunde": "guests"}
    await imported(world, member, ROWS, statuses=said)
    assert await members(world, member, guests) == {"kestrel"}
    await changed(world, member, guests, add=("walnut",))
    await imported(world, member, ROWS.replace("Customer", "stammkunde"), statuses=said)
    assert await members(world, member, guests) == {"orchid", "kestrel"}
    await imported(world, member, ROWS.replace("Customer", "Prospect"))  # speaks of the standard ones alone
    assert await members(world, member, guests) == {"orchid", "kestrel"}


async def test_an_import_that_names_a_list_which_is_gone_keeps_nothing(world: World) -> None:
    member = await world.organization("left")
    guests = await made(world, member)
    first = await imported(world, member, ROWS, population="guests")
    await removed(world, member, guests)
    late = await world.upload(member, ROWS + "3,Maple,maple.com,\n", population="guests")
    await world.work()
    assert (await one(world, member, late)).problem == {
        "code": "population_gone",
        "message": "The population 'guests' was removed before the list was stored, and nothing of the list was kept: upload it again "
        "without it, or make the population anew.",
    }
    again = await made(world, member)
    assert (again.slug, again.bit) == (guests.slug, guests.bit)
    # what was kept bears the bit of the list that is gone: nothing brings it into the one that came after
    undo = await imported(world, member, ROWS.replace("Works", "Hall"), population="customers")
    await undone(world, member, undo.id)
    await undone(world, member, first.id)
    assert await members(world, member, again) == set()
    # the same bytes for another list of the same name are another import
    async with world.database.tenant_read(member.id) as session:
        since = (await Populations(session).everyone())[-1].created_at
    await imported(world, member, ROWS, population="guests", since=since)
    assert await members(world, member, again) == set(NAMES)


async def removed(world: World, member: Member, population: Population) -> None:
    async with world.database.tenant(member.id) as session:
        await remove(session, world.clock, population.id, meets=lambda _: None)
    await world.work()


async def test_a_removed_list_ends_its_rules_and_an_undone_import_brings_nobody_into_the_next(
    pair: Pair, guests: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    done = await changed(world, left, guests, take=("orchid",))
    async with world.database.tenant(left.id) as session:
        await remove(session, world.clock, guests.id, meets=lambda _: None)
    assert await met(pair) == set()  # before any job has run
    await world.work()
    assert await members(world, left, guests) == set()
    assert await superuser.fetchval("SELECT count(*) FROM population WHERE bit = $1", guests.bit) == 0
    assert (
        await superuser.fetchval("SELECT count(*) FROM shared_record WHERE owner_org_id = $1", left.id) == 0
    )
    again = await made(world, left)
    assert again.bit == guests.bit
    await undone(world, left, done.import_id)
    assert await members(world, left, again) == set()


async def test_a_file_that_was_accepted_before_leaves_the_members_that_were_set_since(world: World) -> None:
    member = await world.organization("left")
    guests = await made(world, member)
    await imported(world, member, ROWS)
    await changed(world, member, guests, add=("walnut",))
    await world.upload(member, sheet("orchid"), population="guests", mode=ImportMode.REPLACE, confirmed=True)
    await changed(world, member, guests, add=("walnut", "kestrel"))
    await world.work(RUN_JOB)
    assert await members(world, member, guests) == set(NAMES)
