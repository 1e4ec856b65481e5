"""Imports and what they refused."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from service.db.model import Record, enum_column, moment
from service.db.sealed import SealedColumn

SEALED_REJECTS: Final = SealedColumn("import_reject", "data")
SEALED_REFUSAL: Final = SealedColumn("import_error", "original", key=("import_id", "row"))
SEALED_PREVIEW: Final = SealedColumn("import", "preview")
SEALED_UPLOAD_KEY: Final = SealedColumn("import", "upload_key")


class ImportStatus(StrEnum):
    RECEIVED = "received"
    RUNNING = "running"
    HELD = "held"
    """A guard found it too unlike what is stored: it waits for somebody's word."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({ImportStatus.COMPLETED, ImportStatus.FAILED, ImportStatus.CANCELLED})
"""It will not change any more."""


class ImportKind(StrEnum):
    """What a list is of."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    OPPORTUNITIES = "opportunities"


PERSONAL_KINDS: Final = frozenset({ImportKind.CONTACTS})
"""Of their rows nothing is kept but where and why one was refused."""


class ImportMode(StrEnum):
    """`upsert` adds and updates, `replace` also removes what the file no longer has, `append` only adds."""

    UPSERT = "upsert"
    REPLACE = "replace"
    APPEND = "append"


class Origin(StrEnum):
    """How an import came: as a file, or as records over the API, done in the request; the undoing of one is of its origin."""

    FILE = "file"
    API = "api"


class Phase(StrEnum):
    """What a running import is at."""

    READING = "reading"
    PREPARING = "preparing"
    COMPARING = "comparing"
    WRITING = "writing"


class Guard(StrEnum):
    """Why an import is held."""

    REMOVES_TOO_MANY = "removes_too_many"
    GROWS_TOO_MUCH = "grows_too_much"


class Import(Record, table=True):
    """One uploaded file on its way to records, or records that came over the API."""

    __tablename__ = "import"
    __table_args__ = (
        Index("uq_import_number", "org_id", "number", unique=True),
        Index("ix_import_finished", "org_id", "finished_at"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    """The place among the organization's imports in the order in which they were accepted, whatever clocks say."""
    kind: ImportKind = Field(default=ImportKind.ACCOUNTS, sa_column=enum_column(ImportKind))
    origin: Origin = Field(default=Origin.FILE, sa_column=enum_column(Origin))
    status: ImportStatus = Field(sa_column=enum_column(ImportStatus))
    mode: ImportMode = Field(sa_column=enum_column(ImportMode))
    filename: str = Field(sa_type=Text)
    population: str | None = Field(default=None, sa_type=Text)
    """The slug of the population of every row, where the file has no status column of its own."""
    columns: dict[str, str] | None = Field(default=None, sa_type=JSONB)
    """Canonical field → header, where the uploader settled the mapping."""
    mapping: str | None = Field(default=None, sa_type=Text)
    """The saved mapping that was asked for; what it said then stands in the other columns."""
    statuses: dict[str, str | None] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    """What values of the status column mean, beside the known ones: value → slug of a standard population, null for none."""
    bytes_received: int = Field(sa_type=BigInteger)
    digest: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of the uploaded bytes."""
    upload_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What opens the upload in the spool, sealed; it goes when the import is over."""
    worksheet: str | None = Field(default=None, sa_type=Text)
    all_or_nothing: bool = Field(default=False, sa_type=Boolean)
    dry_run: bool = Field(default=False, sa_type=Boolean)
    confirmed: bool = Field(default=False, sa_type=Boolean)
    """Guards don't hold it."""
    cancelling: bool = Field(default=False, sa_type=Boolean)
    """Somebody asked that it be given up while it was read."""
    phase: Phase | None = Field(default=None, sa_column=enum_column(Phase, nullable=True))
    rows_done: int = Field(default=0, sa_type=Integer)
    """Of the phase."""
    rows_total: int | None = Field(default=None, sa_type=Integer)
    rollback_of: UUID | None = None
    """The import that this one undoes; it has no file."""
    made: list[UUID] | None = Field(default=None, sa_column=Column(ARRAY(Uuid), nullable=True))
    """Ids of the records that it created, where they are few: undoing it looks for no others. Null where they are many."""
    preview: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What a dry run found, sealed: it holds rows of the file."""
    report: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What was found: encoding, dialect, mapping, unmapped headers, warnings."""
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """Why a failed import failed: code, message."""
    rows_read: int = Field(default=0, sa_type=Integer)
    created: int = Field(default=0, sa_type=Integer)
    updated: int = Field(default=0, sa_type=Integer)
    unchanged: int = Field(default=0, sa_type=Integer)
    removed: int = Field(default=0, sa_type=Integer)
    rejected: int = Field(default=0, sa_type=Integer)
    skipped: int = Field(default=0, sa_type=Integer)
    """Rows of `append` whose records were there before."""
    created_at: datetime = Field(sa_column=moment())
    finished_at: datetime | None = Field(sa_column=moment(nullable=True))

    def end(self, status: ImportStatus, now: datetime) -> None:
        """It is over, and nobody opens its upload any more."""
        self.status, self.phase, self.upload_key, self.finished_at = status, None, None, now


class ImportMapping(Record, table=True):
    """How the lists of one source are read, saved under a name; null is left to the upload."""

    __tablename__ = "import_mapping"

    org_id: UUID = Field(primary_key=True)
    name: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    kind: ImportKind = Field(sa_column=enum_column(ImportKind))
    columns: dict[str, str] = Field(sa_type=JSONB)
    """As an import's."""
    statuses: dict[str, str | None] = Field(sa_type=JSONB)
    """As an import's."""
    worksheet: str | None = Field(default=None, sa_type=Text)
    population: str | None = Field(default=None, sa_type=Text)
    mode: ImportMode | None = Field(default=None, sa_column=enum_column(ImportMode, nullable=True))
    all_or_nothing: bool | None = Field(default=None, sa_type=Boolean)
    version: int = Field(sa_type=Integer)
    created_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())


class RowRefusal(Record, table=True):
    """One refused row, as far as `MAX_STORED_ERRORS` of an import."""

    __tablename__ = "import_error"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "import_id"], ["import.org_id", "import.id"], ondelete="CASCADE"),
    )

    org_id: UUID = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    row: int = Field(primary_key=True, sa_type=Integer)
    line: int = Field(sa_type=Integer)
    column: str | None = Field(default=None, sa_type=Text)
    reason: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    original: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What the row says, as sealed JSON; null where nothing of it is kept."""
    text: str = Field(sa_type=Text)
    """The same in plain, of imports from before it was sealed; empty of later ones."""


class ImportReject(Record, table=True):
    """A piece of the CSV of an import's refused rows, packed and sealed; in order by id."""

    __tablename__ = "import_reject"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "import_id"], ["import.org_id", "import.id"], ondelete="CASCADE"),
        Index("ix_import_reject_import", "org_id", "import_id", "id"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    import_id: UUID
    data: bytes = Field(sa_type=LargeBinary)
