"""Tell a database that is away from a statement that is wrong.

A server that stops, restarts or dies shows itself as exceptions of three unrelated hierarchies (asyncpg's PostgresError,
asyncpg's InterfaceError and InternalClientError, Python's OSError and TimeoutError), some wrapped by SQLAlchemy.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.db.errors import DatabaseFullError, DatabaseRefusedError, DatabaseUnavailable

_AWAY_CLASSES = ("08", "57P", "53")
"""SQLSTATEs: connection exceptions; shutdown, crash, not yet accepting connections, the database dropped; too many connections, no
room on the disk."""

_FULL = "53100"
"""The one among them that lasts until somebody makes room."""

_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Say "the connection is gone" where it is gone, and "you misuse me" where it isn't."""


def is_away(error: BaseException, *, closed: bool) -> bool:
    """Whether `error`, raised by a call to the database, means that the database is away.

    `closed`: the connection is closed, or never came about.
    """
    return any(_says_away(one, closed=closed) for one in _chain(error))


def away(error: BaseException, *, committing: bool = False) -> DatabaseUnavailable:
    """What an error that `is_away` is to be raised as."""
    if any(getattr(one, "sqlstate", None) == _FULL for one in _chain(error)):
        return DatabaseFullError()
    return DatabaseUnavailable(outcome_unknown=committing)


@contextmanager
def connecting() -> Iterator[None]:
    """Translate what opening or taking a connection raises. DatabaseUnavailable, DatabaseRefusedError."""
    try:
        yield
    except DatabaseUnavailable:
        raise
    except ValueError as error:
        # asyncpg's own for an address, though one of its InterfaceErrors too; its words may hold a password.
        raise DatabaseRefusedError("the address can't be read") from error
    except Exception as error:
        if isinstance(error, PoolTimeoutError):
            raise DatabaseUnavailable(
                "All connections to the database are in use; try again shortly."
            ) from error
        if is_away(error, closed=True):
            raise away(error) from error
        if isinstance(error, asyncpg.PostgresError):
            raise DatabaseRefusedError(str(error.args[0]), sqlstate=error.sqlstate) from error
        raise


@contextmanager
def calling(connection: asyncpg.Connection, *, committing: bool = False) -> Iterator[None]:
    """Translate what a call on an open connection raises. DatabaseUnavailable, DatabaseFullError."""
    try:
        yield
    except Exception as error:
        if is_away(error, closed=connection.is_closed()):
            raise away(error, committing=committing) from error
        raise


def _says_away(error: BaseException, *, closed: bool) -> bool:
    if isinstance(error, DatabaseUnavailable | TimeoutError | PoolTimeoutError):
        return True
    if isinstance(error, _LOST):
        return closed
    sqlstate = getattr(error, "sqlstate", None)
    return isinstance(sqlstate, str) and sqlstate.startswith(_AWAY_CLASSES)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "orig", None) or seen.__cause__
