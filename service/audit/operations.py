"""Recording what was done, checking that the record stands, and signing it."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from service.audit.checkpoints import Checkpoint, service_identity
from service.audit.errors import BrokenChainError, CheckpointError, CheckpointFileError
from service.audit.models import AuditCheckpoint, AuditEntry
from service.audit.repository import AuditLog, Noted, append
from service.audit.rules import Chain, Detail, as_json, fit_action, fit_details, fit_target
from service.crypto import Keystore
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.clock import Clock


async def record(
    session: TenantSession,
    clock: Clock,
    action: str,
    *,
    target: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Note an action of the session's actor in the organization's log; it stands if and when the transaction does.

    `action` is `noun.verb` in the past ("member.invited"), `target` names a thing by kind and id ("membership:<uuid>"),
    `details` holds ids, words and numbers, never a name or an address: UnfitEntryError.
    The entry gets its number and hash at the end of the transaction, so that the log is locked for a moment only.
    """
    noted = Noted(
        at=clock.now(), actor_kind=session.actor.kind, actor_id=session.actor.id, request_id=session.request_id,
        action=fit_action(action), target=fit_target(target), details=fit_details(details),
    )  # fmt: skip
    session.at_end(append, noted)


async def verify_log(
    session: TenantReadSession, *, trusted: bytes | None = None, given: Iterable[Checkpoint] = ()
) -> Chain:
    """Walk the organization's whole log, against every checkpoint stored and `given`; where it ends.

    `trusted` is the service's public key. BrokenChainError, CheckpointError, CheckpointFileError.
    """
    stored = [Checkpoint.stored(row) for row in await AuditLog(session).checkpoints(limit=None)]
    lines = ((as_json(entry), entry.hash) async for entry in AuditLog(session).everything())
    return await _walk(str(session.org_id), lines, [*stored, *given], trusted)


async def verify_export(
    lines: Iterable[str], *, trusted: bytes | None = None, given: Iterable[Checkpoint] = ()
) -> Chain:
    """Walk an exported log (NDJSON, whole) without the service, against the checkpoints in it and those `given`.

    It must end with a checkpoint of its last entry: without, nothing tells a log that was cut off or made up.
    BrokenChainError, CheckpointError, CheckpointFileError.
    """
    parsed = [_parsed(line) for line in lines if line.strip()]
    inside = [Checkpoint.read(json.dumps(one)) for one in parsed if "checkpoint" in one]
    entries = [one for one in parsed if "checkpoint" not in one]
    checkpoints = [*inside, *given]
    org = str(entries[0].get("org_id")) if entries else checkpoints[0].org if checkpoints else "nobody"

    async def stated() -> AsyncIterator[tuple[dict[str, Any], bytes]]:
        for one in entries:
            yield one, bytes.fromhex(one.pop("hash"))

    chain = await _walk(org, stated(), checkpoints, trusted)
    if not parsed or "checkpoint" not in parsed[-1] or inside[-1].number != chain.number:
        raise CheckpointError(
            f"The exported log of {org} doesn't end with a checkpoint of its last entry: it was cut off, or entries were added. "
            "Export it again."
        )
    return chain


async def _walk(
    org: str,
    entries: AsyncIterator[tuple[dict[str, Any], bytes]],
    checkpoints: Iterable[Checkpoint],
    trusted: bytes | None,
) -> Chain:
    waiting: dict[int, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        checkpoint.check_signature(trusted)
        if checkpoint.org != org:
            raise CheckpointFileError(f"The checkpoint is for the log of {checkpoint.org}, not of {org}.")
        waiting.setdefault(checkpoint.number, []).append(checkpoint)
    chain = Chain(org)
    async for content, stated in entries:
        chain.follow(content, stated)
        for checkpoint in waiting.get(chain.number, ()):
            checkpoint.compare(chain.number, chain.hash)
    for same in waiting.values():
        same[0].require_reached(chain.number)
    return chain


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
        known = "checkpoint" in found or {"hash", "number", "org_id"} <= set(found)
        bytes.fromhex(found.get("hash", ""))
    except (ValueError, TypeError, AttributeError):
        known = False
    if not known:
        raise BrokenChainError("an exported file", 0, "a line of it is no entry; export the log again.")
    return dict(found)


async def sign_head(session: TenantReadSession, keystore: Keystore, clock: Clock) -> Checkpoint | None:
    """A checkpoint of the log as it stands, not stored; None while nothing was recorded."""
    head = await AuditLog(session).head()
    if not head.number:
        return None
    return Checkpoint.sign(
        service_identity(keystore),
        org=str(session.org_id),
        number=head.number,
        hash_=head.hash,
        at=clock.now(),
    )


async def keep_checkpoint(session: TenantSession, keystore: Keystore, clock: Clock) -> Checkpoint | None:
    """Sign and store the log as it stands, unless the newest checkpoint says the same; that one then. None for an empty log."""
    log = AuditLog(session)
    await log.lock()
    newest = await log.checkpoints(limit=1)
    head = await log.head()
    if newest and newest[0].number == head.number:
        return Checkpoint.stored(newest[0])
    made = await sign_head(session, keystore, clock)
    if made is not None:
        session.add(
            AuditCheckpoint(
                org_id=session.org_id, number=made.number, hash=made.hash, at=made.at,
                service_key=made.service_key, signature=made.signature,
            )
        )  # fmt: skip
        await session.flush()
    return made


def export_line(entry: AuditEntry) -> str:
    """One entry as a line of NDJSON, with its hash: what `verify_export` reads."""
    return json.dumps({**as_json(entry), "hash": entry.hash.hex()}, ensure_ascii=True) + "\n"


def checkpoint_line(checkpoint: Checkpoint) -> str:
    """A checkpoint as the last line of an export."""
    return json.dumps({"checkpoint": checkpoint.as_json()}) + "\n"
