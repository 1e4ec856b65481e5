"""How far an import is: told by the thread that reads, kept where it can be asked for, and stopped from there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Final
from uuid import UUID

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.imports.models import Phase

SECONDS: Final = 1.0
"""Between two notes of the progress."""
_NOTE = """
    UPDATE import SET phase = $3, rows_done = $4, rows_total = $5 WHERE org_id = $1 AND id = $2 AND status = 'running'
    RETURNING cancelling
"""


class CancelledImportError(Exception):
    """Somebody asked that the import be given up."""


@dataclass(slots=True)
class Progress:
    """Numbers that one thread writes and the loop reads now and then."""

    stop: Event
    phase: Phase = Phase.READING
    rows_done: int = 0
    rows_total: int | None = None

    def at(self, phase: Phase, total: int | None = None) -> None:
        """Begin a phase. CancelledImportError."""
        self.phase, self.rows_done, self.rows_total = phase, 0, total
        self.check()

    def advance(self, rows: int) -> None:
        """So many rows more are done. CancelledImportError."""
        self.rows_done += rows
        self.check()

    def check(self) -> None:
        if self.stop.is_set():
            raise CancelledImportError


@asynccontextmanager
async def noted(database: Database, org_id: UUID, import_id: UUID) -> AsyncIterator[Progress]:
    """Progress that is written to the import's row about once a second, each time in a transaction of its own."""
    progress, over = Progress(Event()), asyncio.Event()
    task = asyncio.create_task(_keep(database, org_id, import_id, progress, over))
    try:
        yield progress
    finally:
        over.set()
        await task


async def _keep(
    database: Database, org_id: UUID, import_id: UUID, progress: Progress, over: asyncio.Event
) -> None:
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), SECONDS)
            return
        with suppress(DatabaseUnavailable):  # the import itself will find out
            if await note(database, org_id, import_id, progress):
                progress.stop.set()


async def note(database: Database, org_id: UUID, import_id: UUID, progress: Progress) -> bool:
    """Write the progress down; whether the import is to be given up."""
    async with database.tenant(org_id) as session:
        driver = await session.raw()
        return bool(
            await driver.fetchval(
                _NOTE, org_id, import_id, progress.phase.value, progress.rows_done, progress.rows_total
            )
        )
