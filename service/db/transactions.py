"""One transaction on one connection: opened with one message, ended with one, given back whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from service.db.errors import DatabaseUnavailable, TransactionAbortedError
from service.db.faults import calling, connecting, is_away
from service.db.names import Duty

Settings = Mapping[str, UUID | Duty]
Opened = tuple[AsyncConnection, asyncpg.Connection]

_ROLLBACK_SECONDS = 5.0


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, settings: Settings, *, read_only: bool = False
) -> AsyncIterator[Opened]:
    """Open a transaction with these settings; commit at the end, roll back if an error leaves the block."""
    connection, driver = await _take(engine)
    committed = False
    try:
        with calling(driver):
            await driver.execute(begin(settings, read_only=read_only))
        with _using(driver):
            yield connection, driver
        await _commit(driver)
        committed = True
    finally:
        # Shielded: a request that is cancelled here must not put a half-ended transaction back into the pool.
        await asyncio.shield(asyncio.ensure_future(_give_back(connection, driver, ended=committed)))


def begin(settings: Settings, *, read_only: bool) -> str:
    """Write the message that opens a transaction: one round trip whatever it sets."""
    # Several reads of one request should see one state; a read-only transaction never fails for that.
    mode = " ISOLATION LEVEL REPEATABLE READ, READ ONLY" if read_only else ""
    return "; ".join([f"BEGIN{mode}", *(set_local(name, value) for name, value in settings.items())])


def set_local(name: str, value: UUID | Duty) -> str:
    """Write a literal SET LOCAL; the two types leave no room for a quote."""
    if not isinstance(value, UUID | Duty):
        raise TypeError(f"{name} takes a UUID or a Duty, not {type(value).__name__}")
    return f"SET LOCAL {name} = '{value}'"


async def _take(engine: AsyncEngine) -> Opened:
    with connecting():
        connection = await engine.connect()
        return connection, (await connection.get_raw_connection()).driver_connection


@contextmanager
def _using(driver: asyncpg.Connection) -> Iterator[None]:
    """Translate what COPY and other direct uses of the connection raise.

    A TimeoutError or OSError of the caller's own says nothing about the database while the connection stands.
    """
    try:
        yield
    except DatabaseUnavailable:
        raise
    except Exception as error:
        closed = driver.is_closed()
        if is_away(error, closed=closed) and (closed or not isinstance(error, TimeoutError)):
            raise DatabaseUnavailable from error
        raise


async def _commit(driver: asyncpg.Connection) -> None:
    """Commit, and forget every setting first, so that none reaches the connection's next user."""
    try:
        with calling(driver, committing=True):
            await driver.execute("RESET ALL; COMMIT")
    except asyncpg.InFailedSQLTransactionError as error:
        raise TransactionAbortedError from error


async def _give_back(connection: AsyncConnection, driver: asyncpg.Connection, *, ended: bool) -> None:
    # Not `is_in_transaction()`: whoever is cancelled while BEGIN is under way leaves a driver that doesn't know of it yet, and the next
    # user would find itself in that transaction, as its tenant.
    if not ended and not driver.is_closed():
        try:
            await driver.execute("ROLLBACK; RESET ALL", timeout=_ROLLBACK_SECONDS)
        except Exception:  # noqa: BLE001 - whatever it was, this connection can't be trusted again
            driver.terminate()
    if driver.is_closed():
        with suppress(Exception):
            await connection.invalidate()
    await connection.close()
