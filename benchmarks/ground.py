"""An embedded PostgreSQL of the benchmark's own, and a fresh database for each run: ours and the baseline's on one server."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from service.db import migrate
from service.db.database import Database
from service.db.embedded import EmbeddedServer, Urls
from service.db.engine import JOB_LIMITS
from service.db.roles import Passwords, create_roles

SETTINGS = (
    "server_version",
    "shared_buffers",
    "fsync",
    "synchronous_commit",
    "max_wal_size",
    "work_mem",
    "jit",
)


@contextmanager
def server() -> Iterator[EmbeddedServer]:
    """The server with the settings that the service starts it with."""
    with tempfile.TemporaryDirectory(prefix="cg-bench-") as folder:
        Path(folder).chmod(0o755)  # as root the server's own user must get through
        with EmbeddedServer(Path(folder)) as started:
            yield started


@asynccontextmanager
async def fresh_database(started: EmbeddedServer, name: str) -> AsyncIterator[Urls]:
    """A migrated database, dropped at the end."""
    urls = started.urls(name)
    await create_roles(started.urls("postgres").admin, Passwords(), database=name)
    await migrate.upgrade(urls.migrator)
    try:
        yield urls
    finally:
        await run_sql(started, f"DROP DATABASE {name} WITH (FORCE)", "CHECKPOINT")


@asynccontextmanager
async def service_database(started: EmbeddedServer, name: str) -> AsyncIterator[Database]:
    """The same as the service's own roles see it."""
    async with (
        fresh_database(started, name) as urls,
        Database(
            app_url=urls.app, matcher_url=urls.matcher, limits=JOB_LIMITS, application="benchmark"
        ) as database,
    ):
        yield database


async def run_sql(started: EmbeddedServer, *statements: str) -> None:
    connection = await asyncpg.connect(started.urls("postgres").admin)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def settings_of(started: EmbeddedServer) -> dict[str, str]:
    async def show() -> dict[str, str]:
        connection = await asyncpg.connect(started.urls("postgres").admin)
        try:
            return {name: await connection.fetchval(f"SHOW {name}") for name in SETTINGS}
        finally:
            await connection.close()

    return asyncio.run(show())
