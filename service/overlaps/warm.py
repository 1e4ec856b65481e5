"""Segments that a worker has read, kept decoded: they never change once written.

Nothing is found here by itself. Whoever asks names segments that its own session has just seen in the database, so row-level
security decides who reads what, here too. Not to be shared between threads.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from service.db.database import Database
from service.db.faults import is_away
from service.linking.columns import TokenColumn

log = structlog.get_logger(__name__)

DEFAULT_BYTES: Final = 256 << 20
IDLE_SECONDS: Final = 600
"""What nobody has asked for so long goes."""
SWEEP_SECONDS: Final = 60
_STANDING = "SELECT DISTINCT org_id, epoch FROM token_segment WHERE partnership_id = $1"


class SegmentName(NamedTuple):
    """One segment as it stands in the token store, with its bounds."""

    partnership_id: UUID
    epoch: int
    org_id: UUID
    part: str
    kind: str
    layer: str
    change: int
    number: int
    first: bytes
    last: bytes
    tokens: int


class WarmSegments:
    """At most `limit` bytes of columns: those asked for last stay."""

    def __init__(self, limit: int = DEFAULT_BYTES, *, now: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._now = limit, now
        self._kept: OrderedDict[SegmentName, tuple[TokenColumn, float]] = OrderedDict()
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, names: Iterable[SegmentName]) -> dict[SegmentName, TokenColumn]:
        """Those of `names` that are kept."""
        found = {}
        for name in names:
            if name in self._kept:
                found[name], _ = self._kept[name]
                self._kept[name] = found[name], self._now()
                self._kept.move_to_end(name)
        return found

    def keep(self, name: SegmentName, column: TokenColumn) -> None:
        """Keep a segment; others that weren't asked for longest make room."""
        if column.nbytes > self._limit or name in self._kept:
            return
        self._kept[name] = column, self._now()
        self.nbytes += column.nbytes
        while self.nbytes > self._limit:
            _, (longest, _) = self._kept.popitem(last=False)
            self.nbytes -= longest.nbytes

    def drop(self, meant: Callable[[SegmentName], bool]) -> None:
        """Keep no segment that is `meant`."""
        for name in [name for name in self._kept if meant(name)]:
            column, _ = self._kept.pop(name)
            self.nbytes -= column.nbytes

    def drop_idle(self) -> None:
        since = self._now() - IDLE_SECONDS
        idle = {name for name, (_, asked) in self._kept.items() if asked < since}
        self.drop(idle.__contains__)

    def clear(self) -> None:
        self._kept.clear()
        self.nbytes = 0

    @property
    def partnerships(self) -> set[UUID]:
        return {name.partnership_id for name in self._kept}


async def sweep(database: Database, warm: WarmSegments) -> None:
    """Keep nothing of a side and an epoch that have no tokens in the database any more: those of an ended partnership are gone there."""
    warm.drop_idle()
    standing: set[tuple[UUID, int, UUID]] = set()
    asked = warm.partnerships
    for partnership_id in asked:
        async with database.matcher(partnership_id) as session:
            rows = await (await session.raw()).fetch(_STANDING, partnership_id)
        standing |= {(partnership_id, row["epoch"], row["org_id"]) for row in rows}
    warm.drop(lambda name: name.partnership_id in asked and name[:3] not in standing)


@asynccontextmanager
async def swept(database: Database, warm: WarmSegments) -> AsyncIterator[None]:
    """Sweep every minute, as long as the block lasts."""

    async def sweeping() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await sweep(database, warm)
            except Exception as error:
                warm.clear()  # what can't be asked after may have ended
                if not is_away(error, closed=True):
                    log.exception("the sweep of kept tokens failed; the next one tries again")

    task = asyncio.create_task(sweeping())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
