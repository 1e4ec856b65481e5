"""People of an organization that goes, while they join another."""

import asyncio

import pytest

from service.organizations.erasing import forget_person
from service.organizations.errors import NotSignedInError
from service.organizations.members import add_member
from service.organizations.models import Person, Role
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.people_repository import Persons
from tests.factories.people import join, member
from tests.factories.world import Member, World
from tests.support.servers import OwnDatabase
from tests.support.waiting import until_somebody_waits


@pytest.fixture
def people(own_world: World) -> People:
    world = own_world
    return People(world.database, world.keystore, world.clock, world.ids, Passwords())


@pytest.fixture
async def organizations(own_world: World) -> tuple[Member, Member]:
    """The one that goes, and another."""
    return await own_world.organization("doomed"), await own_world.organization("other")


async def forget(people: People, person: Person, doomed: Member) -> None:
    async with people.database.person(person.id) as leaving:
        await forget_person(leaving, but_for=doomed.id)


async def is_known(people: People, person: Person) -> bool:
    async with people.database.directory() as session:
        return await Persons(session).by_id(person.id) is not None


async def test_who_is_joining_another_organization_stays(
    people: People, organizations: tuple[Member, Member], own_database: OwnDatabase
) -> None:
    doomed, other = organizations
    ada = await member(people, doomed.id, Role.ADMIN)
    async with asyncio.TaskGroup() as tasks, people.database.tenant(other.id) as joining:
        await add_member(joining, people.clock, ada.id, Role.VIEWER)
        tasks.create_task(forget(people, ada, doomed))
        await until_somebody_waits(own_database)
    assert await is_known(people, ada)


async def test_who_is_being_removed_joins_nothing(
    people: People, organizations: tuple[Member, Member], own_database: OwnDatabase
) -> None:
    doomed, other = organizations
    ada = await member(people, doomed.id, Role.ADMIN)
    async with people.database.person(ada.id) as leaving:
        await forget_person(leaving, but_for=doomed.id)
        late = asyncio.create_task(join(people, ada, other.id))
        await until_somebody_waits(own_database)
    with pytest.raises(NotSignedInError):
        await late
    assert not await is_known(people, ada)
