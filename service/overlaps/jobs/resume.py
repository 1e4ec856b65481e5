"""As the matcher: a partnership goes on, and what its rest left undone is begun."""

from uuid import UUID

from service.jobs import enqueue
from service.overlaps.jobs.parts import (
    LINK_JOB,
    MEET_JOB,
    SWITCH_JOB,
    UNLINK_JOB,
    Parts,
    enqueue_judge,
    enqueue_relate,
    enqueue_relay,
    request_publish,
)
from service.overlaps.repository import Runs
from service.partnerships.repository import MatchedPartnership

_ACCEPTED = """
    SELECT p.id FROM link_proposal p JOIN link_proposal q ON q.partnership_id = p.partnership_id AND q.id = p.id AND NOT q.sent
    WHERE p.partnership_id = $1 AND p.sent AND p.state = 'open' AND q.state = 'accepted' ORDER BY p.id
"""


async def resume(parts: Parts, *, partnership_id: UUID) -> None:
    """Match what changed since the last run that was scored; a run that the pause broke off is done over. Tokens have kept up."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        await Runs(session).drop_unscored()
        place = {"partnership_id": str(partnership_id)}
        for job in (MEET_JOB, SWITCH_JOB, UNLINK_JOB):
            await enqueue(session, job, place, dedupe_key=str(partnership_id))
        for row in await (await session.raw()).fetch(_ACCEPTED, partnership_id):
            await enqueue(session, LINK_JOB, place | {"proposal_id": str(row["id"])})
        await enqueue_judge(session, partnership_id)
        await enqueue_relate(session, partnership_id)
        for org_id in (partnership.lo_org_id, partnership.hi_org_id):
            await request_publish(session, parts.ids, partnership, org_id, None)
            await enqueue_relay(session, partnership_id, org_id)
