"""What an import needs of the room that owns the records: a target."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import polars as pl

from service.db.sessions import TenantSession
from service.imports.models import ImportMode


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. `population` is a slug, or None where the file's status column says it row by row."""

    import_id: UUID
    mode: ImportMode
    population: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    created: int
    updated: int
    unchanged: int
    removed: int


BatchT = TypeVar("BatchT")


@dataclass(frozen=True, slots=True, eq=False)
class Ready(Generic[BatchT]):
    """Rows made ready to be stored; `refused` has the columns of an ingest refusal; `warnings` are sentences."""

    batch: BatchT
    refused: pl.DataFrame
    warnings: list[str]


class Target(Protocol[BatchT]):
    def ready(self, rows: pl.DataFrame, order: Order) -> Ready[BatchT]:
        """Pure and heavy: runs in a thread, with no transaction open."""
        ...

    async def count(self, session: TenantSession) -> int:
        """How many records the organization has."""
        ...

    async def store(self, session: TenantSession, batch: BatchT, order: Order) -> Outcome:
        """Compare with what is stored and write the difference, in the import's transaction."""
        ...
