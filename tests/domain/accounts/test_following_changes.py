"""Numbers of written accounts: given by the database to every writer, in the order in which they become visible."""

import asyncio

import asyncpg
import pytest

from service.accounts.following import (
    forget_departed,
    highest_number,
    read_changed,
    read_departed,
)
from tests.factories.world import Member, World, company_list

ROWS = [("Orchid Bakery", "orchid.com"), ("Walnut Press", "walnut.com"), ("Kestrel", "")]


async def listed(world: World) -> Member:
    member = await world.organization("one")
    await world.upload(member, company_list(*ROWS))
    await world.work()
    return member


async def write(world: World, member: Member, statement: str) -> None:
    async with world.database.tenant(member.id) as session:
        await session.sql(statement, member.id)


async def since(world: World, member: Member, number: int) -> tuple[list[str], list[str | None], int]:
    """Names of accounts written after `number`, domains that were left after it, and the highest number."""
    async with world.database.tenant(member.id) as session:
        driver = await session.raw()
        changed = await read_changed(driver, member.id, number)
        departed = await read_departed(driver, member.id, number)
        return (
            sorted(changed["name"].to_list()),
            departed["domain"].to_list(),
            await highest_number(driver, member.id),
        )


async def test_every_way_of_writing_an_account_is_seen_once(world: World) -> None:
    member = await listed(world)
    names, departed, seen = await since(world, member, 0)
    assert (names, departed) == (sorted(name for name, _ in ROWS), [])
    for statement, changed, left in (
        ("UPDATE account SET city = 'Wien' WHERE org_id = $1 AND name = 'Kestrel'", ["Kestrel"], []),
        ("UPDATE account SET domain = 'o.de' WHERE org_id = $1 AND domain = 'orchid.com'", ["Orchid Bakery"], ["orchid.com"]),
        ("UPDATE account SET change = 1 WHERE org_id = $1 AND name = 'Kestrel'", ["Kestrel"], []),
        ("DELETE FROM account WHERE org_id = $1 AND domain = 'walnut.com'", [], ["walnut.com"]),
        ("UPDATE account SET city = 'Ulm' WHERE org_id = $1 AND name = 'nobody'", [], []),
    ):  # fmt: skip
        await write(world, member, statement)
        *found, higher = await since(world, member, seen)
        assert found == [changed, left], statement
        assert higher == seen + bool(changed or left)
        seen = higher
    await world.upload(member, company_list(("Zephyr Nord", "zephyr.com"), ("Orchid Bakeries", "orchid.com")))
    await world.work()
    assert (await since(world, member, seen))[:2] == (["Orchid Bakeries", "Zephyr Nord"], ["o.de"])


async def test_the_highest_number_never_goes_down(world: World) -> None:
    member = await listed(world)
    await write(world, member, "DELETE FROM account WHERE org_id = $1")
    _, left, seen = await since(world, member, 0)
    assert len(left) == len(ROWS)
    async with world.database.tenant(member.id) as session:
        await forget_departed(await session.raw(), member.id, seen)
    await world.upload(member, company_list(("Zephyr Nord", "zephyr.com")))
    await world.work()
    assert await since(world, member, seen) == (["Zephyr Nord"], [], seen + 1)


async def test_the_numbers_of_one_organization_tell_nothing_of_another(world: World) -> None:
    one = await listed(world)
    other = await world.organization("other")
    await world.upload(other, company_list(*ROWS))
    await world.work()
    assert (await since(world, one, 0))[2] == (await since(world, other, 0))[2]


async def test_writers_of_one_organization_become_visible_in_the_order_of_their_numbers(
    own_world: World,
) -> None:
    member = await listed(own_world)
    seen = (await since(own_world, member, 0))[2]
    first_wrote, first_may_end = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with own_world.database.tenant(member.id) as session:
            await session.sql(
                "UPDATE account SET city = 'Ulm' WHERE org_id = $1 AND name = 'Kestrel'", member.id
            )
            first_wrote.set()
            await first_may_end.wait()

    async def second() -> None:
        await first_wrote.wait()
        await write(
            own_world, member, "UPDATE account SET city = 'Bonn' WHERE org_id = $1 AND domain = 'orchid.com'"
        )

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(first())
        later = tasks.create_task(second())
        await first_wrote.wait()
        await asyncio.wait([later], timeout=0.3)
        assert not later.done()
        assert (await since(own_world, member, seen))[2] == seen
        first_may_end.set()
    async with own_world.database.tenant(member.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT name, change FROM account WHERE change > $1 ORDER BY change", seen
        )
    assert [tuple(row) for row in rows] == [("Kestrel", seen + 1), ("Orchid Bakery", seen + 2)]


async def test_accounts_are_not_written_by_who_may_not_see_what_was_committed_meanwhile(
    own_world: World,
) -> None:
    member = await listed(own_world)
    async with own_world.database.tenant(member.id) as session:
        driver: asyncpg.Connection = await session.raw()
        await driver.execute("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ")
        await driver.execute(f"SET LOCAL app.org_id = '{member.id}'")
        with pytest.raises(asyncpg.RaiseError, match="read what is committed"):
            await driver.execute("UPDATE account SET city = 'Ulm'")
        await driver.execute("ROLLBACK; BEGIN")
