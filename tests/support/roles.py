"""Raw SQL in a role of the service, inside the transaction of a test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from service.db.names import Duty
from tests.support.tables import Table

REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.GeneratedAlwaysError,
)


@asynccontextmanager
async def acting(
    driver: asyncpg.Connection, role: str, **settings: UUID | str
) -> AsyncIterator[asyncpg.Connection]:
    """Take on a role with these settings (`org_id`, `partnership_id`, `duty`); nothing of it stays."""
    await driver.execute(f"SAVEPOINT acting; SET LOCAL ROLE {role}")
    for name, value in settings.items():
        await driver.execute(f"SET LOCAL app.{name} = '{value}'")
    try:
        yield driver
    finally:
        await driver.execute("ROLLBACK TO SAVEPOINT acting; RELEASE SAVEPOINT acting")


async def attempt(driver: asyncpg.Connection, statement: str, *values: object) -> int | str:
    """How many rows a statement counted or touched, or the name of the error that refused it. What it wrote doesn't stay."""
    await driver.execute("SAVEPOINT attempt")
    try:
        if statement.startswith("SELECT"):
            return int(await driver.fetchval(statement, *values))
        return int((await driver.execute(statement, *values)).rpartition(" ")[2])
    except REFUSED as error:
        return type(error).__name__
    finally:
        await driver.execute("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")


async def insert(driver: asyncpg.Connection, table: Table, row: str) -> int | str:
    """Insert a row given as JSON, as `attempt` does."""
    columns = ", ".join(f'"{column}"' for column in table.writable)
    return await attempt(
        driver,
        f"INSERT INTO {table.quoted} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table.quoted}, $1::text::jsonb)",
        row,
    )


def duties() -> Iterator[dict[str, str]]:
    """No duty, then each that a job may have."""
    yield {}
    yield from ({"duty": duty.value} for duty in Duty)
