"""Databases for tests: one server a run, a migrated template, copies of it."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy import URL, make_url

from service.db import migrate
from service.db.database import Database
from service.db.embedded import EmbeddedServer, Urls
from service.db.engine import Limits
from service.db.names import APP_ROLE, MATCHER_ROLE, MIGRATOR_ROLE
from service.db.roles import Passwords, create_roles

TEST_LIMITS = Limits(connections=4)

_FORGETFUL = ("fsync", "synchronous_commit", "full_page_writes")
"""What makes commits survive a power cut; nothing that a test makes needs to."""


@dataclass(frozen=True)
class TestServer:
    """A running server: its superuser's address and the password of the three roles."""

    __test__ = False

    admin: str
    password: str

    def urls(self, database: str) -> Urls:
        return Urls(
            admin=self._url(database),
            migrator=self._url(database, MIGRATOR_ROLE),
            app=self._url(database, APP_ROLE),
            matcher=self._url(database, MATCHER_ROLE),
        )

    def _url(self, database: str, user: str | None = None) -> str:
        url: URL = make_url(self.admin).set(database=database)
        if user is not None:
            url = url.set(username=user, password=self.password)
        return url.render_as_string(hide_password=False)

    async def execute(self, *statements: str) -> None:
        """Run statements as the superuser, each by itself."""
        await self._execute(self.admin, *statements)

    async def execute_in(self, database: str, *statements: str) -> None:
        """The same in this database."""
        await self._execute(self._url(database), *statements)

    @staticmethod
    async def _execute(url: str, *statements: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def embedded_server() -> Iterator[TestServer]:
    """Start a server of our own in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="commonground-test-") as folder:
        Path(folder).chmod(0o755)  # as root the server's own user must get through
        with EmbeddedServer(Path(folder)) as server:
            started = TestServer(server.urls("postgres").admin, secrets.token_hex(8))
            asyncio.run(_forget(started))
            yield started


async def _forget(server: TestServer) -> None:
    settings = [f"ALTER SYSTEM SET {setting} = off" for setting in _FORGETFUL]
    await server.execute(*settings, "SELECT pg_reload_conf()")


async def make_template(server: TestServer) -> str:
    """Make roles and a migrated database on `server`; give the database's name."""
    name = f"commonground_template_{secrets.token_hex(4)}"
    passwords = Passwords(migrator=server.password, app=server.password, matcher=server.password)
    await create_roles(server.admin, passwords, database=name)
    await migrate.upgrade(server.urls(name).migrator)
    return name


@dataclass(frozen=True)
class OwnDatabase:
    """A database that nobody else uses."""

    urls: Urls
    database: Database

    @property
    def name(self) -> str:
        return str(make_url(self.urls.app).database)

    @property
    def ending(self) -> str:
        """The statement by which the server ends every connection to it."""
        return f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{self.name}'"

    def environment(self) -> dict[str, str]:
        """Give the variables that point a process at this database."""
        return {
            "DATABASE_URL": self.urls.app,
            "MATCHER_DATABASE_URL": self.urls.matcher,
            "MIGRATOR_DATABASE_URL": self.urls.migrator,
        }


@asynccontextmanager
async def copy_of(server: TestServer, template: str) -> AsyncIterator[OwnDatabase]:
    """Copy `template` and drop the copy at the end."""
    name = f"commonground_test_{secrets.token_hex(4)}"
    await server.execute(
        f"CREATE DATABASE {name} TEMPLATE {template} OWNER {MIGRATOR_ROLE}",
        # Rights on a database, unlike those on what is in it, aren't copied.
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {APP_ROLE}, {MATCHER_ROLE}",
    )
    urls = server.urls(name)
    try:
        async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=TEST_LIMITS) as database:
            yield OwnDatabase(urls, database)
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
