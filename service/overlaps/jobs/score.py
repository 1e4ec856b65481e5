"""As the matcher: candidates and both sides' evidence → overlaps and events."""

from uuid import UUID

import anyio.to_thread
import polars as pl

from service.linking.meet import between
from service.linking.score import score_pairs
from service.overlaps.blobs import open_frame
from service.overlaps.jobs.parts import Parts, request_publish
from service.overlaps.models import MatchRun
from service.overlaps.repository import Runs
from service.overlaps.scope import Scope
from service.overlaps.tokens import refs_from_bytes
from service.overlaps.verdicts import packed, write_verdicts
from service.partnerships.epochs import rest_key_of
from service.partnerships.repository import MatchedPartnership


async def score(parts: Parts, *, partnership_id: UUID, run_id: UUID) -> None:
    """Once both sides have answered: score, store the difference and its events, forget the evidence."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        runs = Runs(session)
        run = await runs.unscored(run_id)
        answers = await runs.answers(run_id)
        if partnership is None or run is None or len(answers) < len((run.lo_org_id, run.hi_org_id)):
            return
        key = rest_key_of(parts.keystore, partnership_id, partnership.epoch)
        sides, met, threshold = (run.lo_org_id, run.hi_org_id), run.meetings, partnership.threshold

        scope = Scope(refs_from_bytes(run.lo_touched), refs_from_bytes(run.hi_touched))

        def pairs() -> pl.DataFrame:
            meetings = open_frame(met, key, org_id=sides[0], run_id=run_id, column="meetings")
            lo, hi = (open_frame(answers[o], key, org_id=o, run_id=run_id, column="codes") for o in sides)
            return packed(between(score_pairs(meetings, lo, hi, threshold=threshold), scope.lo, scope.hi))

        scored = await anyio.to_thread.run_sync(pairs)
        concerned = await write_verdicts(session, partnership, scored, scope)
        await runs.forget_requests(run_id)
        _finish(run, parts)
        await session.flush()
        await runs.forget_before(run)
        for org_id, refs in ((run.lo_org_id, concerned.lo), (run.hi_org_id, concerned.hi)):
            await request_publish(session, parts.ids, partnership, org_id, refs)


def _finish(run: MatchRun, parts: Parts) -> None:
    run.meetings, run.lo_touched, run.hi_touched, run.scored_at = b"", b"", b"", parts.clock.now()
