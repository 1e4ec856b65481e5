"""A third organization can neither write into a partnership nor be named in one: raw SQL with its own tenant set."""

import json
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from service.db.database import Database
from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.transactions import Lent
from tests.factories.trio import Trio, make_trio
from tests.factories.world import World, apart
from tests.support.roles import acting, attempt, duties, insert
from tests.support.tables import Table

OF_ONE_TENANT = {"account_reference": "one's own note on one's own account: nobody else reads it"}
"""Tables that carry a partnership and belong to one organization alone: a row of one's own names whatever partnership it likes."""

BY_THE_MATCHER_ALONE = {"overlap", "partnership_event", "related_pair"}
"""Written by tens of thousands in the partnership's turn to match, whose row gives them its sides: without a foreign key."""


@pytest.fixture(scope="module")
async def staged(staged_world: World, shared_connection: Lent) -> Trio:
    return await make_trio(staged_world, shared_connection.driver)


@pytest.fixture
def trio(staged: Trio, db: Database, tmp_path: Path) -> Trio:
    return replace(staged, pair=apart(staged.pair, tmp_path))


@pytest.fixture
def world(trio: Trio) -> World:
    return trio.world


async def row_of_the_pair(driver: asyncpg.Connection, trio: Trio, table: Table) -> str:
    """A row of the left side's in its partnership with the right one, as JSON."""
    found: str | None = await driver.fetchval(
        f"SELECT to_jsonb(t)::text FROM {table.quoted} t WHERE {table.partnership} = $1 AND {table.of('$2')} LIMIT 1",
        trio.pair.partnership.id,
        trio.pair.left.id,
    )
    assert found is not None, table.name
    return found


async def test_a_third_organization_writes_nothing_into_a_pair(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    """As it stands, and in the place of either side."""
    third, written = str(trio.third.id), set()
    for table in filter(lambda t: t.is_of_a_pair, trio.tables):
        row = await row_of_the_pair(superuser, trio, table)
        for duty in duties():
            async with acting(superuser, APP_ROLE, org_id=third, **duty) as driver:
                for side in ("", str(trio.pair.left.id), str(trio.pair.right.id)):
                    if await insert(driver, table, row.replace(side, third) if side else row) == 1:
                        written.add(table.name)
    assert written == set(OF_ONE_TENANT)


async def test_no_side_names_a_third_organization_in_its_pair(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    """Neither by a new row, nor by changing one, in any column that names an organization."""
    left, third = trio.pair.left, str(trio.third.id)
    written = set()
    for table in filter(lambda t: t.is_of_a_pair and t.name not in OF_ONE_TENANT, trio.tables):
        row = json.loads(await row_of_the_pair(superuser, trio, table))
        for duty in duties():
            async with acting(superuser, APP_ROLE, org_id=left.id, **duty) as driver:
                for column in (c for c in table.owners if c not in table.computed):
                    named = json.dumps(row | {column: third})
                    changing = f"UPDATE {table.quoted} SET {column} = $1 WHERE {table.partnership} = $2"
                    changed = await attempt(driver, changing, third, trio.pair.partnership.id)
                    if await insert(driver, table, named) == 1 or changed not in {
                        0,
                        "InsufficientPrivilegeError",
                        "ForeignKeyViolationError",
                        "CheckViolationError",
                    }:
                        written.add((table.name, column))
    assert not written


async def test_the_matcher_writes_into_its_own_partnership_alone(
    trio: Trio, superuser: asyncpg.Connection
) -> None:
    for table in filter(lambda t: t.is_of_a_pair, trio.tables):
        row = await row_of_the_pair(superuser, trio, table)
        async with acting(superuser, MATCHER_ROLE, partnership_id=trio.other.id) as driver:
            assert isinstance(await insert(driver, table, row), str), table.name
            moved = row.replace(str(trio.pair.partnership.id), str(trio.other.id))
            if table.name not in BY_THE_MATCHER_ALONE:
                assert isinstance(await insert(driver, table, moved), str), table.name


async def test_no_row_refers_to_a_row_of_another_tenant(trio: Trio, superuser: asyncpg.Connection) -> None:
    """Each foreign key, past every policy: what a row names is moved to what another organization has."""
    keys = await superuser.fetch(
        """
        SELECT k.conname, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent,
               array_agg(a.attname::text ORDER BY n) AS columns, array_agg(b.attname::text ORDER BY n) AS named
          FROM pg_constraint k CROSS JOIN unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (mine, theirs, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = mine
          JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = theirs
         WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace GROUP BY k.oid
        """
    )
    by_name = {table.name: table for table in trio.tables}
    followed = set()
    for key in keys:
        if key["parent"] not in by_name or key["child"] not in by_name:
            continue
        child, parent = by_name[key["child"]], by_name[key["parent"]]
        first = key["columns"][0], key["named"][0]
        for column, named in list(zip(key["columns"], key["named"], strict=True))[1:]:
            row = await superuser.fetchrow(
                f"SELECT ctid::text, {first[0]} FROM {child.quoted} WHERE {child.of()} LIMIT 1",
                trio.pair.left.id,
            )
            elsewhere = f"""
                SELECT {named} FROM {parent.quoted} WHERE {first[1]} <> $1
                EXCEPT SELECT {named} FROM {parent.quoted} WHERE {first[1]} = $1 LIMIT 1
            """
            foreign = await superuser.fetchval(elsewhere, row[1])
            moving = f"UPDATE {child.quoted} SET {column} = $2 WHERE ctid = $1::text::tid"
            found = await attempt(superuser, moving, row[0], foreign)
            if found not in {"ForeignKeyViolationError", "CheckViolationError", "GeneratedAlwaysError"}:
                followed.add((key["conname"], column, found))
    assert not followed
