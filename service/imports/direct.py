"""Records that come over the API: an import that is done in the request's own transaction, without a file.

It takes its number when it writes, under the lock of those who store. A file that was accepted before and is stored later is
the older word: it leaves alone what was written over the API since (`Order.later`). So nobody waits for a queue, and no older
list wins. Such an import is no whole list either: it supersedes no file, and doesn't count among the ten that are remembered.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from service.audit import record as record_action
from service.db.sessions import TenantSession
from service.imports.endings import stored_at
from service.imports.models import Import, ImportKind, ImportMode, ImportStatus, Origin
from service.imports.repository import Imports
from service.imports.stored import tell_changed
from service.imports.target import Target, few_made
from service.kit.clock import Clock
from service.organizations.standing import hold_active

WAIT: Final = "3s"
"""For a file that is being written at this moment; then the request is refused, to be repeated."""
FORGETS_EVERY: Final = 100
"""Imports of this origin are many and small: one in so many looks for what needs no remembering any more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came: `name` says how, `size` is the bytes of the body."""

    import_id: UUID
    name: str
    size: int = 0
    kind: ImportKind = ImportKind.ACCOUNTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    rows_read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: int = 0


async def take_place(session: TenantSession) -> None:
    """Until the transaction ends, nobody else stores records of the organization. OrganizationSuspendedError.

    The database refuses if a file is being written for longer than `WAIT`.
    """
    await hold_active(session)
    await Imports(session).lock_storing(wait=WAIT)


async def keep_import(
    session: TenantSession, clock: Clock, target: Target[Any, Any], sent: Sent, counts: Counts,
    *, made: Sequence[UUID] = (), **more: str,
) -> None:  # fmt: skip
    """Note what was written as an import that is over, with the ids of what it `made`, and tell who keeps something of the records; the audit log says `more`."""
    imports = Imports(session)
    await imports.take_turn()
    number = await imports.next_number()
    record = Import(
        org_id=session.org_id, id=sent.import_id, number=number, kind=sent.kind, origin=Origin.API,
        status=ImportStatus.COMPLETED, mode=ImportMode.UPSERT, filename=sent.name, bytes_received=sent.size, digest=b"",
        created_at=clock.now(), finished_at=await stored_at(session, clock), made=few_made(made), **asdict(counts),
    )  # fmt: skip
    session.add(record)
    await session.flush()
    details = {"records": sent.kind.value, "by": sent.name, **asdict(counts), **more}
    await record_action(session, clock, "records.written", target=f"import:{sent.import_id}", details=details)
    await tell_changed(session, clock, target, forgets=number % FORGETS_EVERY == 0)
