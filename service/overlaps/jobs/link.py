"""As the matcher: a proposal that was accepted becomes an overlap, by both sides' word."""

from uuid import UUID

import numpy as np

from service.db.turns import PATIENCE, Turn, take_turn
from service.overlaps.jobs.parts import ACCEPTED, Parts, enqueue_relay, request_publish
from service.overlaps.scope import Scope
from service.overlaps.verdicts import judge_again
from service.partnerships.repository import MatchedPartnership

_ACCEPTED = """
    SELECT p.org_id, p.partner_org_id, p.actor_kind, p.actor_id, p.proposed_at, p.ref, q.other_ref, q.answered_at,
           coalesce(p.other_ref = q.other_ref, false) AS named
    FROM link_proposal p JOIN link_proposal q ON q.partnership_id = p.partnership_id AND q.id = p.id AND NOT q.sent
    WHERE p.partnership_id = $1 AND p.id = $2 AND p.sent AND p.state = 'open' AND q.state = 'accepted'
"""
_TOLD = """
    UPDATE link_proposal SET state = 'accepted', other_ref = $3, answered_at = $4 WHERE partnership_id = $1 AND id = $2 AND sent
"""
_MEANT = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, actor_kind, actor_id, decided_at)
    VALUES ($1, $2, $3, $4, $5, 'confirm', false, $6, $7, $8)
    ON CONFLICT (partnership_id, lo_ref, hi_ref, org_id) DO UPDATE
    SET word = 'confirm', actor_kind = $6, actor_id = $7, decided_at = $8, learned = false, stands = true, lo_was = '{}', hi_was = '{}'
    WHERE $9 OR decision.word <> 'reject' OR NOT decision.stands
"""
"""What whoever proposed has rejected stays so, unless it named this very account."""
_TELL = """
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, by_org_id, to_org_id, created_at)
    SELECT $1, coalesce(max(sequence), 0) + 1, $2, $3, jsonb_build_object('proposal_id', $4::uuid), $5, $6, $7, $8, $9
    FROM partnership_event WHERE partnership_id = $1
"""


async def link(parts: Parts, *, partnership_id: UUID, proposal_id: UUID) -> None:
    """Whoever proposed is told, and meant it; done again, nothing is left to do."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
        driver = await session.raw()
        row = await driver.fetchrow(_ACCEPTED, partnership_id, proposal_id)
        if row is None:
            return
        lo, hi = row["ref"], row["other_ref"]
        if row["org_id"] == partnership.hi_org_id:
            lo, hi = hi, lo
        sides = row["org_id"], row["partner_org_id"]
        who = row["actor_kind"], row["actor_id"], row["proposed_at"]
        await driver.execute(_MEANT, partnership_id, lo, hi, *sides, *who, row["named"])
        await driver.execute(_TOLD, partnership_id, proposal_id, row["other_ref"], row["answered_at"])
        scope = Scope(*(np.array([ref], dtype=np.int64).view(np.uint64) for ref in (lo, hi)))
        concerned = await judge_again(session, partnership, scope)
        pair = partnership.lo_org_id, partnership.hi_org_id
        told = *pair, row["partner_org_id"], row["org_id"], parts.clock.now()
        await driver.execute(_TELL, partnership_id, parts.ids.new(), ACCEPTED, proposal_id, *told)
        await enqueue_relay(session, partnership_id, row["org_id"])
        for org_id, refs in ((partnership.lo_org_id, concerned.lo), (partnership.hi_org_id, concerned.hi)):
            await request_publish(session, parts.ids, partnership, org_id, refs)
