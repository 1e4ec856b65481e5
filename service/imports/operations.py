"""An upload's way from the request to the accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.db.database import Database
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


async def run(  # the parts that the worker is made of
    database: Database,
    spool: Spool,
    target: Target[BatchT],
    clock: Clock,
    *,
    limits: Limits,
    org_id: UUID,
    import_id: UUID,
) -> None:
    """Read the upload and make its accounts live in one commit; a repetition after a crash begins again."""
    work = await _begin(database, org_id, import_id)
    if work is None:
        return
    try:
        read = await anyio.to_thread.run_sync(partial(read_file, spool.path(import_id), work, limits))
    except IngestError as error:
        async with database.tenant(org_id) as session:
            await _fail(session, clock, import_id, {"code": error.code, "message": str(error)})
    else:
        order = Order(import_id, work.mode, work.population)
        ready = await anyio.to_thread.run_sync(target.ready, read.rows, order)
        async with database.tenant(org_id) as session:
            outcome = await target.store(session, ready.batch, order)
            await _complete(session, clock, import_id=import_id, read=read, ready=ready, outcome=outcome)
    spool.discard(import_id)


async def _begin(database: Database, org_id: UUID, import_id: UUID) -> Import | None:
    async with database.tenant(org_id) as session:
        record = await Imports(session).by_id(import_id)
        if record is None or record.status in {ImportStatus.COMPLETED, ImportStatus.FAILED}:
            return None
        record.status = ImportStatus.RUNNING
        return record


async def _fail(session: TenantSession, clock: Clock, import_id: UUID, problem: dict[str, Any]) -> None:
    record = await Imports(session).by_id(import_id)
    if record is not None:
        record.status, record.problem, record.finished_at = ImportStatus.FAILED, problem, clock.now()


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
    if record is None:
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
