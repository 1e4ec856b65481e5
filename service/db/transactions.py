"""One transaction on one connection: opened with one message, ended with one, given back whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cached_property
from uuid import UUID

import asyncpg
from sqlalchemy import Connection, PoolProxiedConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from service.db.errors import DatabaseUnavailable, TransactionAbortedError
from service.db.faults import away, calling, connecting, is_away
from service.db.names import Duty

Settings = Mapping[str, UUID | Duty]
_ROLLBACK_SECONDS = 5.0


class Lent:
    """A connection of the pool for one transaction: asyncpg's own, and SQLAlchemy's over it when that is asked for.

    Making SQLAlchemy's costs more than a short statement, and reads that go by asyncpg alone do without.
    """

    def __init__(
        self, engine: AsyncEngine, proxied: PoolProxiedConnection, driver: asyncpg.Connection
    ) -> None:
        self._engine, self._proxied, self.driver = engine, proxied, driver

    @cached_property
    def connection(self) -> AsyncConnection:
        return AsyncConnection(self._engine, Connection(self._engine.sync_engine, connection=self._proxied))

    def give_back(self) -> None:
        """Into the pool, or away where the server has closed it. Waits for nothing: the pool resets nothing."""
        if self.driver.is_closed():
            with suppress(Exception):
                self._proxied.invalidate()
        self._proxied.close()


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, settings: Settings, *, read_only: bool = False
) -> AsyncIterator[Lent]:
    """Open a transaction with these settings; commit at the end, roll back if an error leaves the block."""
    lent = await take(engine)
    committed = False
    try:
        with calling(lent.driver):
            await lent.driver.execute(begin(settings, read_only=read_only))
        with _using(lent.driver):
            yield lent
        await _commit(lent.driver)
        committed = True
    finally:
        if committed:
            lent.give_back()
        else:
            # Shielded: a request that is cancelled here must not put a half-ended transaction back into the pool.
            await asyncio.shield(asyncio.ensure_future(_undo(lent)))


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


async def take(engine: AsyncEngine) -> Lent:
    """Take a connection, to be given back by its `give_back`. DatabaseUnavailable."""
    with connecting():
        proxied = await engine.raw_connection()
        return Lent(engine, proxied, proxied.driver_connection)


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
            raise away(error) from error
        raise


async def _commit(driver: asyncpg.Connection) -> None:
    """Commit, and forget every setting first, so that none reaches the connection's next user."""
    try:
        with calling(driver, committing=True):
            await driver.execute("RESET ALL; COMMIT")
    except asyncpg.InFailedSQLTransactionError as error:
        raise TransactionAbortedError from error


async def _undo(lent: Lent) -> None:
    # Not `is_in_transaction()`: whoever is cancelled while BEGIN is under way leaves a driver that doesn't know of it yet, and the next
    # user would find itself in that transaction, as its tenant.
    if not lent.driver.is_closed():
        try:
            await lent.driver.execute("ROLLBACK; RESET ALL", timeout=_ROLLBACK_SECONDS)
        except Exception:  # noqa: BLE001 - whatever it was, this connection can't be trusted again
            lent.driver.terminate()
    lent.give_back()
