"""The organization's audit log: who did what, to be read, exported and kept."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.moments import Moment
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.audit import record
from service.audit.checkpoints import Checkpoint, service_identity
from service.audit.models import AuditCheckpoint, AuditEntry
from service.audit.operations import checkpoint_line, export_line
from service.audit.repository import AuditLog, Wanted
from service.http.state import AppState
from service.kit.actors import ActorKind
from service.organizations.models import Scope

router = resource("/audit-log", "audit log")
NDJSON = "application/x-ndjson"
Word = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ActorOut(BaseModel):
    kind: ActorKind
    id: UUID | None = Field(description="Of the key or person; null for the operator and the service.")


class AuditEntryOut(BaseModel):
    number: int = Field(description="From 1 on, without gaps.")
    at: datetime
    actor: ActorOut
    request_id: str | None = Field(description="`X-Request-Id` of the request that did it.")
    action: str
    target: str | None = Field(description="Kind and id of the thing.")
    details: dict[str, str | int | bool | None]
    hash: str = Field(description="SHA-256 of the hash before and this entry's canonical text, in hex.")


class CheckpointOut(BaseModel):
    """The service's signature under the log as it stood at entry `number`."""

    org_id: UUID
    number: int
    hash: str
    at: str = Field(description="As it was signed: in UTC, with microseconds.")
    service_key: str = Field(description="Ed25519 public key, in hex.")
    signature: str


def _out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(
        number=entry.number, at=entry.at, actor=ActorOut(kind=entry.actor_kind, id=entry.actor_id), request_id=entry.request_id,
        action=entry.action, target=entry.target, details=entry.details, hash=entry.hash.hex(),
    )  # fmt: skip


@router.get(
    "", operation_id="list_audit_entries", responses=responses(400),
    dependencies=[Depends(reads(Scope.AUDIT_READ), scope="function")],
)  # fmt: skip
async def list_audit_entries(
    session: Reading,
    paging: Paging,
    *,
    action: Word = None,
    actor: Annotated[UUID | None, Query(description="Id of a key or person.")] = None,
    target: Word = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Page[AuditEntryOut]:
    """Entries, newest first."""
    position = paging.after(int)
    wanted = Wanted(action=action, actor_id=actor, target=target, since=since, until=until)
    before = position[0] if position else None
    found = await AuditLog(session).page(limit=paging.limit + 1, before=before, wanted=wanted)
    return paging.page(found, _out, lambda entry: (entry.number,))


@router.get(
    "/checkpoints", operation_id="list_audit_checkpoints", responses=responses(400),
    dependencies=[Depends(reads(Scope.AUDIT_READ), scope="function")],
)  # fmt: skip
async def list_audit_checkpoints(session: Reading, paging: Paging) -> Page[CheckpointOut]:
    """The newest checkpoints first. Keep them elsewhere: they show if the log is ever cut off or written anew."""
    position = paging.after(int)
    before = position[0] if position else None
    found = await AuditLog(session).checkpoints(limit=paging.limit + 1, before=before)
    return paging.page(found, _signed, lambda row: (row.number,))


def _signed(row: AuditCheckpoint) -> CheckpointOut:
    return CheckpointOut.model_validate(Checkpoint.stored(row).as_json())


@router.get(
    "/export", operation_id="export_audit_log", response_class=StreamingResponse,
    dependencies=[Depends(writes(Scope.AUDIT_READ), scope="function")],
    responses=responses() | {
        200: {
            "description": "One entry a line, oldest first; the last line is a checkpoint of the log as it stands.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    },
)  # fmt: skip
async def export_audit_log(app: App, session: Writing) -> StreamingResponse:
    """The whole log as NDJSON, this export in it. Without a checkpoint as its last line it was cut off on the way."""
    await record(session, app.clock, "audit_log.exported")
    headers = {"Content-Disposition": 'attachment; filename="audit-log.ndjson"'}
    return StreamingResponse(_lines(app, session.org_id), media_type=NDJSON, headers=headers)


async def _lines(app: AppState, org_id: UUID) -> AsyncIterator[str]:
    """No transaction is open while a slow reader reads: entries are never changed, so batches agree with each other."""
    last: AuditEntry | None = None
    while True:
        async with app.database.tenant_read(org_id) as session:
            batch = await AuditLog(session).after(last.number if last else 0)
        if not batch:
            break
        last = batch[-1]
        yield "".join(export_line(entry) for entry in batch)
    if last is not None:
        identity = service_identity(app.keystore)
        signed = Checkpoint.sign(
            identity, org=str(org_id), number=last.number, hash_=last.hash, at=app.clock.now()
        )
        yield checkpoint_line(signed)
