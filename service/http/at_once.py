"""So many at a time of what takes much memory, and no queue: who waits holds a connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class BusyError(Exception):
    def __init__(self, of: str = "reports") -> None:
        super().__init__(f"As many {of} as there may be are being made at this moment: ask again shortly.")


class AtOnce:
    """Room for `limit` in this process, one an organization."""

    def __init__(self, limit: int, *, of: str = "reports") -> None:
        self._limit, self._of = limit, of
        self._inside: set[UUID] = set()

    @contextmanager
    def room(self, org_id: UUID) -> Iterator[None]:
        """BusyError if there is none."""
        if org_id in self._inside or len(self._inside) >= self._limit:
            raise BusyError(self._of)
        self._inside.add(org_id)
        try:
            yield
        finally:
            self._inside.remove(org_id)
