"""Suspension and quotas: what stops at once, what waits, what is refused with which words."""

from uuid import UUID

import pytest

from service.accounts.repository import Accounts
from service.audit.repository import AuditLog
from service.crypto import SecretBytes
from service.imports.models import Import
from service.imports.operations import Upload, accept
from service.imports.repository import Imports
from service.jobs.drain import drain
from service.organizations.errors import OrganizationSuspendedError, QuotaExceededError
from service.organizations.keys import parse_key
from service.organizations.members import add_member
from service.organizations.models import Role
from service.organizations.operations import identify
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.standing import Quota, begin_erasing, resume, set_quotas, suspend
from service.worker import make_registry
from tests.factories.people import make_person
from tests.factories.world import Member, Pair, World, company_list


async def limit(world: World, member: Member, **limits: int | None) -> None:
    async with world.database.tenant(member.id) as session:
        await set_quotas(session, world.clock, {Quota[name.upper()]: value for name, value in limits.items()})


async def identified(world: World, member: Member) -> None:
    async with world.database.tenant_read(member.id) as session:
        await identify(session, parse_key(member.key), world.clock)


async def import_of(world: World, member: Member, import_id: UUID) -> Import:
    async with world.database.tenant_read(member.id) as session:
        found = await Imports(session).by_id(import_id)
    assert found is not None
    return found


async def count(world: World, member: Member) -> int:
    async with world.database.tenant_read(member.id) as session:
        return await Accounts(session).count()


async def work_delayed(world: World) -> list[str]:
    registry = make_registry(
        database=world.database, keystore=world.keystore, spool=world.spool, clock=world.clock, ids=world.ids
    )
    return await drain(world.database, registry, delayed=True)


async def test_a_suspended_organizations_keys_are_refused_at_once_and_good_again_afterwards(
    world: World,
) -> None:
    member = await world.organization("acme")
    async with world.database.tenant(member.id) as session:
        await suspend(session, world.clock)
    with pytest.raises(OrganizationSuspendedError):
        await identified(world, member)
    async with world.database.tenant(member.id) as session:
        await resume(session, world.clock)
    await identified(world, member)


async def test_suspending_one_organization_says_nothing_of_another(world: World) -> None:
    one, other = await world.organization("one"), await world.organization("other")
    async with world.database.tenant(one.id) as session:
        await suspend(session, world.clock)
    await identified(world, other)


async def test_suspending_twice_is_recorded_once(world: World) -> None:
    member = await world.organization("acme")
    for _ in range(2):
        async with world.database.tenant(member.id) as session:
            await suspend(session, world.clock)
    async with world.database.tenant_read(member.id) as session:
        actions = [entry.action for entry in await AuditLog(session).page(limit=100)]
    assert actions.count("organization.suspended") == 1


async def test_its_jobs_wait_and_run_once_it_goes_on(pair: Pair) -> None:
    world, left = pair.world, pair.left
    await world.upload(left, company_list(("Siemens", "siemens.com")))
    async with world.database.tenant(left.id) as session:
        await suspend(session, world.clock)
    await world.work()
    assert await count(world, left) == 0
    async with world.database.tenant(left.id) as session:
        await resume(session, world.clock)
    assert "imports.run" in await work_delayed(world)
    assert await count(world, left) == 1


async def test_its_partners_are_told_nothing_new_and_keep_what_they_were_told(pair: Pair) -> None:
    world = pair.world
    await world.upload(pair.left, company_list(("Siemens", "siemens.com"), ("Bosch", "bosch.com")))
    await world.upload(pair.right, company_list(("Siemens", "siemens.com")))
    await world.work()
    assert len(await world.told(pair.right, pair.partnership)) == 1
    async with world.database.tenant(pair.left.id) as session:
        await suspend(session, world.clock)
    await world.upload(pair.right, company_list(("Siemens", "siemens.com"), ("Bosch", "bosch.com")))
    await world.work()
    assert len(await world.told(pair.right, pair.partnership)) == 1
    async with world.database.tenant(pair.left.id) as session:
        await resume(session, world.clock)
    await work_delayed(world)
    assert len(await world.told(pair.right, pair.partnership)) == 2


async def test_jobs_of_an_organization_that_is_being_erased_are_dropped(world: World) -> None:
    member = await world.organization("acme")
    await world.upload(member, company_list(("Siemens", "siemens.com")))
    async with world.database.tenant(member.id) as session:
        await begin_erasing(session, world.clock)
    await work_delayed(world)
    assert await count(world, member) == 0
    async with world.database.tenant(member.id) as session:
        with pytest.raises(OrganizationSuspendedError):
            await resume(session, world.clock)


async def test_an_import_that_would_pass_the_accounts_fails_by_name_and_keeps_nothing(world: World) -> None:
    member = await world.organization("acme")
    await limit(world, member, accounts=2)
    fits = await world.upload(member, company_list(("A", "a-one.com"), ("B", "b-two.com")))
    await world.work()
    too_many = await world.upload(member, company_list(("C", "c-three.com"), ("A", "a-one.com")))
    await world.work()
    assert (await import_of(world, member, fits)).status == "completed"
    refused = await import_of(world, member, too_many)
    assert refused.status == "failed"
    assert refused.problem is not None
    assert refused.problem["code"] == "quota_exceeded"
    assert "may have 2 accounts and would have 3" in refused.problem["message"]
    assert await count(world, member) == 2


async def test_uploads_that_wait_are_bounded_and_those_that_were_read_are_not_counted(world: World) -> None:
    member = await world.organization("acme")
    await limit(world, member, upload_bytes=100)

    async def upload(size: int) -> None:
        async with world.database.tenant(member.id) as session:
            made = world.ids.new()
            upload = Upload(made, "list.csv", size, made.bytes, SecretBytes.draw())
            await accept(session, world.keystore, world.clock, upload)

    await upload(60)
    with pytest.raises(QuotaExceededError, match="may have 100 bytes of uploads and would have 110"):
        await upload(50)
    await upload(40)
    await world.work()  # their files aren't there, so both fail: read is read
    await upload(100)


async def test_a_member_too_many_is_refused(world: World) -> None:
    member = await world.organization("acme")
    people = People(world.database, world.keystore, world.clock, world.ids, Passwords())
    first, second = [await make_person(people, f"{name}@example.com") for name in ("first", "second")]
    await limit(world, member, members=1)
    async with world.database.tenant(member.id) as session:
        await add_member(session, world.clock, first.id, Role.ADMIN)
        with pytest.raises(QuotaExceededError, match="1 members and would have 2"):
            await add_member(session, world.clock, second.id, Role.VIEWER)


async def test_a_partnership_too_many_is_refused(pair: Pair) -> None:
    world = pair.world
    await limit(world, pair.left, partnerships=1)
    third = await world.organization("third")
    with pytest.raises(QuotaExceededError, match="1 partnerships and would have 2"):
        await world.partnership(pair.left, third)
    await limit(world, pair.left, partnerships=None)
    await world.partnership(pair.left, third)


async def test_a_limit_below_what_there_is_takes_nothing_away(world: World) -> None:
    member = await world.organization("acme")
    await world.upload(member, company_list(("A", "a-one.com"), ("B", "b-two.com")))
    await world.work()
    await limit(world, member, accounts=1)
    assert await count(world, member) == 2
