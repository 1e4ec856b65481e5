"""The start refuses whatever row-level security would not bind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from service.db import migrate
from service.db.database import Database
from service.db.errors import UnsafeDatabaseError
from service.db.roles import ROLE_SETTINGS, Passwords, create_roles
from service.db.safety import version_is_safe
from tests.support.servers import OwnDatabase, TestServer


@asynccontextmanager
async def database_as(url: str, matcher_url: str) -> AsyncIterator[Database]:
    async with Database(app_url=url, matcher_url=matcher_url) as database:
        yield database


@pytest.mark.parametrize(
    ("number", "safe"),
    [
        (140019, False),
        (150013, False),
        (150014, True),
        (160009, False),
        (160010, True),
        (170005, False),
        (170006, True),
        (180000, True),
        (190001, True),
    ],
)
def test_versions_that_leak_statistics_are_refused(number: int, safe: bool) -> None:  # noqa: FBT001 - a column of the table
    assert version_is_safe(number) is safe


async def test_the_roles_that_we_make_are_safe(own_database: OwnDatabase) -> None:
    await own_database.database.verify()


async def test_superuser_is_refused(own_database: OwnDatabase) -> None:
    async with database_as(own_database.urls.admin, own_database.urls.matcher) as database:
        with pytest.raises(UnsafeDatabaseError, match="is a superuser"):
            await database.verify()


async def test_owner_of_the_tables_is_refused_as_app_and_as_matcher(own_database: OwnDatabase) -> None:
    urls = own_database.urls
    for app, matcher in ((urls.migrator, urls.matcher), (urls.app, urls.migrator)):
        async with database_as(app, matcher) as database:
            with pytest.raises(UnsafeDatabaseError, match="owns the table"):
                await database.verify()


@pytest.mark.parametrize(
    ("making", "fault"),
    [
        ("CREATE ROLE {0} LOGIN BYPASSRLS", "has BYPASSRLS"),
        ("CREATE ROLE {0} LOGIN CREATEROLE", "may create roles"),
        ("CREATE ROLE {0} LOGIN IN ROLE commonground_migrator", "owns the table"),
        ("CREATE ROLE {0} LOGIN REPLICATION", "may copy the whole server"),
        ("CREATE ROLE {0} LOGIN IN ROLE postgres", "may become 'postgres'"),
    ],
)
async def test_role_past_the_policies_is_refused(
    own_database: OwnDatabase, server: TestServer, making: str, fault: str
) -> None:
    role, urls = "commonground_test_unsafe", own_database.urls
    await server.execute(
        f"DROP ROLE IF EXISTS {role}", making.format(role), f"ALTER ROLE {role} PASSWORD '{server.password}'"
    )
    admin = await asyncpg.connect(urls.admin)
    await admin.execute(
        f"GRANT CONNECT ON DATABASE {await admin.fetchval('SELECT current_database()')} TO {role}"
    )
    try:
        async with database_as(urls.app.replace("commonground_app", role), urls.matcher) as database:
            with pytest.raises(UnsafeDatabaseError, match=fault):
                await database.verify()
    finally:
        await admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await admin.close()


async def test_the_matchers_address_may_not_be_that_of_a_role_that_reads_accounts(
    own_database: OwnDatabase,
) -> None:
    urls = own_database.urls
    async with database_as(urls.app, urls.app) as database:
        with pytest.raises(UnsafeDatabaseError, match=r"MATCHER_DATABASE_URL may read the table 'account'"):
            await database.verify()


@pytest.mark.parametrize(
    ("role", "fault"),
    [
        ("admin", "is a superuser and has BYPASSRLS"),
        ("app", "serves requests"),
        ("matcher", "serves requests or matches"),
    ],
)
async def test_migrations_refuse_a_role_that_policies_do_not_bind_or_that_serves(
    own_database: OwnDatabase, role: str, fault: str
) -> None:
    with pytest.raises(UnsafeDatabaseError, match=fault):
        await migrate.upgrade(getattr(own_database.urls, role))


async def test_app_and_matcher_can_make_no_table_and_own_nothing(own_database: OwnDatabase) -> None:
    for url in (own_database.urls.app, own_database.urls.matcher):
        driver = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await driver.execute("CREATE TABLE mine (a int)")
        await driver.close()


async def test_roles_carry_their_time_limits(own_database: OwnDatabase) -> None:
    driver = await asyncpg.connect(own_database.urls.app)
    for setting, value in ROLE_SETTINGS["commonground_app"].items():
        assert await driver.fetchval(f"SHOW {setting}") == value
    await driver.close()


async def test_making_roles_again_changes_only_what_differs(
    own_database: OwnDatabase, server: TestServer
) -> None:
    admin = await asyncpg.connect(own_database.urls.admin)
    database = await admin.fetchval("SELECT current_database()")
    await admin.execute("ALTER ROLE commonground_app CREATEDB")
    await create_roles(
        server.admin, Passwords(server.password, server.password, server.password), database=database
    )
    assert not await admin.fetchval("SELECT rolcreatedb FROM pg_roles WHERE rolname = 'commonground_app'")
    await admin.close()
    await own_database.database.verify()


async def test_password_with_quotes_is_taken_as_it_is(own_database: OwnDatabase, server: TestServer) -> None:
    admin = await asyncpg.connect(own_database.urls.admin)
    database = await admin.fetchval("SELECT current_database()")
    await create_roles(server.admin, Passwords(app='it\'s a \\ "quote"'), database=database)
    assert await admin.fetchval(
        "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'commonground_app'"
    )
    await create_roles(server.admin, Passwords(app=server.password), database=database)
    await admin.close()
