"""What an import needs of the room that owns the records: a target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

import polars as pl

from service.db.sessions import TenantReadSession, TenantSession
from service.imports.attributes import AttributeColumn
from service.imports.models import ImportKind, ImportMode
from service.imports.packed import PackedRows, Sieve
from service.ingest import ACCOUNTS, CONTACTS, OPPORTUNITIES, RecordKind
from service.organizations.standing import Quota

RECORD_KINDS: Final[Mapping[ImportKind, RecordKind]] = {
    ImportKind.ACCOUNTS: ACCOUNTS,
    ImportKind.CONTACTS: CONTACTS,
    ImportKind.OPPORTUNITIES: OPPORTUNITIES,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. `population` is a slug, or None where the file's status column says it row by row.

    `statuses` say what values of that column mean, beside the known ones: value → slug, None for no population.
    `headers` are the canonical fields that the file has, with the header that gives each, the columns of `attributes` among them:
    what it doesn't speak of stays as it is.
    """

    org_id: UUID
    import_id: UUID
    mode: ImportMode
    population: str | None
    headers: Mapping[str, str]
    attributes: Sequence[AttributeColumn] = ()
    later: Sequence[UUID] = ()
    """What came over the API since the list was accepted: the records that it wrote stay as they are."""
    statuses: Mapping[str, str | None] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    """Slug → bit of the populations that it names beside the standard ones, as its target has found them."""

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.headers)


BatchT = TypeVar("BatchT")
WorkT = TypeVar("WorkT")


@dataclass(frozen=True, slots=True, eq=False)
class Ready(Generic[BatchT]):
    """Rows made ready to be compared; `refused` has the columns of an ingest refusal; `warnings` are sentences."""

    batch: BatchT
    refused: pl.DataFrame
    warnings: list[str]


FEW_MADE: Final = 1000
"""Records that an import created, by their ids, so far as they are kept with it."""
UNREADABLE: Final = "unreadable_value"


@dataclass(frozen=True, slots=True)
class Unread:
    """Values of one column that were left out while their rows are kept: how many, the first `lines`, and one of them told."""

    column: str
    reason: str
    rows: int
    lines: list[int]
    example: str


@dataclass(frozen=True, slots=True, eq=False)
class Difference(Generic[WorkT]):
    """What would change: counts, the records that there were (`existing`, of those that the import may remove), and the work.

    `left` are rows of `append` whose records were there before, with the columns of an ingest refusal; `unread` what was left out
    of rows that are new or changed; `warnings` are sentences on what only the comparison could tell.
    """

    created: int
    updated: int
    unchanged: int
    removed: int
    existing: int
    work: WorkT
    left: pl.DataFrame | None = None
    warnings: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    stands_for: Mapping[str, str] = field(default_factory=dict)
    """Identity that a row says → that of the record which stands for it by now."""

    @property
    def changes(self) -> int:
        return self.created + self.updated + self.removed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rollback did; `made` are the ids of the `created` records."""

    updated: int
    removed: int
    made: Sequence[UUID]

    @property
    def created(self) -> int:
        return len(self.made)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What rows are worth to matching: kind of key → rows; `duplicates` are rows that say the same account again."""

    keys: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Traits:
    """What an import must know of a target's records: the quota that bounds them, and the job that follows each change of them."""

    quota: Quota | None = None
    changed_job: str | None = None


class Target(Protocol[BatchT, WorkT]):
    @property
    def traits(self) -> Traits: ...

    async def found(self, session: TenantReadSession, order: Order) -> Order:
        """The order with what it names in the organization, before its rows are made ready. PopulationGoneError."""
        ...

    async def sieve(self, session: TenantReadSession, order: Order, size: int) -> Sieve | None:
        """What knows rows of the file (of so many bytes as it came) that stand as they are, to be taken away while it is read; None where
        nothing does.
        """
        ...

    def ready(self, rows: PackedRows, order: Order) -> Ready[BatchT]:
        """Pure and heavy: runs in a thread, with no transaction open. ReadAgainError where the sieve took away too much."""
        ...

    def outlook(self, rows: PackedRows) -> Outlook:
        """What the rows yield, for a preview; pure and heavy."""
        ...

    async def count(self, session: TenantSession) -> int:
        """How many records the organization has."""
        ...

    async def compare(self, session: TenantSession, batch: BatchT, order: Order) -> Difference[WorkT]:
        """Compare with what is stored, in the transaction that will write or not; changes nothing that stays. PopulationGoneError,
        UnfitAttributeError, ReadAgainError.
        """
        ...

    async def write(self, session: TenantSession, difference: Difference[WorkT], order: Order) -> None:
        """Write what `compare` found, in the same transaction."""
        ...

    async def made(self, session: TenantSession) -> Sequence[UUID]:
        """The ids of the records that `write` has created, in the same transaction."""
        ...

    async def roll_back(
        self, session: TenantSession, *, undone: UUID, import_id: UUID
    ) -> tuple[Outcome, int]:
        """Undo the import `undone` as another one: what was done, and how many records stay as a later change made them."""
        ...

    async def forget_history(self, session: TenantSession, *, before: UUID | None, until: datetime) -> None:
        """Forget what records were before moments earlier than `until`, of files older than `before` and of what came over the API."""
        ...


def few_made(made: Sequence[UUID]) -> list[UUID] | None:
    """As they are kept with an import: None where they are many."""
    return list(made) if len(made) <= FEW_MADE else None


Targets = Mapping[ImportKind, Target[Any, Any]]
"""Put together by the worker: the room that owns the records has their target."""
