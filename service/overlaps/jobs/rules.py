"""A sharing rule changed, or what it was waiting for is done: who takes part, and what is shown, follow."""

from uuid import UUID

from service.overlaps.jobs.parts import Parts, request_publish
from service.overlaps.jobs.push import enqueue_push
from service.partnerships.repository import Partnerships, awaiting


async def follow_rules(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Tokens of the side whose rule it was, and both sides' shared records: a review needs both to show."""
    async with parts.database.tenant(org_id) as session:
        partnership = await Partnerships(session).by_id(partnership_id)
        await request_publish(session, parts.ids, partnership, org_id, None)
        await enqueue_push(session, partnership_id)


async def follow_settled(parts: Parts, *, org_id: UUID) -> None:
    """Filters are applied to every account: what is shown under them is published whole, and so shows again."""
    async with parts.database.tenant(org_id) as session:
        for partnership_id in await awaiting(session):
            partnership = await Partnerships(session).by_id(partnership_id)
            await request_publish(session, parts.ids, partnership, org_id, None)
