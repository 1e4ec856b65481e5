"""What an organization asks for: a sandbox of its own, beginning again, and taking it away. A job does the work."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from service.audit import record
from service.crypto import Keystore, Mode
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import Turn, take_turn
from service.jobs import enqueue, is_live
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.key_operations import Wish, issue_key
from service.organizations.models import Organization, Scope
from service.organizations.operations import SANDBOX_HANDLE, draw_keys
from service.organizations.repository import ApiKeys, Directory
from service.organizations.session_repository import Sessions
from service.partnerships.sandbox.errors import NoSandboxError, SandboxInSandboxError, SandboxLeavingError
from service.partnerships.sandbox.lists import FICTIONAL

SANDBOX_JOB: Final = "sandbox.prepare"
FIRST_KEY: Final = "first key"


class Task(StrEnum):
    """What the job is to do."""

    FILL = "fill"
    RESET = "reset"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Made:
    """A sandbox, and its first key where it was made just now."""

    sandbox: Organization
    key: str | None


async def make_sandbox(
    session: TenantSession, keystore: Keystore, clock: Clock, ids: Ids, *, starter: bool = True
) -> Made:
    """The organization's sandbox, made if there is none, with two fictional partners; a job brings their lists and partnerships.

    `starter`: it begins with a list of its own. The first key may do everything, since there is nothing in it yet that is anybody's.
    SandboxInSandboxError, SandboxLeavingError.
    """
    await take_turn(session, Turn.SANDBOX, session.org_id)
    own = await Directory(session).by_id(session.org_id)
    if own is None or own.sandbox:
        raise SandboxInSandboxError
    if found := await Directory(session).sandbox_of(own.id):
        await _refuse_leaving(session, found)
        return Made(found, None)
    sandbox = _organization(ids.new(), keystore, clock, f"{own.name} (sandbox)", sandbox_of=own.id)
    session.add(sandbox)
    await session.flush()
    session.add_all(
        _organization(ids.new(), keystore, clock, name, fictional_for=sandbox.id) for name in FICTIONAL
    )
    key = await issue_key(
        session, ids, clock, wish=Wish(FIRST_KEY, [*Scope]), maker=[*Scope], sandbox=sandbox
    )
    await record(session, clock, "sandbox.created", target=_target(sandbox))
    await _order(session, sandbox, Task.FILL, starter=starter)
    return Made(sandbox, key.text.text)


async def reset_sandbox(session: TenantSession, clock: Clock, *, starter: bool = True) -> Organization:
    """Have everything taken out of the sandbox but its keys, and fill it as at the beginning. NoSandboxError, SandboxLeavingError."""
    await take_turn(session, Turn.SANDBOX, session.org_id)
    sandbox = await sandbox_seen_by(session)
    await _refuse_leaving(session, sandbox)
    await record(session, clock, "sandbox.reset", target=_target(sandbox))
    await _order(session, sandbox, Task.RESET, starter=starter)
    return sandbox


async def remove_sandbox(session: TenantSession, clock: Clock) -> None:
    """End its keys and sessions at once, and have it taken away with its partners. NoSandboxError, SandboxInSandboxError."""
    await take_turn(session, Turn.SANDBOX, session.org_id)
    sandbox = await sandbox_seen_by(session)
    if sandbox.id == session.org_id:
        raise SandboxInSandboxError
    await ApiKeys(session, of=sandbox.id).revoke_all(clock.now())
    await Sessions(session).end_in(sandbox.id, clock.now())
    await record(session, clock, "sandbox.deleted", target=_target(sandbox))
    await _order(session, sandbox, Task.REMOVE)


async def sandbox_seen_by(session: TenantReadSession) -> Organization:
    """The sandbox of the session's organization, or that organization itself if it is one. NoSandboxError."""
    own = await Directory(session).by_id(session.org_id)
    if own is not None and own.sandbox_of is not None:
        return own
    found = await Directory(session).sandbox_of(session.org_id)
    if found is None:
        raise NoSandboxError
    return found


def work_on(sandbox_id: UUID, task: Task, *, starter: bool = True) -> dict[str, str | int]:
    """The arguments of the job."""
    return {"org_id": str(sandbox_id), "task": task.value, "starter": int(starter)}


async def _order(session: TenantSession, sandbox: Organization, task: Task, *, starter: bool = True) -> None:
    work = work_on(sandbox.id, task, starter=starter)
    await enqueue(session, SANDBOX_JOB, work, dedupe_key=f"{task.value}:{int(starter)}:{sandbox.id}")


async def _refuse_leaving(session: TenantSession, sandbox: Organization) -> None:
    if await is_live(session, SANDBOX_JOB, work_on(sandbox.id, Task.REMOVE)):
        raise SandboxLeavingError


def _organization(org_id: UUID, keystore: Keystore, clock: Clock, name: str, **of: UUID) -> Organization:
    return Organization(
        id=org_id, handle=f"{SANDBOX_HANDLE}{org_id.hex}", name=name, mode=Mode.HOSTED, identity=draw_keys(keystore, org_id),
        created_at=clock.now(), sandbox=True, **of,
    )  # fmt: skip


def _target(sandbox: Organization) -> str:
    return f"organization:{sandbox.id}"
