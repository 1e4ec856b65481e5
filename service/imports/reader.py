"""The way of a spooled upload into the records of its organization."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any
from uuid import UUID

import anyio.from_thread
import anyio.to_thread
import polars as pl

from service.crypto import Keystore
from service.db.database import Database
from service.db.errors import DatabaseFullError, DatabaseUnavailable
from service.db.sessions import TenantSession
from service.imports import endings, rejects
from service.imports.attributes import attributes_asked
from service.imports.endings import Found
from service.imports.errors import (
    PopulationGoneError,
    ReadAgainError,
    UnfitAttributeError,
    UploadDamagedError,
)
from service.imports.files import Opener, Read, opener_of, read_file
from service.imports.guards import fired, may_grow_too_much
from service.imports.models import OVER, PERSONAL_KINDS, Import, ImportMode, ImportStatus, Phase
from service.imports.operations import queue_import
from service.imports.packed import Sieve
from service.imports.preview import preview
from service.imports.progress import CancelledImportError, Progress, noted
from service.imports.refused import problem_of
from service.imports.repository import Imports
from service.imports.spool import Spool
from service.imports.stored import require_quota, tell_changed
from service.imports.target import FEW_MADE, Difference, Order, Ready, Target, Targets, few_made
from service.imports.turns import GIVEN_UP, wait_for_another
from service.ingest import IngestError, Limits
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.errors import QuotaExceededError

LOST = {"code": "upload_lost", "message": "The uploaded file is no longer in the spool: upload it again."}
NOTHING_KEPT = {
    "code": "nothing_kept",
    "message": "Every row of the file was refused, so nothing was replaced: look at its delimiter and columns and upload it again.",
}
ROWS_REFUSED = (
    "{} of {} rows were refused and all_or_nothing was asked for, so nothing was kept: mend the rows that the errors name and "
    "upload the list again, or send it without all_or_nothing to keep the good rows."
)
NO_ROOM = {
    "code": "no_room",
    "message": "The server's disk is full, and it stayed so: nothing of the file was kept. Tell the operator to free space, then upload it again.",
}


class Turn(Enum):
    """Why an import isn't read now."""

    LATER = "an older one is unfinished"
    OVER = "it is finished or gone"


