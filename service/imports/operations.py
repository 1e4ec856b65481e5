"""Taking an upload in; `reader.py` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.audit import record as record_action
from service.crypto import DataKeys, Keystore, SecretBytes
from service.crypto.errors import RecordError
from service.db.sealed import owner_of
from service.db.sessions import TenantSession
from service.imports.errors import ImportStateError, UnknownImportError, UploadDamagedError
from service.imports.models import (
    OVER,
    SEALED_UPLOAD_KEY,
    Import,
    ImportKind,
    ImportMode,
    ImportStatus,
    Origin,
)
from service.imports.repository import Imports
from service.jobs import Payload, enqueue
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.standing import Quota, hold_active, is_limited, require_room

RUN_JOB = "imports.run"
CHANGED_JOB = "accounts.changed"
"""Enqueued by name for whoever keeps something of the accounts: {org_id}."""


REMEMBERED = timedelta(days=90)
REMEMBERED_IMPORTS = 10
"""What records were before is kept this long, and of this many imports in any case."""
WAITING = frozenset({ImportStatus.RECEIVED, ImportStatus.HELD})


@dataclass(frozen=True, slots=True)
class Upload:
    """What came with a file: `digest` is the SHA-256 of its bytes, `key` what opens them in the spool; `columns` maps canonical fields to headers where settled."""

    import_id: UUID
    filename: str
    bytes_received: int
    digest: bytes
    key: SecretBytes
    kind: ImportKind = ImportKind.ACCOUNTS
    mode: ImportMode = ImportMode.UPSERT
    population: str | None = None
    columns: Mapping[str, str] | None = None
    mapping: str | None = None
    statuses: Mapping[str, str | None] | None = None
    worksheet: str | None = None
    all_or_nothing: bool = False
    dry_run: bool = False
    confirmed: bool = False
    since: datetime | None = None
    """When the newest of the populations that it names was made, but for the standard ones: an older import named others."""

    def asks_the_same(self, record: Import) -> bool:
        """Whether the import was of the same bytes, to be done with in the same way."""
        columns = dict(self.columns) if self.columns else None
        statuses = dict(self.statuses) if self.statuses else None
        asked = (self.digest, self.mode, self.population, columns, statuses, self.worksheet, self.all_or_nothing)  # fmt: skip
        stored = (
            record.digest, record.mode, record.population, record.columns, record.statuses, record.worksheet, record.all_or_nothing,
        )  # fmt: skip
        of_others = self.since is not None and record.created_at < self.since
        return asked == stored and not of_others and not self.dry_run and record.origin is Origin.FILE


async def accept(session: TenantSession, keystore: Keystore, clock: Clock, upload: Upload) -> Import:
    """Record an upload that is safe in the spool and queue its reading, in one transaction.

    The bytes of the newest import, sent again, answer with that import: then its id isn't the upload's, whose file is not needed.
    OrganizationSuspendedError, QuotaExceededError.
    """
    await hold_active(session)
    imports = Imports(session)
    await imports.take_turn()
    newest = await imports.newest(upload.kind)
    if newest is not None and upload.asks_the_same(newest) and await _says_the_same(imports, newest):
        if newest.status is ImportStatus.HELD and upload.confirmed:
            return await confirm(session, clock, newest.id)
        return newest
    await _require_room(session, imports, upload)
    record = Import(
        org_id=session.org_id, id=upload.import_id, number=await imports.next_number(), kind=upload.kind, status=ImportStatus.RECEIVED, mode=upload.mode,
        filename=upload.filename, population=upload.population,
        columns=dict(upload.columns) if upload.columns else None, mapping=upload.mapping,
        statuses=dict(upload.statuses) if upload.statuses else None, bytes_received=upload.bytes_received,
        digest=upload.digest, upload_key=_sealed(session, keystore, upload), worksheet=upload.worksheet, all_or_nothing=upload.all_or_nothing, dry_run=upload.dry_run,
        confirmed=upload.confirmed, created_at=clock.now(), finished_at=None,
    )  # fmt: skip
    session.add(record)
    await session.flush()
    await queue_import(session, upload.import_id)
    details = {
        "records": upload.kind.value,
        "mode": upload.mode.value,
        "bytes": upload.bytes_received,
        "population": upload.population,
    }
    if not upload.dry_run:
        await _record(session, clock, "import.accepted", record.id, details)
    return record


def _sealed(session: TenantSession, keystore: Keystore, upload: Upload) -> bytes:
    place = SEALED_UPLOAD_KEY.place(upload.import_id)
    return DataKeys(keystore, owner_of(session)).seal(upload.key.reveal(), place)


def upload_key(keystore: Keystore, record: Import) -> SecretBytes:
    """What opens the upload of an import that isn't over. UploadDamagedError."""
    keys, place = DataKeys(keystore, str(record.org_id)), SEALED_UPLOAD_KEY.place(record.id)
    try:
        return SecretBytes(keys.open(record.upload_key or b"", place))
    except RecordError as error:
        raise UploadDamagedError from error


