"""What follows when records were written, in the same transaction."""

from typing import Any

from service.db.sessions import TenantSession
from service.imports import rejects
from service.imports.operations import REMEMBERED, REMEMBERED_IMPORTS
from service.imports.repository import Imports
from service.imports.target import Target
from service.jobs import enqueue
from service.kit.clock import Clock
from service.organizations.standing import is_limited, require_room


async def require_quota(session: TenantSession, target: Target[Any, Any], *, more: int = 0) -> None:
    """QuotaExceededError, which undoes what was written; `more` is what would come to the records that there are."""
    quota = target.traits.quota
    if quota and await is_limited(session, quota):
        await require_room(session, quota, await target.count(session) + more)


async def tell_changed(
    session: TenantSession, clock: Clock, target: Target[Any, Any], *, forgets: bool = True
) -> None:
    """Tell who keeps something of the records, and forget what needs no remembering any more.

    What files changed is remembered for so many of them in any case, what came over the API for a time.
    """
    if job := target.traits.changed_job:
        org_id = str(session.org_id)
        await enqueue(session, job, {"org_id": org_id}, dedupe_key=org_id)
    if not forgets:
        return
    imports, until = Imports(session), clock.now() - REMEMBERED
    oldest = await imports.oldest_of_the_last(REMEMBERED_IMPORTS)
    await target.forget_history(session, before=oldest, until=until)
    await imports.forget_direct(until)
    if oldest is not None:
        await rejects.forget(session, before=oldest, until=until)
