"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from pydantic import Field


class Counted(Model):
    created: int
    rejected: int = Field(description="Rows refused: see `/errors`.")
    removed: int = Field(description="Accounts that the file no longer has; with `mode=replace` only.")
    rows_read: int = Field(description="Data rows in the file, refused ones too.")
    unchanged: int
    updated: int


class Failure(Model):
    """Why the whole file was refused."""

    code: str
    message: str


class ImportMode(OpenEnum):
    """`merge` adds and updates; `replace` also removes the accounts that the file no longer has."""

    MERGE = "merge"
    REPLACE = "replace"


class Report(Model):
    """What was detected."""

    compression: str | None
    delimiter: str | None
    encoding: str
    errors_stored: int = Field(description="How many of the rejected rows `/errors` lists.")
    format: str = Field(default="csv", description="`csv`, `xlsx`, `ods`, `parquet`, `ndjson` or `json`.")
    mapping: dict[str, str] = Field(description="Account field → header of the file.")
    unmapped: list[str]
    warnings: list[str]
    worksheet: str | None = Field(default=None, description="The sheet that was read, of a workbook.")
    worksheets: list[str] | None = Field(default=None, description="All sheets of the workbook.")


class ImportStatus(OpenEnum):
    RECEIVED = "received"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Import(Model):
    bytes_received: int
    counts: Counted | None = Field(description="Once completed.")
    created_at: datetime
    filename: str
    finished_at: datetime | None
    id: UUID
    mode: ImportMode
    population: str | None
    problem: Failure | None = Field(description="Once failed.")
    report: Report | None = Field(description="Once completed.")
    status: ImportStatus


class ImportPage(Page[Import]):
    pass


class RowError(Model):
    column: str | None
    line: int = Field(description="Line of the file, the header being line 1.")
    message: str
    reason: str
    row: int = Field(description="1-based data row.")
    text: str = Field(description="What stood in the file, cut at 500 characters.")


class RowErrorPage(Page[RowError]):
    pass


class StandardPopulation(OpenEnum):
    """The populations that every organization has, in the order of their bits."""

    CUSTOMERS = "customers"
    OPEN_OPPORTUNITIES = "open_opportunities"
    PROSPECTS = "prospects"
