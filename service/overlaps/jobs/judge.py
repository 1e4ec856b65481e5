"""As the matcher: people's words stand on other pairs than when they were weighed, so those pairs are judged again."""

from uuid import UUID

import numpy as np
import polars as pl

from service.db.turns import PATIENCE, Turn, take_turn
from service.overlaps.jobs.parts import Parts, request_publish
from service.overlaps.scope import Scope
from service.overlaps.verdicts import judge_again
from service.overlaps.words import STATUSES, WORDS
from service.partnerships.repository import MatchedPartnership

_WEIGHED = """
    SELECT o.lo_ref, o.hi_ref, o.status, o.scored, max(d.word) FILTER (WHERE d.stands AND d.org_id = o.lo_org_id),
           max(d.word) FILTER (WHERE d.stands AND d.org_id = o.hi_org_id)
    FROM decision d JOIN overlap o ON o.partnership_id = d.partnership_id AND o.lo_ref = d.lo_ref AND o.hi_ref = d.hi_ref
    WHERE d.partnership_id = $1 GROUP BY o.lo_ref, o.hi_ref, o.status, o.scored
    UNION ALL
    SELECT o.lo_ref, o.hi_ref, o.status, o.scored, NULL, NULL FROM overlap o
    WHERE o.partnership_id = $1 AND o.status IN ('confirmed', 'rejected', 'disputed') AND NOT EXISTS (
        SELECT FROM decision d WHERE d.partnership_id = $1 AND d.lo_ref = o.lo_ref AND d.hi_ref = o.hi_ref)
"""
"""Those of which nobody says any more what made them so, too."""
_SCHEMA = {
    "lo_ref": pl.Int64, "hi_ref": pl.Int64, "was": pl.String, "scored": pl.String, "lo_word": pl.String, "hi_word": pl.String,
}  # fmt: skip


async def judge(parts: Parts, *, partnership_id: UUID) -> None:
    """Pairs whose status isn't what their score and both sides' words make of it; done again, there are none."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
        rows = await (await session.raw()).fetch(_WEIGHED, partnership_id)
        weighed = pl.DataFrame([tuple(row) for row in rows], schema=_SCHEMA, orient="row")
        wrong = weighed.join(STATUSES, on=["scored", *WORDS], nulls_equal=True).filter(
            pl.col("status") != pl.col("was")
        )
        if not wrong.height:
            return
        lo, hi = (np.unique(wrong[side].to_numpy().view(np.uint64)) for side in ("lo_ref", "hi_ref"))
        concerned = await judge_again(session, partnership, Scope(lo, hi))
        for org_id, refs in ((partnership.lo_org_id, concerned.lo), (partnership.hi_org_id, concerned.hi)):
            await request_publish(session, parts.ids, partnership, org_id, refs)
