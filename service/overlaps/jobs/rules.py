"""A sharing rule changed: who takes part, and what is shown, follow."""

from uuid import UUID

from service.jobs import enqueue
from service.overlaps.jobs.parts import PUBLISH_JOB, PUSH_JOB, Parts


async def follow_rules(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Tokens of the side whose rule it was, and both sides' shared records: a review needs both to show."""
    async with parts.database.tenant(org_id) as session:
        place = {"org_id": str(org_id), "partnership_id": str(partnership_id)}
        await enqueue(session, PUSH_JOB, place)
        await enqueue(session, PUBLISH_JOB, place)
