"""Imports and what they refused."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.db.model import Record, enum_column, moment


class ImportStatus(StrEnum):
    RECEIVED = "received"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ImportMode(StrEnum):
    """`merge` adds and updates; `replace` also removes the accounts that the file no longer has."""

    MERGE = "merge"
    REPLACE = "replace"


class Import(Record, table=True):
    """One uploaded file on its way to accounts."""

    __tablename__ = "import"

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    status: ImportStatus = Field(sa_column=enum_column(ImportStatus))
    mode: ImportMode = Field(sa_column=enum_column(ImportMode))
    filename: str = Field(sa_type=Text)
    population: str | None = Field(default=None, sa_type=Text)
    """The slug of the population of every row, where the file has no status column of its own."""
    columns: dict[str, str] | None = Field(default=None, sa_type=JSONB)
    """Canonical field → header, where the uploader settled the mapping."""
    bytes_received: int = Field(sa_type=BigInteger)
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
    created_at: datetime = Field(sa_column=moment())
    finished_at: datetime | None = Field(sa_column=moment(nullable=True))


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
    text: str = Field(sa_type=Text)
