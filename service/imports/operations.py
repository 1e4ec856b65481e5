"""Taking an upload in; `reader.py` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from service.audit import record as record_action
from service.db.sessions import TenantSession
from service.imports.models import Import, ImportMode, ImportStatus
from service.imports.repository import Imports
from service.jobs import Payload, enqueue
from service.kit.clock import Clock
from service.organizations.standing import Quota, hold_active, is_limited, require_room

RUN_JOB = "imports.run"
CHANGED_JOB = "accounts.changed"
"""Enqueued by name for whoever keeps something of the accounts: {org_id}."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What came with a file. `columns` maps canonical fields to headers where the uploader settled it."""

    import_id: UUID
    filename: str
    bytes_received: int
    mode: ImportMode = ImportMode.MERGE
    population: str | None = None
    columns: Mapping[str, str] | None = None


async def accept(session: TenantSession, clock: Clock, upload: Upload) -> Import:
    """Record an upload that is safe in the spool and queue its reading, in one transaction.

    OrganizationSuspendedError, QuotaExceededError.
    """
    await hold_active(session)
    await _require_room(session, upload)
    record = Import(
        org_id=session.org_id, id=upload.import_id, status=ImportStatus.RECEIVED, mode=upload.mode,
        filename=upload.filename, population=upload.population,
        columns=dict(upload.columns) if upload.columns else None, bytes_received=upload.bytes_received,
        created_at=clock.now(), finished_at=None,
    )  # fmt: skip
    session.add(record)
    await session.flush()
    await queue_import(session, upload.import_id)
    details = {"mode": upload.mode.value, "bytes": upload.bytes_received, "population": upload.population}
    await record_action(
        session, clock, "import.accepted", target=f"import:{upload.import_id}", details=details
    )
    return record


async def _require_room(session: TenantSession, upload: Upload) -> None:
    """Uploads that wait for their reading take disk space; those that were read don't."""
    if await is_limited(session, Quota.UPLOAD_BYTES):
        imports = Imports(session)
        await imports.take_turn()
        await require_room(session, Quota.UPLOAD_BYTES, await imports.waiting_bytes() + upload.bytes_received)


def run_arguments(org_id: UUID, import_id: UUID) -> Payload:
    return {"org_id": str(org_id), "import_id": str(import_id)}


async def queue_import(session: TenantSession, import_id: UUID) -> None:
    await enqueue(session, RUN_JOB, run_arguments(session.org_id, import_id), dedupe_key=str(import_id))
