"""As one side: what the other decided on pairs, what it proposed and which of one's proposals it accepted, into one's own log, each once
and as far as one is told of it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from service.audit import record
from service.db.names import Duty
from service.db.sessions import DutySession
from service.events.models import PartnershipEvent
from service.events.repository import PartnershipEvents
from service.overlaps.jobs.parts import ACCEPTED, PROPOSED, Parts
from service.overlaps.proposed import Proposals
from service.overlaps.told import OF_ONE, TOLD, of_one
from service.overlaps.view import View, view_of

DECIDED: Final = "overlap.decided"
_PROPOSAL: Final = ("link_proposal", "proposal_id")
_ABOUT: Final = {DECIDED: ("overlap", "overlap_id"), PROPOSED: _PROPOSAL, ACCEPTED: _PROPOSAL}
"""What an event is of, and where it names it."""
_TOLD: Final = "SELECT o.id" + TOLD + " AND o.id = ANY($7)"
_AT_ONCE: Final = 1000


async def relay(parts: Parts, *, partnership_id: UUID, org_id: UUID) -> None:
    """Note what the partner said since the last time. What one isn't told of at this moment leaves nothing behind, later either.

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
    said = await events.of_the_partner(partnership_id, _ABOUT, after, limit=_AT_ONCE)
    if not said:
        return 0
    told = await _told(session, view, said)
    for event in said:
        (kind, _), target = _ABOUT[event.type], _named(event)
        if target in told[event.type]:
            details = {"partnership_id": str(partnership_id), "by": str(event.by_org_id)}
            if event.type == DECIDED:
                details["status"] = event.data["status"]
            await record(session, parts.clock, event.type, target=f"{kind}:{target}", details=details)
    await events.move_bookmark(partnership_id, said[-1].sequence)
    return len(said)


async def _told(
    session: DutySession, view: View, said: Sequence[PartnershipEvent]
) -> Mapping[str, Collection[UUID]]:
    """By the kind of event: the pairs and proposals among them that the session's side is told of at this moment."""
    driver: asyncpg.Connection = await session.raw()
    ids = {kind: [_named(event) for event in said if event.type == kind] for kind in _ABOUT}
    rows = await driver.fetch(view.sql(_TOLD, **OF_ONE), *of_one(session, view), ids[DECIDED])
    received = await Proposals(session, view).received(ids[PROPOSED]) if ids[PROPOSED] else ()
    accepted = ids[ACCEPTED] if view.tells_of_proposals else ()
    return {DECIDED: {row["id"] for row in rows}, PROPOSED: received, ACCEPTED: accepted}


def _named(event: PartnershipEvent) -> UUID:
    _, name = _ABOUT[event.type]
    return UUID(event.data[name])
