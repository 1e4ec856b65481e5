"""Segments that a worker has read, kept decoded: they never change once written.

Nothing is found here by itself. Whoever asks names segments that its own session has just seen in the database, so row-level
security decides who reads what, here too. Not to be shared between threads.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple
from uuid import UUID

from service.linking.columns import TokenColumn

DEFAULT_BYTES: Final = 256 << 20
IDLE_SECONDS: Final = 600
"""What nobody has asked for so long goes."""


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
            self._drop(next(iter(self._kept)))

    def replaced(self, standing: Collection[SegmentName], meant: Callable[[SegmentName], bool]) -> None:
        """Drop what is `meant` and isn't among those that stand."""
        for name in [name for name in self._kept if meant(name) and name not in standing]:
            self._drop(name)

    def forget_idle(self) -> None:
        since = self._now() - IDLE_SECONDS
        for name in [name for name, (_, asked) in self._kept.items() if asked < since]:
            self._drop(name)

    def clear(self) -> None:
        self._kept.clear()
        self.nbytes = 0

    @property
    def partnerships(self) -> set[UUID]:
        return {name.partnership_id for name in self._kept}

    def _drop(self, name: SegmentName) -> None:
        column, _ = self._kept.pop(name)
        self.nbytes -= column.nbytes
