"""As the matcher: the next epoch takes the present one's place, once both sides' tokens stand under it."""

from uuid import UUID

import anyio.to_thread
import numpy as np
import polars as pl

from service.db.sessions import MatcherSession
from service.jobs import enqueue
from service.linking.meet import TOKEN, TokenSet, moved_by_crowding
from service.linking.meet import meet as meet_tokens
from service.overlaps.blobs import frame_bytes, frame_of
from service.overlaps.jobs.meet import terms_of
from service.overlaps.jobs.parts import MEET_JOB, PURGE_JOB, Parts, enqueue_relate
from service.overlaps.models import MatchRun
from service.overlaps.repository import Runs
from service.overlaps.stored import read_sent
from service.overlaps.tokens import Newest, newest_changes, refs_as_bytes
from service.partnerships.models import Partnership
from service.partnerships.repository import MatchedPartnership

_Sides = tuple[TokenSet, TokenSet]


async def switch(parts: Parts, *, partnership_id: UUID) -> None:
    """Change the epoch in one transaction. Overlaps stand as they are: what was scored counts as scored under the new epoch, if
    its tokens are made by the same rules. Runs under way are void.
    """
    async with parts.database.matcher(partnership_id) as session:
        matched = MatchedPartnership(session)
        partnership = await matched.lock(epochs=True)
        if partnership is None or partnership.next_epoch is None:
            return
        newest = await newest_changes(session, partnership_id)
        sides = partnership.lo_org_id, partnership.hi_org_id
        if not all(side in newest and partnership.next_epoch in newest[side].epochs for side in sides):
            return
        if not await _carry(session, partnership, newest):
            # a push has replaced what was read: its own job will switch
            return
        await Runs(session).drop_unscored()
        await matched.begin_next(parts.clock.now())
        place = {"partnership_id": str(partnership_id)}
        await enqueue(session, MEET_JOB, place, dedupe_key=str(partnership_id))
        await enqueue_relate(session, partnership_id)
        for side in sides:
            await enqueue(session, PURGE_JOB, place | {"org_id": str(side)})


async def _carry(session: MatcherSession, partnership: Partnership, newest: dict[UUID, Newest]) -> bool:
    """Make the last scored run one of the next epoch; what it counted of tokens is counted anew. False if that can't be done now."""
    last = await Runs(session).last_scored()
    if last is None:
        return True
    if not _goes_on(partnership, newest, last):
        # the next run judges every pair; the tokens of the old epoch go with it
        last.left_out = frame_bytes(frame_of(last.left_out).clear())
        return True
    changes = newest[partnership.lo_org_id].change, newest[partnership.hi_org_id].change
    before = frame_of(last.left_out)
    moved = [np.empty(0, dtype=np.uint64)] * 2
    now = before
    if changes != (last.lo_change, last.hi_change):
        old = await _sides(session, partnership, partnership.epoch, newest)
        if old is None:
            return False
        now = (await anyio.to_thread.run_sync(meet_tokens, *old)).left_out
        moved = moved_by_crowding(old, before, now)
    if now.height:
        coming = await _sides(session, partnership, int(partnership.next_epoch or 0), newest)
        if coming is None:
            return False
        now = (await anyio.to_thread.run_sync(meet_tokens, *coming)).left_out
    _put(last, now, terms_of(partnership, epoch=partnership.next_epoch))
    last.lo_touched, last.hi_touched = (refs_as_bytes(refs) for refs in moved)
    return True


def _put(last: MatchRun, left_out: pl.DataFrame, terms: str) -> None:
    last.left_out, last.terms = frame_bytes(left_out.select(TOKEN)), terms


def _goes_on(partnership: Partnership, newest: dict[UUID, Newest], last: MatchRun) -> bool:
    """Whether both epochs' tokens were made of the same accounts by the same rules, and pairs scored by those of today."""
    return (
        partnership.normaliser == partnership.next_normaliser
        and last.terms == terms_of(partnership)
        and all(
            partnership.epoch in newest[side].epochs
            for side in (partnership.lo_org_id, partnership.hi_org_id)
        )
    )


async def _sides(
    session: MatcherSession, partnership: Partnership, epoch: int, newest: dict[UUID, Newest]
) -> _Sides | None:
    """Both sides' tokens as of the `newest` changes; None if there are newer ones."""
    sent = await read_sent(session, epoch=epoch)
    lo, hi = (sent.get(side, {}) for side in (partnership.lo_org_id, partnership.hi_org_id))
    return (lo, hi) if newest == await newest_changes(session, partnership.id) else None
