"""As one side: what the other decided on pairs, and which of one's proposals it accepted, into one's own log, each once and as far as one
is told of it.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

import asyncpg

from service.audit import record
from service.db.names import Duty
from service.db.sessions import DutySession
from service.events.repository import PartnershipEvents
from service.overlaps.jobs.parts import ACCEPTED, Parts
from service.overlaps.told import OF_ONE, TOLD, of_one
from service.overlaps.view import view_of

DECIDED: Final = "overlap.decided"
_TOLD: Final = "SELECT o.id" + TOLD + " AND o.id = ANY($7)"
_AT_ONCE: Final = 1000


async def relay(parts: Parts, *, partnership_id: UUID, org_id: UUID) -> None:
    """Note what the partner decided since the last time. What one isn't told of at this moment leaves nothing behind, later either.

    The entry names the partner as a whole: `by`, its organization.
    """
    more = True
    while more:
        async with parts.database.duty(org_id, Duty.RELAY) as session:
            more = await _note(session, parts, partnership_id) == _AT_ONCE


async def _note(session: DutySession, parts: Parts, partnership_id: UUID) -> int:
    """How many events there were; UnknownPartnershipError."""
    view = await view_of(session, partnership_id)
    if view.rests:
        return 0  # what was said before is told when it goes on
    events = PartnershipEvents(session)
    after = await events.bookmark(partnership_id)
    decided = await events.of_the_partner(partnership_id, (DECIDED, ACCEPTED), after, limit=_AT_ONCE)
    if not decided:
        return 0
    ids = [UUID(event.data["overlap_id"]) for event in decided if event.type == DECIDED]
    driver: asyncpg.Connection = await session.raw()
    rows = await driver.fetch(view.sql(_TOLD, **OF_ONE), *of_one(session, view), ids)
    told: Collection[UUID] = {row["id"] for row in rows}
    for event in decided:
        details = {"partnership_id": str(partnership_id), "by": str(event.by_org_id)}
        if event.type == ACCEPTED:
            target, is_told = f"link_proposal:{event.data['proposal_id']}", view.tells_of_proposals
        else:
            details["status"] = event.data["status"]
            target, is_told = f"overlap:{event.data['overlap_id']}", UUID(event.data["overlap_id"]) in told
        if is_told:
            await record(session, parts.clock, event.type, target=target, details=details)
    await events.move_bookmark(partnership_id, decided[-1].sequence)
    return len(decided)
