"""Whoever watches imports hears of each change: one look a second for all who watch in this process, and no connection between."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.imports.models import OVER, Import, ImportStatus
from service.imports.repository import Imports

SECONDS: Final = 1.0
"""Between two looks; the progress itself is written about as often."""
MOST_OF_ONE: Final = 10
"""Watches of one organization at a time, in this process."""
MOST: Final = 200
SETTLED: Final = OVER | {ImportStatus.HELD}
"""Nothing changes any more, or not before somebody's word."""


class TooManyWatchesError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "As many imports are watched as there may be at a time: end one, or poll the import itself."
        )


@dataclass(eq=False)
class Watch:
    """One watched import: `record` as it was at the last look, None where it is gone."""

    org_id: UUID
    import_id: UUID
    record: Import | None = None
    _looked: asyncio.Event = field(default_factory=asyncio.Event)

    async def next_look(self) -> None:
        self._looked.clear()
        await self._looked.wait()

    def tell(self, record: Import | None) -> None:
        self.record = record
        self._looked.set()


class Watching:
    """All watches of a process."""

    def __init__(self) -> None:
        self._watches: defaultdict[UUID, set[Watch]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watch(self, database: Database, org_id: UUID, import_id: UUID) -> AsyncIterator[Watch]:
        """TooManyWatchesError."""
        if len(self._watches.get(org_id, ())) >= MOST_OF_ONE or sum(map(len, self._watches.values())) >= MOST:
            raise TooManyWatchesError
        watch = Watch(org_id, import_id)
        self._watches[org_id].add(watch)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(database))
        try:
            yield watch
        finally:
            self._watches[org_id].discard(watch)
            if not self._watches[org_id]:
                del self._watches[org_id]

    async def _look(self, database: Database) -> None:
        while self._watches:
            for org_id, watches in list(self._watches.items()):
                with suppress(DatabaseUnavailable):  # the next look tells
                    async with database.tenant_read(org_id) as session:
                        found = await Imports(session).some({watch.import_id for watch in watches})
                    for watch in watches:
                        watch.tell(found.get(watch.import_id))
            await asyncio.sleep(SECONDS)