async def _says_the_same(imports: Imports, newest: Import) -> bool:
    """What belongs to accounts may find others after a later list of accounts, although it is of the same bytes."""
    if newest.kind is ImportKind.ACCOUNTS:
        return True
    accounts = await imports.newest(ImportKind.ACCOUNTS)
    return accounts is None or accounts.number < newest.number


async def confirm(session: TenantSession, clock: Clock, import_id: UUID) -> Import:
    """Let a held import go on, whatever its guards say. UnknownImportError, ImportStateError."""
    record = await _changing(session, import_id)
    if record.status is not ImportStatus.HELD:
        raise ImportStateError(record.status, "confirmed", "Only an import that is held waits for that.")
    if await Imports(session).is_overtaken(record):
        raise ImportStateError("superseded", "confirmed", "A newer list was imported meanwhile.")
    record.status, record.confirmed, record.cancelling = ImportStatus.RECEIVED, True, False
    await session.flush()
    await queue_import(session, import_id)
    await _record(session, clock, "import.confirmed", import_id, {})
    return record


async def cancel(session: TenantSession, clock: Clock, import_id: UUID) -> Import:
    """Give an import up; one that is being read ends within a second or so, unless it is being written already.

    UnknownImportError, ImportStateError.
    """
    record = await _changing(session, import_id)
    if record.status in OVER:
        raise ImportStateError(record.status, "cancelled", "It is over.")
    if record.status in WAITING:
        record.end(ImportStatus.CANCELLED, clock.now())
        await queue_import(session, import_id)  # it removes the file, once this is settled
    record.cancelling = True
    await session.flush()
    await _record(session, clock, "import.cancelled", import_id, {})
    return record


async def roll_back(session: TenantSession, clock: Clock, ids: Ids, import_id: UUID) -> Import:
    """Queue the undoing of an import, as an import of its own. UnknownImportError, ImportStateError."""
    undone = await _changing(session, import_id)
    if undone.status is not ImportStatus.COMPLETED or undone.dry_run:
        raise ImportStateError(undone.status, "rolled back", "Only what was stored can be undone.")
    if not await _is_remembered(session, clock, undone):
        raise ImportStateError(
            "too old", "rolled back", "What was before is kept for 90 days, and of the last 10 imports."
        )
    record = Import(
        org_id=session.org_id, id=ids.new(), number=await Imports(session).next_number(), kind=undone.kind, origin=undone.origin, status=ImportStatus.RECEIVED, mode=ImportMode.UPSERT,
        filename=f"rollback of {undone.filename}"[:200], bytes_received=0, digest=b"", rollback_of=import_id,
        confirmed=True, created_at=clock.now(), finished_at=None,
    )  # fmt: skip
    session.add(record)
    await session.flush()
    await queue_import(session, record.id)
    await _record(session, clock, "import.rolled_back", import_id, {"by": str(record.id)})
    return record


async def _is_remembered(session: TenantSession, clock: Clock, record: Import) -> bool:
    oldest = await Imports(session).oldest_of_the_last(REMEMBERED_IMPORTS)
    recent = record.finished_at is not None and record.finished_at > clock.now() - REMEMBERED
    return recent or (record.origin is Origin.FILE and (oldest is None or record.id >= oldest))


async def _changing(session: TenantSession, import_id: UUID) -> Import:
    imports = Imports(session)
    await imports.take_turn()
    record = await imports.by_id(import_id)
    if record is None:
        raise UnknownImportError
    return record


async def _record(
    session: TenantSession, clock: Clock, action: str, import_id: UUID, details: dict[str, Any]
) -> None:
    await record_action(session, clock, action, target=f"import:{import_id}", details=details)


async def _require_room(session: TenantSession, imports: Imports, upload: Upload) -> None:
    """Uploads that wait for their reading take disk space; those that were read don't."""
    if await is_limited(session, Quota.UPLOAD_BYTES):
        await require_room(session, Quota.UPLOAD_BYTES, await imports.waiting_bytes() + upload.bytes_received)


def run_arguments(org_id: UUID, import_id: UUID) -> Payload:
    return {"org_id": str(org_id), "import_id": str(import_id)}


async def queue_import(session: TenantSession, import_id: UUID) -> None:
    await enqueue(session, RUN_JOB, run_arguments(session.org_id, import_id), dedupe_key=str(import_id))
