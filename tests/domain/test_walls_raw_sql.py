"""The second wall alone: raw SQL as the app's and the matcher's role, against every protected table that there is."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from service.db.database import Database
from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.transactions import Lent
from service.db.unscoped import UNSCOPED_TABLES
from tests.factories.trio import Trio, make_trio
from tests.factories.world import World, apart
from tests.support.roles import acting, attempt, duties, insert
from tests.support.tables import fingerprint, tables

OF_THE_MATCHER = {
    "decision",
    "decided_account",
    "partnership", "token_segment", "token_change", "match_run", "evidence_request", "overlap", "related_pair", "partnership_event",
    "pgqueuer", "pgqueuer_log",
}  # fmt: skip
"""All that the matcher's role may touch whole."""
OF_LINKS = {
    f"link_proposal.{column}"
    for column in (
        "partnership_id", "id", "org_id", "partner_org_id", "sent", "state", "ref", "other_ref", "actor_kind", "actor_id",
        "proposed_at", "answered_at",
    )
}  # fmt: skip
"""Of a proposal to link two accounts: not what they are called."""
OF_EPOCHS = {
    "partnership_side." + name
    for name in ("partnership_id", "next_statement", "next_signature", "next_confirm")
}
"""What it reads elsewhere: both sides' word on the epoch to come, which it puts in the present one's place."""


@pytest.fixture(scope="module")
async def staged(staged_world: World, shared_connection: Lent) -> Trio:
    return await make_trio(staged_world, shared_connection.driver)


@pytest.fixture
def trio(staged: Trio, db: Database, tmp_path: Path) -> Trio:
    return replace(staged, pair=apart(staged.pair, tmp_path))


@pytest.fixture
def world(trio: Trio) -> World:
    return trio.world


async def test_every_table_has_rows_of_others_to_hide(trio: Trio, superuser: asyncpg.Connection) -> None:
    for member in trio.outsiders:
        for table in trio.tables:
            count = await superuser.fetchval(
                f"SELECT count(*) FROM {table.quoted} WHERE NOT {table.of()}", member.id
            )
            assert count > 0, f"{table.name} has nothing to hide from {member.organization.handle}"


