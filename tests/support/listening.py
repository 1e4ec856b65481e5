"""Every statement that this process sends to the database, whichever way it goes.

All SQL of the service reaches the driver in one of two ways: through SQLAlchemy (ORM, Core and `session.sql`) or through asyncpg's own
connection (`session.raw`). Both are listened to here, whatever room the statement comes from.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import Engine, event

CALLS: Final = ("fetch", "fetchrow", "fetchval", "execute", "executemany")
"""What asyncpg's connection runs SQL by."""
TAKING_SQL: Final = (*CALLS, "copy_from_query", "prepare", "cursor")
"""And what else it takes SQL by; SQLAlchemy's own statements go through some of it once more."""


@contextmanager
def each_statement(heard: Callable[[str], str], methods: tuple[str, ...] = CALLS) -> Iterator[None]:
    """Until the block ends, what `heard` gives for a statement is sent in its place."""

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return heard(statement), parameters

    event.listen(Engine, "before_cursor_execute", listen, retval=True)
    kept = {name: getattr(asyncpg.Connection, name) for name in methods}
    for name, method in kept.items():
        setattr(asyncpg.Connection, name, _hearing(method, heard))
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(asyncpg.Connection, name, method)
        event.remove(Engine, "before_cursor_execute", listen)


def _hearing(method: Callable[..., Any], heard: Callable[[str], str]) -> Callable[..., Any]:
    def call(connection: asyncpg.Connection, statement: str, *values: Any, **options: Any) -> Any:
        return method(connection, heard(statement), *values, **options)

    return call
