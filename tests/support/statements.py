"""How many statements this process sends to the database, whichever way they go."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.listening import each_statement


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The list fills until the block ends; a statement for many rows at once counts once."""
    sent: list[str] = []

    def note(statement: str) -> str:
        sent.append(statement)
        return statement

    with each_statement(note):
        yield sent