async def test_no_table_shows_a_row_of_another_organization(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    shown = {}
    for member in trio.members:
        for duty in duties():
            async with acting(superuser, APP_ROLE, org_id=member.id, **duty) as driver:
                for table in trio.tables:
                    statement = f"SELECT count(*) FROM {table.quoted} WHERE NOT {table.of()}"
                    if await attempt(driver, statement, member.id) not in {0, "InsufficientPrivilegeError"}:
                        shown[table.name, member.organization.handle, *duty.values()] = True
    assert not shown


async def test_the_app_sees_its_own_rows_so_that_the_silence_means_something(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    seen = set()
    for duty in duties():
        async with acting(superuser, APP_ROLE, org_id=trio.pair.left.id, **duty) as driver:
            for table in trio.tables:
                found = await attempt(driver, f"SELECT count(*) FROM {table.quoted}")
                if isinstance(found, int) and found:
                    seen.add(table.name)
    assert {table.name for table in trio.tables} - seen == {"match_run"}


@pytest.mark.parametrize("tenant", [None, ""])
async def test_without_a_tenant_nothing_is_seen(
    trio: Trio, superuser: asyncpg.Connection, tenant: str | None
) -> None:
    settings = {} if tenant is None else {"org_id": tenant, "partnership_id": tenant, "duty": tenant}
    for role in (APP_ROLE, MATCHER_ROLE):
        for duty in duties():
            async with acting(superuser, role, **settings | duty) as driver:
                for table in trio.tables:
                    found = await attempt(driver, f"SELECT count(*) FROM {table.quoted}")
                    assert found in {0, "InsufficientPrivilegeError"}, (table.name, role)


async def test_a_person_without_a_tenant_sees_what_names_them_and_nothing_else(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    of_people = [table for table in trio.tables if "person_id" in table.columns]
    person = await superuser.fetchval("SELECT person_id FROM membership WHERE org_id = $1", trio.pair.left.id)
    seen = 0
    for duty in duties():
        async with acting(superuser, APP_ROLE, person_id=person, **duty) as driver:
            for table in trio.tables:
                where = "WHERE person_id <> $1" if table in of_people else "WHERE $1::uuid IS NOT NULL"
                statement = f"SELECT count(*) FROM {table.quoted} {where}"
                assert await attempt(driver, statement, person) in {0, "InsufficientPrivilegeError"}, (
                    table.name
                )
            seen += await driver.fetchval("SELECT count(*) FROM membership")
    assert seen


async def test_the_matcher_sees_no_row_of_another_partnership(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    for own in (trio.pair.partnership, trio.other):
        async with acting(superuser, MATCHER_ROLE, partnership_id=own.id) as driver:
            for table in trio.tables:
                if table.name in OF_THE_MATCHER:
                    statement = f"SELECT count(*) FROM {table.quoted}"
                    assert await attempt(driver, statement) != 0, table.name
                    assert await attempt(driver, f"{statement} WHERE {table.partnership} <> $1", own.id) == 0


async def test_the_matcher_may_touch_no_account_person_or_key(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    touched = set()
    settings = {"org_id": trio.pair.left.id, "partnership_id": trio.pair.partnership.id}
    for duty in duties():
        async with acting(superuser, MATCHER_ROLE, **settings | duty) as driver:
            for table in await tables(driver):
                for column in table.columns:
                    if (
                        await attempt(driver, f'SELECT count("{column}") FROM {table.quoted}')
                        != "InsufficientPrivilegeError"
                    ):
                        touched.add(table.name if table.name in OF_THE_MATCHER else f"{table.name}.{column}")
    assert touched <= OF_THE_MATCHER | OF_EPOCHS | OF_LINKS


async def test_nobody_writes_a_row_of_another_organization(trio: Trio, superuser: asyncpg.Connection) -> None:
    """Every row that isn't one's own, written again as it stands, moved to oneself, and deleted."""
    left = trio.pair.left.id
    before = await fingerprint(superuser, trio.tables, left)
    for duty in duties():
        for table in trio.tables:
            row = await superuser.fetchval(
                f"SELECT to_jsonb(t)::text FROM {table.quoted} t WHERE NOT {table.of()} LIMIT 1", left
            )
            async with acting(superuser, APP_ROLE, org_id=left, **duty) as driver:
                assert await insert(driver, table, row) == "InsufficientPrivilegeError", table.name
                for statement in (
                    f"UPDATE {table.quoted} SET {table.owners[0]} = $1 WHERE NOT {table.of()}",
                    f"DELETE FROM {table.quoted} WHERE NOT {table.of()}",
                ):
                    found = await attempt(driver, statement, left)
                    assert found in {0, "InsufficientPrivilegeError"}, (table.name, statement)
                assert await fingerprint_as_superuser(driver, trio, left) == before


async def test_nobody_gives_a_row_of_ones_own_away(trio: Trio, superuser: asyncpg.Connection) -> None:
    """Moving all that one owns to an organization that has nothing to do with it is refused, or touches nothing."""
    left, third = trio.pair.left.id, trio.third.id
    for duty in duties():
        async with acting(superuser, APP_ROLE, org_id=left, **duty) as driver:
            for table in trio.tables:
                for column in table.owners:
                    if column not in table.computed:
                        found = await attempt(driver, f"UPDATE {table.quoted} SET {column} = $1", third)
                        assert found == 0 or isinstance(found, str), (table.name, column, duty)


async def fingerprint_as_superuser(driver: asyncpg.Connection, trio: Trio, org_id: UUID) -> dict[str, str]:
    role = await driver.fetchval("SELECT current_user")
    await driver.execute("SET LOCAL ROLE NONE")
    try:
        return await fingerprint(driver, trio.tables, org_id)
    finally:
        await driver.execute(f"SET LOCAL ROLE {role}")


async def test_tables_without_a_tenant_are_those_of_the_list(superuser: asyncpg.Connection) -> None:
    assert {table.name for table in await tables(superuser) if not table.protected} == set(UNSCOPED_TABLES)
