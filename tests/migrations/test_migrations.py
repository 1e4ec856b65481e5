"""The schema goes up, down and up again, describes what the models do, and two starts at once take turns."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from service.db import migrate
from service.db.errors import RolesMissingError, SchemaBehindError, SchemaDriftError
from service.db.revisions import is_newest, known_revisions, migrations_folder, require_current
from tests.support.servers import OwnDatabase

SCHEMA = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS initial
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT tablename, policyname, cmd, true, concat_ws(' / ', roles::text, qual, with_check) FROM pg_policies WHERE schemaname = 'public'
UNION ALL SELECT table_name, grantee, privilege_type, true, NULL FROM information_schema.role_table_grants WHERE table_schema = 'public'
UNION ALL SELECT conrelid::regclass::text, conname, contype::text, true, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 5
"""


@pytest.fixture
async def admin(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    driver = await asyncpg.connect(own_database.urls.admin)
    yield driver
    await driver.close()


async def test_models_and_migrations_agree(own_database: OwnDatabase) -> None:
    await migrate.check(own_database.urls.migrator)


async def test_column_that_no_migration_made_is_drift(
    own_database: OwnDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute("CREATE TABLE stray (id int)")
    with pytest.raises(SchemaDriftError, match="stray"):
        await migrate.check(own_database.urls.migrator)


async def test_down_to_nothing_and_up_again_gives_the_same_schema(
    own_database: OwnDatabase, admin: asyncpg.Connection
) -> None:
    before = await admin.fetch(SCHEMA)
    await migrate.downgrade(own_database.urls.migrator, "base")
    left = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')"
    )
    assert [row["relname"] for row in left] == ["alembic_version"]
    types = await admin.fetchval(
        "SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"
    )
    assert types == 0
    await migrate.upgrade(own_database.urls.migrator)
    assert await admin.fetch(SCHEMA) == before


async def test_two_starts_at_once_take_turns(own_database: OwnDatabase, admin: asyncpg.Connection) -> None:
    url = own_database.urls.migrator
    await migrate.downgrade(url, "base")
    await asyncio.gather(migrate.upgrade(url), migrate.upgrade(url))
    await require_current(own_database.urls.app)


@pytest.mark.parametrize("revision", ["-1", "base"])
async def test_schema_behind_this_version_is_named(own_database: OwnDatabase, revision: str) -> None:
    await require_current(own_database.urls.app)
    await migrate.downgrade(own_database.urls.migrator, revision)
    with pytest.raises(SchemaBehindError, match="commonground migrate"):
        await require_current(own_database.urls.app)


async def test_schema_ahead_of_this_version_is_served(
    own_database: OwnDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute("UPDATE alembic_version SET version_num = '20991231_2359'")
    await require_current(own_database.urls.app)


async def test_server_without_roles_is_told_how_to_get_them(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "MATCHER_ROLE", "commonground_never_made")
    with pytest.raises(RolesMissingError, match=r"commonground_never_made.*--create-roles"):
        await migrate.upgrade(own_database.urls.migrator)


async def test_schema_is_the_newest_until_a_migration_is_missing(own_database: OwnDatabase) -> None:
    assert await is_newest(own_database.urls.migrator)
    await migrate.downgrade(own_database.urls.migrator, "-1")
    assert not await is_newest(own_database.urls.migrator)
    await migrate.downgrade(own_database.urls.migrator, "base")
    assert not await is_newest(own_database.urls.migrator)


def test_revisions_are_those_that_alembic_reads() -> None:
    scripts = ScriptDirectory(str(migrations_folder()))
    assert known_revisions() == [script.revision for script in scripts.walk_revisions()]


def test_migrations_are_found_in_the_checkout() -> None:
    assert (migrations_folder() / "env.py").is_file()
    assert migrations_folder().parent == Path(migrate.__file__).parents[2]


def test_each_migration_is_named_by_its_moment() -> None:
    names = sorted(path.name for path in (migrations_folder() / "versions").glob("*.py"))
    assert names
    for name in names:
        day, time, _ = name.split("_", 2)
        assert (len(day), len(time)) == (8, 4)
        assert day.isdigit()
        assert time.isdigit()
