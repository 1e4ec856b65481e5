"""An upload's way from the request to the accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.db.sessions import TenantSession
from service.imports.models import Import, ImportMode, ImportStatus
from service.imports.repository import Imports, keep_errors
from service.imports.spool import Spool
from service.imports.target import Order, Outcome, Ready, Target
from service.ingest import IngestError, Limits, Sheet, open_sheet
from service.jobs import enqueue
from service.kit.clock import Clock

RUN_JOB = "imports.run"
CHANGED_JOB = "accounts.changed"
"""Enqueued by name for whoever keeps something of the accounts: {org_id}."""

MAX_STORED_ERRORS = 10_000
FINISHED = frozenset({ImportStatus.COMPLETED, ImportStatus.FAILED})
LOST = {"code": "upload_lost", "message": "The uploaded file is no longer in the spool: upload it again."}
GIVEN_UP = {
    "code": "internal",
    "message": "The file could not be imported and nothing of it was kept. The fault is ours: tell the operator the import's id.",
}
BatchT = TypeVar("BatchT")


@dataclass(frozen=True, slots=True)
class Upload:
    """What came with a file. `columns` maps canonical fields to headers where the uploader settled it."""

    import_id: UUID
    filename: str
    bytes_received: int
    mode: ImportMode = ImportMode.MERGE
    population: str | None = None
    columns: Mapping[str, str] | None = None


class Turn(Enum):
    """Why an import isn't read now."""

    LATER = "an older one is unfinished"
    OVER = "it is finished or gone"


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A whole file: nothing of it counts before its end was reached without a frame error."""

    rows: pl.DataFrame
    refused: pl.DataFrame
    report: dict[str, Any] = field(default_factory=dict)


async def accept(session: TenantSession, clock: Clock, upload: Upload) -> Import:
    """Record an upload that is safe in the spool and queue its reading, in one transaction."""
    record = Import(
        org_id=session.org_id, id=upload.import_id, status=ImportStatus.RECEIVED, mode=upload.mode,
        filename=upload.filename, population=upload.population,
        columns=dict(upload.columns) if upload.columns else None, bytes_received=upload.bytes_received,
        created_at=clock.now(), finished_at=None,
    )  # fmt: skip
    session.add(record)
    await session.flush()
    await enqueue(session, RUN_JOB, {"org_id": str(session.org_id), "import_id": str(upload.import_id)})
    return record


@dataclass(frozen=True, slots=True)
class Reader(Generic[BatchT]):
    """What reading an upload needs; the target comes from the room that owns the records."""

    database: Database
    spool: Spool
    target: Target[BatchT]
    limits: Limits
    clock: Clock

    async def run(self, org_id: UUID, import_id: UUID, *, last_attempt: bool = False) -> None:
        """Read the upload and make its accounts live in one commit; a repetition after a crash begins again.

        Imports of one organization follow each other in the order of their uploads, so that the newest list is the one
        that stays: one that comes too early is left for the one before it to call.
        """
        work = await self._begin(org_id, import_id)
        if work == Turn.LATER:
            return
        if isinstance(work, Import):
            await self._read_and_store(org_id, work, last_attempt=last_attempt)
        self.spool.discard(import_id)
        await self._call_next(org_id)

    async def _begin(self, org_id: UUID, import_id: UUID) -> "Import | Turn":
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.take_turn()
            record = await imports.by_id(import_id)
            if record is None or record.status in FINISHED:
                return Turn.OVER
            if (first := await imports.first_unfinished()) is not None and first != import_id:
                return Turn.LATER
            record.status = ImportStatus.RUNNING
            return record

    async def _read_and_store(self, org_id: UUID, work: Import, *, last_attempt: bool) -> None:
        if not self.spool.path(work.id).exists():
            await self._fail(org_id, work.id, LOST)
            return
        try:
            read = await anyio.to_thread.run_sync(
                partial(read_file, self.spool.path(work.id), work, self.limits)
            )
            order = Order(work.id, work.mode, work.population)
            ready = await anyio.to_thread.run_sync(self.target.ready, read.rows, order)
            async with self.database.tenant(org_id) as session:
                outcome = await self.target.store(session, ready.batch, order)
                await _complete(
                    session, self.clock, import_id=work.id, read=read, ready=ready, outcome=outcome
                )
        except IngestError as error:
            await self._fail(org_id, work.id, {"code": error.code, "message": str(error)})
        except DatabaseUnavailable:
            raise
        except Exception:
            if last_attempt:
                await self._fail(org_id, work.id, GIVEN_UP)
                await self._call_next(org_id)
            raise

    async def _fail(self, org_id: UUID, import_id: UUID, problem: dict[str, str]) -> None:
        async with self.database.tenant(org_id) as session:
            record = await Imports(session).by_id(import_id)
            if record is not None:
                record.status, record.problem, record.finished_at = (
                    ImportStatus.FAILED,
                    problem,
                    self.clock.now(),
                )

    async def _call_next(self, org_id: UUID) -> None:
        """Queue the organization's next upload: its own job may have come while it was not its turn."""
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.take_turn()
            following = await imports.first_unfinished()
            if following is not None:
                await enqueue(session, RUN_JOB, {"org_id": str(org_id), "import_id": str(following)})


async def _complete(  # what a finished import is told by
    session: TenantSession,
    clock: Clock,
    *,
    import_id: UUID,
    read: Read,
    ready: Ready[BatchT],
    outcome: Outcome,
) -> None:
    record = await Imports(session).by_id(import_id)
    if record is None or record.status in FINISHED:
        return
    refused = pl.concat([read.refused, ready.refused], how="vertical_relaxed").sort("row")
    record.status, record.finished_at = ImportStatus.COMPLETED, clock.now()
    record.report = {
        **read.report,
        "warnings": ready.warnings,
        "errors_stored": min(refused.height, MAX_STORED_ERRORS),
    }
    record.rows_read, record.rejected = read.rows.height + read.refused.height, refused.height
    record.created, record.updated = outcome.created, outcome.updated
    record.unchanged, record.removed = outcome.unchanged, outcome.removed
    await session.flush()
    await keep_errors(session, import_id, refused.head(MAX_STORED_ERRORS))
    await enqueue(session, CHANGED_JOB, {"org_id": str(session.org_id)}, dedupe_key=str(session.org_id))


def read_file(path: Path, order: Import, limits: Limits) -> Read:
    """Every row of the file, or the IngestError that refuses it whole."""
    sheet = open_sheet(path, limits=limits, columns=order.columns, name=order.filename)
    batches = list(sheet.batches())
    rows = pl.concat([b.frame for b in batches])
    refused = pl.concat([b.refused for b in batches])
    return Read(rows, refused, report_of(sheet))


def report_of(sheet: Sheet) -> dict[str, Any]:
    """What was detected, for the uploader to check."""
    return {
        "encoding": sheet.encoding,
        "compression": sheet.compression,
        "delimiter": sheet.dialect.delimiter,
        "mapping": dict(sheet.mapping),
        "unmapped": list(sheet.unmapped),
    }
