"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from pydantic import Field


class Counted(Model):
    """Of a dry run or a held import: what would become of the rows."""

    created: int
    rejected: int = Field(description="Rows refused: see `/errors`.")
    removed: int = Field(description="Records that the file no longer has; with `mode=replace` only.")
    rows_read: int = Field(description="Data rows in the file, refused ones too.")
    skipped: int = Field(
        description="Rows whose records were there before; with `mode=append` only: see `/errors`."
    )
    unchanged: int
    updated: int


class Failure(Model):
    """Why nothing of the file was kept."""

    code: str
    message: str


class Guard(OpenEnum):
    """Why an import is held."""

    REMOVES_TOO_MANY = "removes_too_many"
    GROWS_TOO_MUCH = "grows_too_much"


class FiredGuard(Model):
    """Why an import is held."""

    guard: Guard
    message: str = Field(description="What was found, and what to do.")


class ImportKind(OpenEnum):
    """What a list is of."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    OPPORTUNITIES = "opportunities"


class ImportMode(OpenEnum):
    """`upsert` adds and updates, `replace` also removes what the file no longer has, `append` only adds."""

    UPSERT = "upsert"
    REPLACE = "replace"
    APPEND = "append"


class ImportMappingIn(Model):
    all_or_nothing: bool | None = Field(default=None, description="Keep nothing if any row is refused.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description='Field → header, such as {"name": "Company"}; the others are recognised.',
    )
    mode: ImportMode | None = Field(
        default=None, description="`upsert` if neither this nor the upload says it."
    )
    population: str | None = Field(
        default=None, description="Of every row: a standard one or a list of yours. Of accounts only."
    )
    records: ImportKind = Field(default=ImportKind("accounts"), description="What the rows are.")
    statuses: dict[str, str | None] = Field(
        default_factory=dict,
        description='What values of the status column mean, beside the known ones: {"Stammkunde": "customers"}, a standard population or a list of yours, which the file then speaks of in every row; null: no population.',
    )
    worksheet: str | None = Field(default=None, description="Name or number (from 1) of a workbook's sheet.")


class ImportMapping(Model):
    all_or_nothing: bool | None = Field(default=None, description="Keep nothing if any row is refused.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description='Field → header, such as {"name": "Company"}; the others are recognised.',
    )
    created_at: datetime
    mode: ImportMode | None = Field(
        default=None, description="`upsert` if neither this nor the upload says it."
    )
    name: str
    population: str | None = Field(
        default=None, description="Of every row: a standard one or a list of yours. Of accounts only."
    )
    records: ImportKind = Field(default=ImportKind("accounts"), description="What the rows are.")
    statuses: dict[str, str | None] = Field(
        default_factory=dict,
        description='What values of the status column mean, beside the known ones: {"Stammkunde": "customers"}, a standard population or a list of yours, which the file then speaks of in every row; null: no population.',
    )
    updated_at: datetime
    worksheet: str | None = Field(default=None, description="Name or number (from 1) of a workbook's sheet.")


class Origin(OpenEnum):
    """How an import came: as a file, or as records over the API, done in the request; the undoing of one is of its origin."""

    FILE = "file"
    API = "api"


class ProblemsOfColumn(Model):
    column: str | None = Field(description="The header; null where the row itself is at fault.")
    example: str
    lines: list[int] = Field(description="The first of them.")
    reason: str
    rows: int


class Preview(Model):
    """What a dry run found."""

    columns: dict[str, int] = Field(description="Field → rows that say something in it.")
    duplicates: int = Field(description="Rows that say a record of the file again.")
    existing: int = Field(description="Records that `mode=replace` compares with.")
    guards: list[FiredGuard] = Field(description="Those that would hold the import.")
    keys: dict[str, int] = Field(
        description="Of accounts, what the rows can be matched by: `domain`; `name_only`; a name only, beside a `free_mail` address or an `unusable_website`; `none`."
    )
    problems: list[ProblemsOfColumn] = Field(description="By column and reason, the most frequent first.")
    refusal: Failure | None = Field(default=None, description="Why the import would fail and keep nothing.")
    rows: list[dict[str, Any]] = Field(description="The first ten, as they were read: field → value.")


class Phase(OpenEnum):
    """What a running import is at."""

    READING = "reading"
    PREPARING = "preparing"
    COMPARING = "comparing"
    WRITING = "writing"


class Progress(Model):
    phase: Phase
    rows_done: int = Field(description="Of this phase.")
    rows_total: int | None = Field(description="Null while the file is still being read.")


class Report(Model):
    """What was detected."""

    compression: str | None
    delimiter: str | None
    encoding: str
    errors_stored: int = Field(description="How many of the rejected or skipped rows `/errors` lists.")
    format: str = Field(default="csv", description="`csv`, `xlsx`, `ods`, `parquet`, `ndjson` or `json`.")
    guards: list[FiredGuard] = Field(default_factory=list, description="Why it is held.")
    mapping: dict[str, str] = Field(description="Field → header of the file.")
    unmapped: list[str]
    warnings: list[str]
    worksheet: str | None = Field(default=None, description="The sheet that was read, of a workbook.")
    worksheets: list[str] | None = Field(default=None, description="All sheets of the workbook.")


class ImportStatus(OpenEnum):
    RECEIVED = "received"
    RUNNING = "running"
    HELD = "held"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Import(Model):
    all_or_nothing: bool
    bytes_received: int
    counts: Counted | None = Field(description="Once completed or held.")
    created_at: datetime
    dry_run: bool
    filename: str
    finished_at: datetime | None
    id: UUID
    mapping: str | None = Field(description="The saved mapping that it was asked to be read by.")
    mode: ImportMode
    origin: Origin = Field(
        description="`file`, or `api` for records that came as JSON and were stored at once."
    )
    population: str | None
    preview: Preview | None = Field(description="Of a dry run, once completed; in the answer for one import.")
    problem: Failure | None = Field(description="Once failed.")
    progress: Progress | None = Field(description="While it is running.")
    records: ImportKind
    report: Report | None = Field(description="Once the file was read.")
    rollback_of: UUID | None = Field(description="The import that this one undoes.")
    status: ImportStatus
    worksheet: str | None


class ImportMappingPage(Page[ImportMapping]):
    pass


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
