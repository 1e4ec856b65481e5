"""As the matcher: pairs that no key joins go once both sides no longer confirm them."""

from uuid import UUID

import numpy as np

from service.db.turns import PATIENCE, Turn, take_turn
from service.overlaps.jobs.parts import Parts, request_publish
from service.overlaps.models import OverlapStatus
from service.overlaps.scope import Scope
from service.overlaps.verdicts import judge_again
from service.partnerships.repository import MatchedPartnership

_OVER = "SELECT lo_ref, hi_ref FROM overlap WHERE partnership_id = $1 AND scored IS NULL AND status = $2"


async def unlink(parts: Parts, *, partnership_id: UUID) -> None:
    """Judge them again, which leaves none. That they went was told when the word was taken back."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
        rows = await (await session.raw()).fetch(_OVER, partnership_id, OverlapStatus.REVIEW)
        if not rows:
            return
        lo, hi = (
            np.unique(np.array([row[side] for row in rows], dtype=np.int64).view(np.uint64))
            for side in (0, 1)
        )
        concerned = await judge_again(session, partnership, Scope(lo, hi))
        for org_id, refs in ((partnership.lo_org_id, concerned.lo), (partnership.hi_org_id, concerned.hi)):
            await request_publish(session, parts.ids, partnership, org_id, refs)
