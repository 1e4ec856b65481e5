"""Pausing a partnership, taking it up again and ending it: by either side."""

from uuid import UUID

from fastapi import Depends, Response

from service.api.deps import App, Writing, writes
from service.api.preconditions import ChangeConditions, Conditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.partnerships import PartnershipOut, changed, state_tag
from service.db.sessions import TenantSession
from service.organizations.models import Scope
from service.partnerships.pausing import Meets, end, pause, resume

router = resource("/partnerships", "partnerships")


@router.post(
    "/{partnership_id}/pause", operation_id="pause_partnership", responses=responses(404, 410, 412),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def pause_partnership(
    session: Writing, app: App, response: Response, *, partnership_id: UUID, conditions: ChangeConditions
) -> PartnershipOut:
    """Let the partnership rest: from the answer on nothing is matched in it, and neither side sees anything of the other's.

    Rules, decisions and comments stay. It goes on once every side that paused it has resumed it; pausing again changes nothing.
    """
    opened = await pause(
        session, app.clock, app.ids, partnership_id=partnership_id, meets=_asked(session, conditions)
    )
    return changed(response, opened, session.org_id)


@router.post(
    "/{partnership_id}/resume", operation_id="resume_partnership", responses=responses(404, 410, 412),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def resume_partnership(
    session: Writing, app: App, response: Response, *, partnership_id: UUID, conditions: ChangeConditions
) -> PartnershipOut:
    """Take back my side's pause. What stood is seen again at once, and what changed meanwhile is matched in a moment; while the partner
    has it paused too, it goes on resting (`status`, `paused`).
    """
    opened = await resume(
        session, app.clock, app.ids, partnership_id=partnership_id, meets=_asked(session, conditions)
    )
    return changed(response, opened, session.org_id)


@router.post(
    "/{partnership_id}/end", operation_id="end_partnership", responses=responses(404, 412),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def end_partnership(
    session: Writing, app: App, response: Response, *, partnership_id: UUID, conditions: ChangeConditions
) -> PartnershipOut:
    """End the partnership for good. From the answer on neither side sees anything of it: whatever asks for its data is answered 410.

    Its keys, tokens, overlaps, shared records, decisions, comments and rules are deleted within seconds; each side's audit log stays.
    A new partnership of the same two begins at zero. Ending again changes nothing.
    """
    opened = await end(
        session, app.clock, app.ids, partnership_id=partnership_id, meets=_asked(session, conditions)
    )
    return changed(response, opened, session.org_id)


def _asked(session: TenantSession, conditions: Conditions) -> Meets:
    """The request's conditions on the state that the session's side sees."""
    return lambda found: conditions.check(state_tag(found, session.org_id))
