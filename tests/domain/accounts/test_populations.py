"""Populations that filters decide: who belongs follows what is written, at the cost of the change, and so does what partners see."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from service.accounts.errors import (
    InvalidFilterError,
    PopulationExistsError,
    StandardPopulationError,
    TooManyPopulationsError,
)
from service.accounts.filters import digest_of, parse
from service.accounts.models import Population
from service.accounts.populations import (
    MOST,
    NewPopulation,
    create_population,
    custom_population,
    remove_population,
)
from service.accounts.repository import Accounts, Populations
from service.imports.models import ImportMode
from service.imports.operations import roll_back
from service.overlaps.jobs import STEPS
from service.partnerships.errors import UnknownPopulationError
from service.partnerships.models import Preset, SharingLevel
from service.partnerships.operations import Share, share
from service.partnerships.populations import change, remove
from service.partnerships.repository import Partnerships
from tests.domain.imports.support import fetch
from tests.factories.world import Member, Pair, World, company_list, make_pair
from tests.support.servers import OwnDatabase
from tests.support.waiting import until_somebody_waits
from tests.support.whole_run import unlike_a_whole_run

ANNS = {"field": "owner", "op": "is", "value": "ann"}
BOS = {"field": "owner", "op": "is", "value": "Bo"}
NAMES = ("orchid", "kestrel", "walnut")


def owned(*owners: str) -> str:
    rows = [
        f"{at},{name.title()} Works,{name}.com,{owner}"
        for at, (name, owner) in enumerate(zip(NAMES, owners, strict=True))
    ]
    return "\n".join(["Account ID,Company,Website,Owner", *rows, ""])


async def made(world: World, member: Member, name: str, tree: dict[str, Any]) -> Population:
    async with world.database.tenant(member.id) as session:
        return await create_population(session, world.ids, world.clock, wanted=NewPopulation(name, tree))


async def changed(
    world: World,
    member: Member,
    population: Population,
    *,
    name: str | None = None,
    tree: dict[str, Any] | None = None,
) -> None:
    async with world.database.tenant(member.id) as session:
        await change(session, world.clock, population.id, name=name, wanted=tree, meets=lambda _: None)


async def removed(world: World, member: Member, population: Population) -> None:
    async with world.database.tenant(member.id) as session:
        await remove(session, world.clock, population.id, meets=lambda _: None)


async def members(world: World, member: Member, population: Population) -> set[str]:
    query = f"SELECT name FROM account WHERE populations & {1 << population.bit}::bigint <> 0"
    return {row["name"].split()[0].lower() for row in await fetch(world, member, query)}


@pytest.fixture
async def gold(pair: Pair) -> Population:
    """A population of the left side, which shares that one alone; the right side shares its customers and has all three companies."""
    gold = await made(pair.world, pair.left, "Gold", ANNS)
    await pair.world.share(pair.left, pair.partnership, {"gold": SharingLevel.OVERLAPPING})
    await pair.world.upload(pair.left, owned("Ann", "Bo", ""), population=None)
    await pair.world.upload(pair.right, company_list(*((f"{n.title()} Works", f"{n}.com") for n in NAMES)))
    await pair.world.work()
    return gold


async def met(pair: Pair) -> set[str]:
    """Whom the right side is told of; the left side is told of as many."""
    rows = await pair.world.told(pair.right, pair.partnership)
    assert len(await pair.world.told(pair.left, pair.partnership)) == len(rows)
    return {str(row["name"]).split()[0].lower() for row in rows}


async def test_overlaps_come_and_go_with_those_that_the_filter_chooses(
    pair: Pair, gold: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    assert (await members(world, left, gold), await met(pair)) == ({"orchid"}, {"orchid"})
    import_id = await world.upload(left, owned("Bo", "Ann", "Ann"), population=None)
    await world.work()
    assert (await members(world, left, gold), await met(pair)) == (
        {"kestrel", "walnut"},
        {"kestrel", "walnut"},
    )
    await changed(world, left, gold, tree={"any": [ANNS, {"field": "owner", "op": "is_set", "value": False}]})
    async with world.database.tenant(left.id) as session:
        await roll_back(session, world.clock, world.ids, import_id)
    await world.work()
    assert (await members(world, left, gold), await met(pair)) == ({"orchid", "walnut"}, {"orchid", "walnut"})
    await changed(world, left, gold, tree=BOS)
    await world.work()
    assert (await members(world, left, gold), await met(pair)) == ({"kestrel"}, {"kestrel"})
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_an_account_that_leaves_by_a_new_filter_is_hidden_before_any_job_has_run(
    pair: Pair, gold: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    await changed(world, left, gold, tree=BOS)
    assert await world.told(pair.right, pair.partnership) == []
    said = await superuser.fetchval("SELECT details FROM audit_entry WHERE action = 'population.changed'")
    assert [said[name] for name in ("filter_before", "filter")] == [
        digest_of(ANNS),
        digest_of(BOS),
    ]
    await world.share(left, pair.partnership, {"gold": SharingLevel.ALL})
    await world.work("sharing_rules.changed", "overlaps.publish")
    assert await world.told(pair.right, pair.partnership) == []
    await world.work()
    assert await met(pair) == {"kestrel"}


async def test_the_first_rule_on_a_population_whose_filter_is_not_applied_yet_waits_for_it(
    pair: Pair,
) -> None:
    world, left = pair.world, pair.left
    gold = await made(world, left, "Gold", ANNS)
    await world.upload(left, owned("Ann", "Bo", ""), population=None)
    await world.upload(pair.right, company_list(*((f"{n.title()} Works", f"{n}.com") for n in NAMES)))
    await world.work()
    await changed(world, left, gold, tree=BOS)
    await world.share(left, pair.partnership, {"gold": SharingLevel.ALL})
    await world.work("sharing_rules.changed", *(job for job in STEPS if job.startswith("overlaps.")))
    assert await world.told(pair.right, pair.partnership) == []
    await world.work()
    assert await met(pair) == {"kestrel"}


async def test_only_accounts_whose_membership_differs_are_written(
    pair: Pair, gold: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left

    async def changes() -> dict[str, int]:
        rows = await superuser.fetch("SELECT name, change FROM account WHERE org_id = $1", left.id)
        return {row["name"].split()[0].lower(): row["change"] for row in rows}

    before = await changes()
    await changed(world, left, gold, tree={"any": [ANNS, BOS]})
    assert await world.work()
    after = await changes()
    assert {name for name in NAMES if after[name] != before[name]} == {"kestrel"}
    await changed(world, left, gold, tree={"any": [BOS, ANNS]})
    assert await world.work() == ["populations.settle", "populations.settled", "overlaps.publish"]
    await world.upload(left, owned("Ann", "Bo", "Cy"), population=None)
    await world.work()
    last = await changes()
    assert {name for name in NAMES if last[name] != after[name]} == {"walnut"}


async def test_imports_of_a_standard_population_leave_the_others_as_the_filters_say(
    pair: Pair, gold: Population
) -> None:
    world, left = pair.world, pair.left
    await world.upload(left, owned("Ann", "Bo", ""), population="customers")
    await world.work()
    assert await members(world, left, gold) == {"orchid"}
    await world.upload(
        left, company_list(("Kestrel Works", "kestrel.com")), mode=ImportMode.REPLACE, confirmed=True
    )
    await world.work()
    # A filter alone keeps no account in a list: those that left the customers were in no other standard population.
    assert await members(world, left, gold) == set()
    assert [row["name"] for row in await fetch(world, left, "SELECT name FROM account")] == ["Kestrel Works"]


async def test_a_removed_population_ends_its_rules_and_leaves_nothing_behind(
    pair: Pair, gold: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    import_id = await world.upload(left, owned("Bo", "Ann", ""), population=None)
    await world.work()
    assert await met(pair) == {"kestrel"}
    await removed(world, left, gold)
    # Before any job has run nothing is shown, and the bit isn't given to another.
    assert await met(pair) == set()
    silver = await made(world, left, "Gold", BOS)
    assert silver.slug == gold.slug
    assert silver.bit != gold.bit
    await world.work()
    assert await members(world, left, gold) == set()
    bit = 1 << gold.bit
    assert (
        await superuser.fetchval("SELECT count(*) FROM shared_record WHERE populations & $1 <> 0", bit) == 0
    )
    assert await superuser.fetchval("SELECT count(*) FROM population WHERE bit = $1", gold.bit) == 0
    assert await superuser.fetchval("SELECT count(*) FROM overlap") == 0
    async with world.database.tenant(left.id) as session:
        await roll_back(session, world.clock, world.ids, import_id)
    await world.work()
    assert await members(world, left, gold) == set()
    assert await members(world, left, silver) == {"kestrel"}
    assert (await made(world, left, "Next", ANNS)).bit == gold.bit


async def test_shared_records_are_narrowed_in_a_paused_partnership_before_the_bit_is_given_again(
    pair: Pair, gold: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    await superuser.execute("UPDATE partnership SET status = 'paused'")
    await removed(world, left, gold)
    await world.work()
    await superuser.execute("UPDATE partnership SET status = 'active'")
    again = await made(world, left, "Again", BOS)
    assert again.bit == gold.bit
    await world.share(left, pair.partnership, {"again": SharingLevel.OVERLAPPING})
    assert await pair.world.told(pair.right, pair.partnership) == []


async def test_a_rule_set_while_its_population_is_removed_is_refused(
    own_world: World, own_database: OwnDatabase
) -> None:
    pair = await make_pair(own_world)
    gold = await made(own_world, pair.left, "Gold", ANNS)
    async with asyncio.TaskGroup() as tasks, own_world.database.tenant(pair.left.id) as removing:
        await remove(removing, own_world.clock, gold.id, meets=lambda _: None)
        late = tasks.create_task(refused(pair, "gold"))
        await until_somebody_waits(own_database)
    assert "no population 'gold'" in late.result()


async def refused(pair: Pair, slug: str) -> str:
    said, clock = Share(slug, SharingLevel.ALL, Preset.FULL), pair.world.clock
    async with pair.world.database.tenant(pair.left.id) as session:
        with pytest.raises(UnknownPopulationError) as refusal:
            await share(session, clock, partnership_id=pair.partnership.id, said=said)
    return str(refusal.value)


async def test_a_rule_that_outlived_its_population_ends_before_the_bit_is_given_again(
    pair: Pair, gold: Population, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    async with world.database.tenant(left.id) as session:
        await remove_population(session, world.clock, await custom_population(session, gold.id))
    await world.work()
    again = await made(world, left, "Again", BOS)
    await world.work()
    assert again.bit == gold.bit
    assert await superuser.fetchval("SELECT count(*) FROM sharing_rule WHERE bit = $1", gold.bit) == 0
    assert await met(pair) == set()


async def test_partners_see_the_new_name_of_a_population(pair: Pair, gold: Population) -> None:
    await changed(pair.world, pair.left, gold, name="Golden")
    async with pair.world.database.tenant_read(pair.right.id) as session:
        rules = await Partnerships(session).rules(pair.partnership.id, of=pair.left.id)
    assert [(rule.population, rule.population_name) for rule in rules] == [("gold", "Golden")]


async def test_a_filter_that_takes_too_long_to_try_is_refused(
    own_world: World, own_database: OwnDatabase
) -> None:
    member = await own_world.organization("left")
    admin = await asyncpg.connect(own_database.urls.admin)
    async with admin.transaction():
        await admin.execute("LOCK TABLE account")
        with pytest.raises(InvalidFilterError, match=r"filter: .* longer than 0\.05 seconds"):
            async with own_world.database.tenant_read(member.id) as session:
                await Accounts(session).tried(parse(ANNS), limit=1, within=timedelta(milliseconds=50))
    await admin.close()


async def test_there_are_as_many_as_an_account_has_bits_and_each_slug_once(world: World) -> None:
    member = await world.organization("left")
    with pytest.raises(PopulationExistsError):
        await made(world, member, "Customers", ANNS)
    async with world.database.tenant(member.id) as session:
        for number in range(MOST):
            new = NewPopulation(f"Gold {number}", ANNS)
            last = await create_population(session, world.ids, world.clock, wanted=new)
    assert last.bit == 62
    with pytest.raises(TooManyPopulationsError):
        await made(world, member, "One more", ANNS)
    await world.upload(member, owned("Ann", "Bo", ""), population=None)
    await world.work()
    assert await members(world, member, last) == {"orchid"}
    async with world.database.tenant_read(member.id) as session:
        standard = (await Populations(session).everyone())[0]
        assert (await Populations(session).sizes())[last.bit] == 1
    with pytest.raises(StandardPopulationError):
        await removed(world, member, standard)
