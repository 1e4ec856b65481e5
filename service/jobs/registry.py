"""Which handler runs the jobs of a name. Entry points put it together from the rooms' `jobs.py`."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from service.db.database import Database
from service.jobs.errors import DuplicateJobError, UnknownJobError
from service.jobs.queue import Payload


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """What a handler knows of its run."""

    database: Database
    job_id: int
    name: str
    attempt: int
    """1 for the first; a run whose worker died counts."""
    last: bool = False
    """Whether the job is given up if this attempt fails."""


Handler = Callable[[JobContext, Payload], Awaitable[None]]
"""Runs one job, in as many transactions as it opens. It may run twice (a worker that dies after the work and before the
note of it), and beside another job of the same name: each transaction checks what is left to do."""


@dataclass(frozen=True)
class Entry:
    handler: Handler
    at_once: int
    """How many of this name may run at a time over all workers; 0 is any number."""


class Registry:
    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def add(self, name: str, handler: Handler, *, at_once: int = 0) -> None:
        """Run jobs called `name` with `handler`. Raises DuplicateJobError."""
        if name in self._entries:
            raise DuplicateJobError(f"Two handlers want the jobs called {name!r}: give one another name.")
        self._entries[name] = Entry(handler, at_once)

    def guard(self, around: Callable[[Handler], Handler]) -> None:
        """Have `around` decide, for each job of those added so far, whether and when its handler runs."""
        for name, entry in self._entries.items():
            self._entries[name] = Entry(around(entry.handler), entry.at_once)

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownJobError(f"No handler is registered for jobs called {name!r}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
