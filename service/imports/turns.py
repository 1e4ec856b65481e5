"""Which import of an organization is read next, where jobs are lost or given up."""

from uuid import UUID

from service.db.sessions import TenantSession
from service.imports import endings
from service.imports.operations import RUN_JOB, queue_import, run_arguments
from service.imports.repository import Imports
from service.jobs import is_given_up, is_live
from service.kit.clock import Clock

GIVEN_UP = {
    "code": "internal",
    "message": "The file could not be imported and nothing of it was kept. The fault is ours: tell the operator the import's id.",
}


async def wait_for_another(session: TenantSession, clock: Clock, own: UUID | None = None) -> bool:
    """Whether another import than one's `own` comes first; for whoever has taken the turn.

    One whose job was given up is ended, so that it doesn't hold up those after it; one whose job was lost gets another.
    """
    while (first := await Imports(session).first_unfinished()) is not None and first != own:
        arguments = run_arguments(session.org_id, first)
        if await is_live(session, RUN_JOB, arguments):
            return True
        if not await is_given_up(session, RUN_JOB, arguments):
            # it came too early once, and the one before it ended without calling it: the database went away, say
            await queue_import(session, first)
            return True
        await endings.close(session, clock, first, GIVEN_UP)
    return False
