"""A sharing rule changed: who takes part, and what is shown, follow."""

from uuid import UUID

from service.overlaps.jobs.parts import Parts, enqueue_publish
from service.overlaps.jobs.push import enqueue_push


async def follow_rules(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Tokens of the side whose rule it was, and both sides' shared records: a review needs both to show."""
    async with parts.database.tenant(org_id) as session:
        await enqueue_publish(session, partnership_id, org_id)
        await enqueue_push(session, partnership_id)
