"""As the matcher: where two sides' tokens meet."""

from uuid import UUID

import anyio.to_thread

from service.db.sessions import MatcherSession
from service.jobs import enqueue
from service.linking.evidence import wanted
from service.linking.meet import Candidates
from service.linking.meet import meet as meet_tokens
from service.overlaps.blobs import seal_frame
from service.overlaps.jobs.parts import MEET_JOB, WEIGH_JOB, Parts
from service.overlaps.models import EvidenceRequest, MatchRun
from service.overlaps.repository import Runs
from service.overlaps.tokens import newest_changes, read_tokens
from service.partnerships.epochs import rest_key_of
from service.partnerships.models import Partnership
from service.partnerships.repository import MatchedPartnership

__all__ = ["MEET_JOB", "meet"]


async def meet(parts: Parts, *, partnership_id: UUID) -> None:
    """Find the candidates of both sides' newest tokens, and ask each owner for its evidence; older runs are dropped."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        changes = await newest_changes(session)
        lo, hi = changes.get(partnership.lo_org_id), changes.get(partnership.hi_org_id)
        if lo is None or hi is None or await Runs(session).begun(lo.change, hi.change):
            return
        sides = [
            await read_tokens(session, org_id=org_id, change=newest.change, epoch=partnership.epoch)
            for org_id, newest in ((partnership.lo_org_id, lo), (partnership.hi_org_id, hi))
        ]
        if [sum(map(len, side.values())) for side in sides] != [lo.tokens, hi.tokens]:
            # a push has replaced what was read: its own job will meet the new tokens
            return
        candidates = await anyio.to_thread.run_sync(meet_tokens, sides[0], sides[1])
        await Runs(session).drop_unscored()
        await _ask(session, parts, partnership, candidates, (lo.change, hi.change))


async def _ask(
    session: MatcherSession,
    parts: Parts,
    partnership: Partnership,
    candidates: Candidates,
    changes: tuple[int, int],
) -> None:
    run_id, key = parts.ids.new(), rest_key_of(parts.keystore, partnership.id, partnership.epoch)
    lo, hi = partnership.lo_org_id, partnership.hi_org_id
    session.add(
        MatchRun(
            partnership_id=partnership.id, id=run_id, lo_org_id=lo, hi_org_id=hi, lo_change=changes[0], hi_change=changes[1],
            meetings=seal_frame(candidates.meetings, key, org_id=lo, run_id=run_id, column="meetings"),
            crowded=candidates.crowded, created_at=parts.clock.now(), scored_at=None,
        )
    )  # fmt: skip
    await session.flush()
    for org_id, side in ((lo, "left"), (hi, "right")):
        asked = seal_frame(
            wanted(candidates.meetings, side), key, org_id=org_id, run_id=run_id, column="asked"
        )
        session.add(EvidenceRequest(partnership_id=partnership.id, run_id=run_id, org_id=org_id, asked=asked))
        await enqueue(
            session,
            WEIGH_JOB,
            {"org_id": str(org_id), "partnership_id": str(partnership.id), "run_id": str(run_id)},
        )