class RefusedWholeError(Exception):
    """The import ends without anything kept; `problem` says why, `found` what is to be told of its rows."""

    def __init__(self, problem: dict[str, str], read: Read, refused: pl.DataFrame) -> None:
        super().__init__(problem["code"])
        self.problem, self.read, self.refused = problem, read, refused


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading an upload needs."""

    database: Database
    keystore: Keystore
    spool: Spool
    targets: Targets
    limits: Limits
    clock: Clock
    ids: Ids

    async def run(self, org_id: UUID, import_id: UUID, *, last_attempt: bool = False) -> None:
        """Read the upload and make its records live in one commit; a repetition after a crash begins again.

        Imports of one organization follow each other in the order of their uploads, so that the newest list is the one
        that stays: one that comes too early is left for the one before it to call.
        """
        work = await self._begin(org_id, import_id)
        if work == Turn.LATER:
            return
        if isinstance(work, Import):
            await self._read_and_store(org_id, work, last_attempt=last_attempt)
        await self._discard(org_id, import_id)
        await self._call_next(org_id)

    async def _begin(self, org_id: UUID, import_id: UUID) -> Import | Turn:
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.take_turn()
            record = await imports.by_id(import_id)
            if record is None or record.status in OVER or record.status is ImportStatus.HELD:
                return Turn.OVER
            if await wait_for_another(session, self.clock, import_id):
                return Turn.LATER
            if record.cancelling:
                await endings.close(session, self.clock, import_id, None, status=ImportStatus.CANCELLED)
                return Turn.OVER
            if not record.rollback_of and not record.dry_run and await imports.is_overtaken(record):
                await endings.close(session, self.clock, import_id, endings.SUPERSEDED)
                return Turn.OVER
            record.status = ImportStatus.RUNNING
            return record

    async def _discard(self, org_id: UUID, import_id: UUID) -> None:
        """The file of an import that is over; one that is held is read again."""
        async with self.database.tenant_read(org_id) as session:
            record = await Imports(session).by_id(import_id)
        if record is None or record.status in OVER:
            self.spool.discard(import_id)

    async def _read_and_store(self, org_id: UUID, work: Import, *, last_attempt: bool) -> None:
        try:
            await self._try(org_id, work)
        except DatabaseFullError:
            if not last_attempt:
                raise
            await self._fail(org_id, work.id, NO_ROOM)
        except DatabaseUnavailable:
            raise
        except Exception:
            if last_attempt:
                await self._fail(org_id, work.id, GIVEN_UP)
                self.spool.discard(work.id)
                await self._call_next(org_id)
            raise

    async def _try(self, org_id: UUID, work: Import) -> None:
        """Carry it out, or end it with what the file itself is to blame for."""
        try:
            await self._carry_out(org_id, work)
        except (IngestError, QuotaExceededError) as error:
            await self._fail(org_id, work.id, problem_of(error, work.kind))
        except RefusedWholeError as error:
            await self._refuse(org_id, work.id, error)
        except (UploadDamagedError, UnfitAttributeError, PopulationGoneError) as error:
            await self._fail(org_id, work.id, {"code": error.code, "message": str(error)})
        except CancelledImportError:
            await self._fail(org_id, work.id, None, status=ImportStatus.CANCELLED)

    async def _carry_out(self, org_id: UUID, work: Import) -> None:
        if work.rollback_of is not None:
            await self._roll_back(org_id, work.id, work.rollback_of)
        elif not self.spool.path(work.id).exists():
            await self._fail(org_id, work.id, LOST)
        else:
            async with noted(self.database, org_id, work.id) as progress:
                await self._import(org_id, work, progress)

    async def _import(self, org_id: UUID, work: Import, progress: Progress) -> None:
        # a preview tells of every row, and a list that only adds tells which rows were there before
        sifted = not work.dry_run and work.mode is not ImportMode.APPEND
        try:
            await self._read_through(org_id, work, progress, sifted=sifted)
        except ReadAgainError:
            progress.at(Phase.READING)
            await self._read_through(org_id, work, progress, sifted=False)

    async def _read_through(self, org_id: UUID, work: Import, progress: Progress, *, sifted: bool) -> None:
        """Read, make ready, compare and write. ReadAgainError, if it was `sifted`: nothing is written then."""
        opener = opener_of(self.spool, self.keystore, work)

        def sieve(headers: Mapping[str, str]) -> Sieve | None:
            order = _order(org_id, work, headers)
            return anyio.from_thread.run(self._sieve, work, order) if sifted else None

        read = await anyio.to_thread.run_sync(partial(read_file, opener, work, self.limits, progress, sieve))
        order = replace(_order(org_id, work, read.headers), mode=_safe_mode(work.mode, read))
        async with self.database.tenant_read(org_id) as session:
            order = await self.targets[work.kind].found(session, order)
        progress.at(Phase.PREPARING, read.rows.height)
        ready = await anyio.to_thread.run_sync(self.targets[work.kind].ready, read.rows, order)
        refused = pl.concat([read.refused, ready.refused], how="vertical_relaxed").sort("row")
        if refused.height and work.kind not in PERSONAL_KINDS:
            await self._keep_rejects(org_id, work, opener, refused)
        if not work.dry_run and (problem := _whole_problem(work, read, refused)):
            raise RefusedWholeError(problem, read, refused)
        progress.at(Phase.COMPARING, read.rows.height)
        async with self.database.tenant(org_id) as session:
            superseded = await self._store(session, read, ready, order, progress)
        for import_id in superseded:
            self.spool.discard(import_id)

    async def _sieve(self, work: Import, order: Order) -> Sieve | None:
        async with self.database.tenant_read(order.org_id) as session:
            target = self.targets[work.kind]
            return await target.sieve(session, await target.found(session, order), work.bytes_received)

    async def _roll_back(self, org_id: UUID, import_id: UUID, undone: UUID) -> None:
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.lock_storing()
            record = await imports.by_id(import_id)
            if record is None or record.status in OVER:
                return
            _heed(record)
            target = self.targets[record.kind]
            outcome, skipped = await target.roll_back(session, undone=undone, import_id=import_id)
            record.created, record.updated = outcome.created, outcome.updated
            record.removed, record.skipped = outcome.removed, skipped
            record.made = few_made(outcome.made)
            if outcome.created:
                await require_quota(session, target)
            await endings.finish(session, self.clock, record)
            await tell_changed(session, self.clock, target)

    async def _keep_rejects(self, org_id: UUID, work: Import, opener: Opener, refused: pl.DataFrame) -> None:
        pieces = await anyio.to_thread.run_sync(partial(rejects.written, opener, work, self.limits, refused))
        async with self.database.tenant(org_id) as session:
            await rejects.keep(session, self.keystore, self.ids, work.id, pieces)

    async def _store(
        self, session: TenantSession, read: Read, ready: Ready[Any], order: Order, progress: Progress
    ) -> list[UUID]:
        """Compare and write; the imports that were held before it, and now are over.

        Unless another job of the same import was first: a repetition must not put an older list over a newer one.
        """
        imports = Imports(session)
        await imports.lock_storing()
        record = await imports.by_id(order.import_id)
        if record is None or record.status in OVER:
            return []
        _heed(record)
        refused = pl.concat([read.refused, ready.refused], how="vertical_relaxed").sort("row")
        target = self.targets[record.kind]
        order = replace(order, later=await imports.written_after(record))
        difference = await target.compare(session, ready.batch, order)
        found = Found(read, refused, [*ready.warnings, *difference.warnings], difference)
        total = await target.count(session) if may_grow_too_much(difference) else 0
        guards = fired(difference, order.mode, total)
        if record.dry_run:
            outlook = await anyio.to_thread.run_sync(target.outlook, read.rows)
            personal = record.kind in PERSONAL_KINDS
            refusal = _whole_problem(record, read, refused) or await _quota_problem(
                session, target, difference
            )
            shown = preview(found, outlook, guards, refusal, personal=personal)
            endings.seal_preview(self.keystore, session, record, shown)
        elif guards and not record.confirmed:
            await endings.hold(session, self.keystore, record, found, guards)
            return []
        else:
            progress.at(Phase.WRITING, difference.changes)
            await _write(session, target, found, order)
            if difference.created <= FEW_MADE:
                record.made = list(await target.made(session))
        superseded = await endings.complete(session, self.keystore, self.clock, record, found)
        if not record.dry_run and difference.changes:
            await tell_changed(session, self.clock, target)
        return superseded

    async def _refuse(self, org_id: UUID, import_id: UUID, error: RefusedWholeError) -> None:
        async with self.database.tenant(org_id) as session:
            if await endings.close(session, self.clock, import_id, error.problem):
                await endings.tell_refused(session, self.keystore, import_id, error.read, error.refused)

    async def _fail(
        self,
        org_id: UUID,
        import_id: UUID,
        problem: dict[str, str] | None,
        *,
        status: ImportStatus = ImportStatus.FAILED,
    ) -> None:
        async with self.database.tenant(org_id) as session:
            await endings.close(session, self.clock, import_id, problem, status=status)

    async def _call_next(self, org_id: UUID) -> None:
        """Queue the organization's next upload: its own job may have come while it was not its turn."""
        async with self.database.tenant(org_id) as session:
            imports = Imports(session)
            await imports.take_turn()
            following = await imports.first_unfinished()
            if following is not None:
                await queue_import(session, following)


