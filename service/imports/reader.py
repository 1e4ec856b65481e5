"""The way of a spooled upload into the accounts."""

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.db.sessions import TenantSession
from service.imports.files import Read, read_file
from service.imports.models import Import, ImportMode, ImportStatus
from service.imports.operations import CHANGED_JOB, RUN_JOB, queue_import, run_arguments
from service.imports.refused import keep_errors
from service.imports.repository import Imports
from service.imports.spool import Spool
from service.imports.target import Order, Outcome, Ready, Target
from service.ingest import IngestError, Limits
from service.jobs import enqueue, is_given_up, is_live
from service.kit.clock import Clock
from service.organizations.errors import QuotaExceededError
from service.organizations.standing import Quota, is_limited, require_room

MAX_STORED_ERRORS = 10_000
FINISHED = frozenset({ImportStatus.COMPLETED, ImportStatus.FAILED})
LOST = {"code": "upload_lost", "message": "The uploaded file is no longer in the spool: upload it again."}
NOTHING_KEPT = {
    "code": "nothing_kept",
    "message": "Every row of the file was refused, so nothing was replaced: look at its delimiter and columns and upload it again.",
}
GIVEN_UP = {
    "code": "internal",
    "message": "The file could not be imported and nothing of it was kept. The fault is ours: tell the operator the import's id.",
}
BatchT = TypeVar("BatchT")


class Turn(Enum):
    """Why an import isn't read now."""

    LATER = "an older one is unfinished"
    OVER = "it is finished or gone"


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

    async def _begin(self, org_id: UUID, import_id: UUID) -> Import | Turn:
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.take_turn()
            record = await imports.by_id(import_id)
            if record is None or record.status in FINISHED:
                return Turn.OVER
            while (first := await imports.first_unfinished()) is not None and first != import_id:
                arguments = run_arguments(org_id, first)
                if await is_live(session, RUN_JOB, arguments):
                    return Turn.LATER
                if not await is_given_up(session, RUN_JOB, arguments):
                    # it came too early once, and the one before it ended without calling it: the database went away, say
                    await queue_import(session, first)
                    return Turn.LATER
                # its worker died at every attempt; it must not hold up those after it
                await self._close(session, first, GIVEN_UP)
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
            if work.mode is ImportMode.REPLACE and not read.rows.height:
                await self._fail(org_id, work.id, NOTHING_KEPT)
                return
            order = Order(work.id, _safe_mode(work.mode, read), work.population)
            ready = await anyio.to_thread.run_sync(self.target.ready, read.rows, order)
            async with self.database.tenant(org_id) as session:
                await self._store(session, read, ready, order)
        except IngestError as error:
            await self._fail(org_id, work.id, {"code": error.code, "message": str(error)})
        except QuotaExceededError as error:
            await self._fail(org_id, work.id, {"code": "quota_exceeded", "message": str(error)})
        except DatabaseUnavailable:
            raise
        except Exception:
            if last_attempt:
                await self._fail(org_id, work.id, GIVEN_UP)
                await self._call_next(org_id)
            raise

    async def _store(self, session: TenantSession, read: Read, ready: Ready[BatchT], order: Order) -> None:
        """Unless another job of the same import was first: a repetition must not put an older list over a newer one."""
        imports = Imports(session)
        await imports.lock_storing()
        record = await imports.by_id(order.import_id)
        if record is None or record.status in FINISHED:
            return
        outcome = await self.target.store(session, ready.batch, order)
        if await is_limited(session, Quota.ACCOUNTS):
            await require_room(session, Quota.ACCOUNTS, await self.target.count(session))
        await _complete(session, self.clock, record, read=read, ready=ready, outcome=outcome)

    async def _fail(self, org_id: UUID, import_id: UUID, problem: dict[str, str]) -> None:
        async with self.database.tenant(org_id) as session:
            await self._close(session, import_id, problem)

    async def _close(self, session: TenantSession, import_id: UUID, problem: dict[str, str]) -> None:
        record = await Imports(session).by_id(import_id)
        if record is not None and record.status not in FINISHED:
            record.status, record.problem = ImportStatus.FAILED, problem
            record.finished_at = self.clock.now()
            await session.flush()

    async def _call_next(self, org_id: UUID) -> None:
        """Queue the organization's next upload: its own job may have come while it was not its turn."""
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.take_turn()
            following = await imports.first_unfinished()
            if following is not None:
                await queue_import(session, following)


def _safe_mode(mode: ImportMode, read: Read) -> ImportMode:
    """What a refused row stood for isn't known, so nothing is taken for gone while any row was refused."""
    return ImportMode.MERGE if read.refused.height else mode


def _kept_warning(mode: ImportMode, read: Read) -> list[str]:
    if mode is ImportMode.MERGE or not read.refused.height:
        return []
    sentence = (
        f"{read.refused.height} rows were refused, so nothing was removed: mend them and upload the list again to remove the "
        "accounts that it no longer has."
    )
    return [sentence]


async def _complete(
    session: TenantSession,
    clock: Clock,
    record: Import,
    *,
    read: Read,
    ready: Ready[BatchT],
    outcome: Outcome,
) -> None:
    refused = pl.concat([read.refused, ready.refused], how="vertical_relaxed").sort("row")
    record.status, record.finished_at = ImportStatus.COMPLETED, clock.now()
    record.report = {
        **read.report,
        "warnings": [*ready.warnings, *_kept_warning(record.mode, read)],
        "errors_stored": min(refused.height, MAX_STORED_ERRORS),
    }
    record.rows_read, record.rejected = read.rows.height + read.refused.height, refused.height
    record.created, record.updated = outcome.created, outcome.updated
    record.unchanged, record.removed = outcome.unchanged, outcome.removed
    await session.flush()
    await keep_errors(session, record.id, refused.head(MAX_STORED_ERRORS))
    await enqueue(session, CHANGED_JOB, {"org_id": str(session.org_id)}, dedupe_key=str(session.org_id))
