"""What imports look like to whoever sent them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.crypto import Keystore
from service.imports.endings import open_preview
from service.imports.models import Guard, Import, ImportKind, ImportMode, ImportStatus, Origin, Phase

_COUNTED = frozenset({ImportStatus.COMPLETED, ImportStatus.HELD})


class Failure(BaseModel):
    """Why nothing of the file was kept."""

    code: str
    message: str


class Counted(BaseModel):
    """Of a dry run or a held import: what would become of the rows."""

    rows_read: int = Field(description="Data rows in the file, refused ones too.")
    created: int
    updated: int
    unchanged: int
    removed: int = Field(description="Records that the file no longer has; with `mode=replace` only.")
    rejected: int = Field(description="Rows refused: see `/errors`.")
    skipped: int = Field(
        description="Rows whose records were there before; with `mode=append` only: see `/errors`."
    )


class FiredGuardOut(BaseModel):
    """Why an import is held."""

    guard: Guard
    message: str = Field(description="What was found, and what to do.")


class Report(BaseModel):
    """What was detected."""

    encoding: str
    compression: str | None
    delimiter: str | None
    format: str = Field("csv", description="`csv`, `xlsx`, `ods`, `parquet`, `ndjson` or `json`.")
    worksheet: str | None = Field(None, description="The sheet that was read, of a workbook.")
    worksheets: list[str] | None = Field(None, description="All sheets of the workbook.")
    mapping: dict[str, str] = Field(description="Field → header of the file.")
    unmapped: list[str]
    warnings: list[str]
    errors_stored: int = Field(description="How many of the rejected or skipped rows `/errors` lists.")
    guards: list[FiredGuardOut] = Field(default=[], description="Why it is held.")


class ProgressOut(BaseModel):
    phase: Phase
    rows_done: int = Field(description="Of this phase.")
    rows_total: int | None = Field(description="Null while the file is still being read.")


class ProblemsOfColumn(BaseModel):
    column: str | None = Field(description="The header; null where the row itself is at fault.")
    reason: str
    rows: int
    lines: list[int] = Field(description="The first of them.")
    example: str


class Preview(BaseModel):
    """What a dry run found."""

    rows: list[dict[str, Any]] = Field(description="The first ten, as they were read: field → value.")
    columns: dict[str, int] = Field(description="Field → rows that say something in it.")
    problems: list[ProblemsOfColumn] = Field(description="By column and reason, the most frequent first.")
    duplicates: int = Field(description="Rows that say a record of the file again.")
    keys: dict[str, int] = Field(
        description="Of accounts, what the rows can be matched by: `domain`; `name_only`; a name only, beside a `free_mail` address or an "
        "`unusable_website`; `none`."
    )
    guards: list[FiredGuardOut] = Field(description="Those that would hold the import.")
    refusal: Failure | None = Field(default=None, description="Why the import would fail and keep nothing.")
    existing: int = Field(description="Records that `mode=replace` compares with.")


class ImportOut(BaseModel):
    id: UUID
    records: ImportKind
    origin: Origin = Field(
        description="`file`, or `api` for records that came as JSON and were stored at once."
    )
    status: ImportStatus
    mode: ImportMode
    filename: str
    population: str | None
    mapping: str | None = Field(description="The saved mapping that it was asked to be read by.")
    worksheet: str | None
    all_or_nothing: bool
    dry_run: bool
    rollback_of: UUID | None = Field(description="The import that this one undoes.")
    bytes_received: int
    progress: ProgressOut | None = Field(description="While it is running.")
    counts: Counted | None = Field(description="Once completed or held.")
    report: Report | None = Field(description="Once the file was read.")
    preview: Preview | None = Field(description="Of a dry run, once completed; in the answer for one import.")
    problem: Failure | None = Field(description="Once failed.")
    created_at: datetime
    finished_at: datetime | None


class RowError(BaseModel):
    row: int = Field(description="1-based data row.")
    line: int = Field(description="Line of the file, the header being line 1.")
    column: str | None
    reason: str
    message: str
    text: str = Field(description="What stood in the file, cut at 500 characters.")


def import_out(record: Import, preview: Mapping[str, Any] | None = None) -> ImportOut:
    values = record.model_dump(include={*ImportOut.model_fields, *Counted.model_fields} - {"preview"})
    values["records"] = record.kind
    counts = Counted(**values) if record.status in _COUNTED else None
    progress = None
    if record.status is ImportStatus.RUNNING and record.phase is not None:
        progress = ProgressOut(phase=record.phase, rows_done=record.rows_done, rows_total=record.rows_total)
    return ImportOut(**values, counts=counts, progress=progress, preview=preview)


def import_out_whole(keystore: Keystore, record: Import) -> ImportOut:
    """With what a dry run found."""
    return import_out(record, open_preview(keystore, record))
