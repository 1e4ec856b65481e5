"""How many statements this process sends to the database, whichever way they go."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import Engine, event

_METHODS = ("fetch", "fetchrow", "fetchval", "execute", "executemany")


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The list fills until the block ends; a statement for many rows at once counts once."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    kept = {name: getattr(asyncpg.Connection, name) for name in _METHODS}
    event.listen(Engine, "before_cursor_execute", listen)
    for name, method in kept.items():
        setattr(asyncpg.Connection, name, _noting(method, sent))
    try:
        yield sent
    finally:
        for name, method in kept.items():
            setattr(asyncpg.Connection, name, method)
        event.remove(Engine, "before_cursor_execute", listen)


def _noting(method: Callable[..., Any], sent: list[str]) -> Callable[..., Any]:
    def call(connection: asyncpg.Connection, statement: str, *values: Any, **options: Any) -> Any:
        sent.append(statement)
        return method(connection, statement, *values, **options)

    return call