async def _write(session: TenantSession, target: Target[Any, Any], found: Found, order: Order) -> None:
    await target.write(session, found.difference, order)
    if found.difference.created:
        await require_quota(session, target)


async def _quota_problem(
    session: TenantSession, target: Target[Any, Any], difference: Difference[Any]
) -> dict[str, str] | None:
    """Why the import would be refused for how many records there would be."""
    try:
        await require_quota(session, target, more=difference.created - difference.removed)
    except QuotaExceededError as error:
        return {"code": "quota_exceeded", "message": str(error)}
    return None


def _order(org_id: UUID, work: Import, headers: Mapping[str, str]) -> Order:
    return Order(
        org_id,
        work.id,
        work.mode,
        work.population,
        headers,
        attributes_asked(work.columns),
        statuses=work.statuses or {},
    )


def _heed(record: Import) -> None:
    """CancelledImportError where somebody asked for that meanwhile."""
    if record.cancelling:
        raise CancelledImportError


def _safe_mode(mode: ImportMode, read: Read) -> ImportMode:
    """What a refused row stood for isn't known, so nothing is taken for gone while any row was refused."""
    return ImportMode.UPSERT if mode is ImportMode.REPLACE and read.refused.height else mode


def _whole_problem(work: Import, read: Read, refused: pl.DataFrame) -> dict[str, str] | None:
    """Why what is left of the file must not be kept."""
    if work.all_or_nothing and refused.height:
        rows = read.rows.height + read.refused.height
        return {"code": "rows_refused", "message": ROWS_REFUSED.format(f"{refused.height:,}", f"{rows:,}")}
    if work.mode is ImportMode.REPLACE and not read.rows.height:
        return NOTHING_KEPT
    return None
