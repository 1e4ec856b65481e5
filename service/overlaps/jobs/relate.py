"""As the matcher: which accounts of two sides belong to one owner, as both sides' newest tokens say."""

from functools import partial
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.linking.relate import Roles
from service.linking.relate import relate as relate_tokens
from service.matching.kinds import Level
from service.matching.score import AUTO
from service.overlaps.jobs.parts import Parts, request_publish
from service.overlaps.related import packed, write_related
from service.overlaps.stored import read_roles
from service.partnerships.repository import MatchedPartnership


async def relate(parts: Parts, *, partnership_id: UUID) -> None:
    """Bring the pairs of one owner up to what the tokens say; none stands once no owner's token does.

    Only pairs that are sure are kept: nobody is asked about owners.
    """
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        roles = await read_roles(session, epoch=partnership.epoch, warm=parts.warm)
        lo, hi = (roles.get(org_id, {}) for org_id in (partnership.lo_org_id, partnership.hi_org_id))
        found = await anyio.to_thread.run_sync(partial(_sure, lo, hi, partnership.threshold))
        changed = await write_related(session, partnership, found)
        for org_id, refs in ((partnership.lo_org_id, changed.lo), (partnership.hi_org_id, changed.hi)):
            await request_publish(session, parts.ids, partnership, org_id, refs)


def _sure(lo: Roles, hi: Roles, threshold: float) -> pl.DataFrame:
    # each side sends no farther than both look
    found = relate_tokens(lo, hi, Level.SAME_ULTIMATE_PARENT, threshold=threshold)
    return packed(found.pairs.filter(pl.col("status") == AUTO))
