"""A database whose every session is a savepoint of one transaction that is never committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import ExceptionContext

from service.db.database import Database
from service.db.engine import Limits
from service.db.errors import TransactionAbortedError
from service.db.names import (
    DUTY_SETTING,
    INVITATION_SETTING,
    INVITER_SETTING,
    ORG_SETTING,
    PARTNERSHIP_SETTING,
    PERSON_SETTING,
)
from service.db.transactions import Lent, Settings, set_local

_FORGET = "; ".join(
    f"SET LOCAL {name} = ''"
    for name in (
        ORG_SETTING,
        PARTNERSHIP_SETTING,
        PERSON_SETTING,
        DUTY_SETTING,
        INVITATION_SETTING,
        INVITER_SETTING,
    )
)


def keep_open(context: ExceptionContext) -> None:
    """Have SQLAlchemy keep a connection whose statement was cancelled, as a time limit does on a busy machine.

    It would close it, and another would be taken from the pool; here every later test of the run needs this one.
    """
    if isinstance(context.original_exception, asyncio.CancelledError):
        context.is_disconnect = False


class SavepointDatabase(Database):
    """Sessions of all roles over one superuser's connection: each takes on its role with SET LOCAL ROLE.

    Policies, grants and the refusal of writes in a read-only session hold as they do in production, since PostgreSQL judges by
    the role that is set. What differs: sessions come one after the other (a second one in the same task is an error,
    one of another task waits), nobody else sees what they commit, now() stands still, nothing is notified, and a role's own
    settings (its time limits) don't apply. For those, and for workers, use a database of the test's own.
    """

    def __init__(self, lent: Lent) -> None:
        self._engines, self._limits = {}, Limits()
        self._brief_reads = asyncio.Semaphore()
        self._lent, self._driver = lent, lent.driver
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[object] | None = None

    @asynccontextmanager
    async def _transaction(
        self, role: str, settings: Settings, *, read_only: bool = False
    ) -> AsyncIterator[Lent]:
        if self._holder is asyncio.current_task():
            raise RuntimeError(
                "This test opens a session inside another: give it `own_database` instead of `db`."
            )
        async with self._turn:
            self._holder = asyncio.current_task()
            try:
                async with self._savepoint(role, settings, read_only=read_only):
                    yield self._lent
            finally:
                self._holder = None

    @asynccontextmanager
    async def _savepoint(self, role: str, settings: Settings, *, read_only: bool) -> AsyncIterator[None]:
        opening = [
            "SAVEPOINT session",
            f"SET LOCAL ROLE {role}",
            *(set_local(*setting) for setting in settings.items()),
        ]
        # Temporary tables would be dropped at the commit that never comes.
        closing = [_FORGET, "RESET ROLE", "DISCARD TEMP", "RELEASE SAVEPOINT session"]
        if read_only:
            opening.append("SET LOCAL transaction_read_only = on")
            closing.remove("DISCARD TEMP")
        try:
            await self._driver.execute("; ".join(opening))
            yield
            await self._driver.execute("; ".join(closing))
        except BaseException as error:
            await self._undo()
            if isinstance(error, asyncpg.InFailedSQLTransactionError):
                raise TransactionAbortedError from error
            raise

    async def _undo(self) -> None:
        undoing = "ROLLBACK TO SAVEPOINT session; RELEASE SAVEPOINT session"
        try:
            await self._driver.execute(undoing)
        except asyncpg.QueryCanceledError:  # meant for the statement before, which had ended
            await self._driver.execute(undoing)
