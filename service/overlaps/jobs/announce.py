"""As whoever proposed: of a proposal the partner is told by one event, when the account that was proposed is first shown to it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from service.db.names import Duty
from service.overlaps.jobs.parts import PROPOSED, Parts, enqueue_relay
from service.overlaps.shown import Within
from service.overlaps.view import view_of

_UNTOLD: Final = """
    SELECT p.id, n.populations FROM link_proposal p JOIN shown n ON n.ref = p.ref
    WHERE p.partnership_id = $1 AND p.org_id = $2 AND p.sent AND p.state = 'open' AND NOT p.announced ORDER BY p.id
"""
_ANNOUNCED: Final = (
    "UPDATE link_proposal SET announced = true WHERE partnership_id = $1 AND id = ANY($3) AND org_id = $2"
)
_TELL: Final = """
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, by_org_id, to_org_id, created_at)
    SELECT $1, (SELECT coalesce(max(sequence), 0) FROM partnership_event WHERE partnership_id = $1) + n.place, n.id, $4,
           jsonb_build_object('proposal_id', n.proposal_id), $5, $6, $7, $8, $9
    FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS n (id, proposal_id, place)
"""


async def announce(parts: Parts, within: Within) -> None:
    """Once for each proposal, behind `write_shown` in the same transaction: nobody else numbers events meanwhile. Last in it: the session
    is on its duty no more.

    One that the partner isn't told of at this moment (its account isn't shown, the partnership rests, reviews are off) waits for the
    next publishing of that account.
    """
    session, partnership = within.session, within.partnership
    driver: asyncpg.Connection = await session.raw()
    untold = await driver.fetch(_UNTOLD, partnership.id, session.org_id)
    if not untold:
        return
    view = await view_of(session, partnership.id)
    if not view.tells_of_proposals:
        return
    told = [row["id"] for row in untold if row["populations"] & view.own_bits]
    await driver.execute(_ANNOUNCED, partnership.id, session.org_id, told)
    await _tell(parts, within, told)


async def _tell(parts: Parts, within: Within, told: Sequence[UUID]) -> None:
    session, partnership = within.session, within.partnership
    driver, partner = await session.raw(), partnership.partner_of(session.org_id)
    async with session.on_duty(Duty.DECIDE):
        sides = partnership.lo_org_id, partnership.hi_org_id, session.org_id, partner
        ids = [parts.ids.new() for _ in told]
        await driver.execute(_TELL, partnership.id, ids, told, PROPOSED, *sides, parts.clock.now())
    await enqueue_relay(session, partnership.id, partner)
