"""How an import ends, written into its row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from service.crypto import DataKeys, Keystore
from service.db.sealed import owner_of
from service.db.sessions import TenantSession
from service.imports.files import Read
from service.imports.models import OVER, SEALED_PREVIEW, Guard, Import, ImportMode, ImportStatus
from service.imports.refused import keep_errors
from service.imports.repository import Imports
from service.imports.target import Difference
from service.kit.clock import Clock

MAX_STORED_ERRORS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What became of a file's rows: those `refused` by reader and target, those `left` by append, and the difference."""

    read: Read
    refused: pl.DataFrame
    warnings: list[str]
    difference: Difference[Any]

    @property
    def told(self) -> pl.DataFrame:
        """Rows that the uploader is told of."""
        left = self.difference.left
        rows = self.refused if left is None else pl.concat([self.refused, left], how="vertical_relaxed")
        return rows.sort("row")


async def complete(
    session: TenantSession, keystore: Keystore, clock: Clock, record: Import, found: Found
) -> list[UUID]:
    """Counts, report and refused rows. What was held before it is superseded: the ids, whose files are no longer needed."""
    record.end(ImportStatus.COMPLETED, await stored_at(session, clock))
    await _tell(session, keystore, record, found)
    return [] if record.dry_run else await _supersede(session, clock, record)


async def finish(session: TenantSession, clock: Clock, record: Import) -> None:
    """An import without a file is done."""
    record.end(ImportStatus.COMPLETED, await stored_at(session, clock))
    await session.flush()


async def stored_at(session: TenantSession, clock: Clock) -> datetime:
    """Now, for whoever has locked storing: later than all that was stored before, whatever the clocks of several machines say."""
    last = await Imports(session).last_stored_at()
    now = clock.now()
    return now if last is None else max(now, last + timedelta(microseconds=1))


async def hold(
    session: TenantSession, keystore: Keystore, record: Import, found: Found, guards: Mapping[Guard, str]
) -> None:
    """Leave it for somebody's word: nothing is stored of it, and its file stays."""
    record.status = ImportStatus.HELD
    await _tell(session, keystore, record, found)
    record.report = {
        **(record.report or {}),
        "guards": [{"guard": guard.value, "message": message} for guard, message in guards.items()],
    }
    await session.flush()


def seal_preview(keystore: Keystore, session: TenantSession, record: Import, preview: dict[str, Any]) -> None:
    keys = DataKeys(keystore, owner_of(session))
    record.preview = keys.seal(json.dumps(preview).encode(), SEALED_PREVIEW.place(record.id))


def open_preview(keystore: Keystore, record: Import) -> dict[str, Any] | None:
    """What a dry run found; None for other imports."""
    if record.preview is None:
        return None
    keys = DataKeys(keystore, str(record.org_id))
    found: dict[str, Any] = json.loads(keys.open(record.preview, SEALED_PREVIEW.place(record.id)))
    return found


async def close(
    session: TenantSession,
    clock: Clock,
    import_id: UUID,
    problem: dict[str, str] | None,
    *,
    status: ImportStatus = ImportStatus.FAILED,
) -> bool:
    """End an import that isn't over; whether it wasn't."""
    record = await Imports(session).by_id(import_id)
    if record is None or record.status in OVER:
        return False
    record.end(status, clock.now())
    record.problem = problem
    await session.flush()
    return True


async def tell_refused(
    session: TenantSession, keystore: Keystore, import_id: UUID, read: Read, refused: pl.DataFrame
) -> None:
    """The refused rows of an import of which nothing was kept."""
    record = await Imports(session).by_id(import_id)
    if record is not None:
        record.report = {
            **read.report,
            "warnings": [],
            "errors_stored": min(refused.height, MAX_STORED_ERRORS),
        }
        record.rows_read, record.rejected = read.rows.height + read.refused.height, refused.height
        await session.flush()
        await keep_errors(session, keystore, record, refused.head(MAX_STORED_ERRORS))


async def _tell(session: TenantSession, keystore: Keystore, record: Import, found: Found) -> None:
    told, difference = found.told, found.difference
    record.phase = None
    record.report = {
        **found.read.report,
        "warnings": [*found.warnings, *_kept_warning(record.mode, found.read.refused)],
        "errors_stored": min(told.height, MAX_STORED_ERRORS),
    }
    record.rows_read = found.read.rows.height + found.read.refused.height
    record.rejected = found.refused.height
    record.created, record.updated = difference.created, difference.updated
    record.unchanged, record.removed = difference.unchanged, difference.removed
    record.skipped = 0 if difference.left is None else difference.left.height
    await session.flush()
    await keep_errors(session, keystore, record, told.head(MAX_STORED_ERRORS))


def _kept_warning(mode: ImportMode, refused: pl.DataFrame) -> list[str]:
    if mode is not ImportMode.REPLACE or not refused.height:
        return []
    sentence = (
        f"{refused.height} rows were refused, so nothing was removed: mend them and upload the list again to remove the "
        "records that it no longer has."
    )
    return [sentence]


async def _supersede(session: TenantSession, clock: Clock, record: Import) -> list[UUID]:
    held = await Imports(session).held(record)
    for older in held:
        await close(session, clock, older, SUPERSEDED)
    return held


SUPERSEDED = {
    "code": "superseded",
    "message": "A newer list was imported while this one waited to be confirmed: nothing of it was kept.",
}
