"""As the matcher: where two sides' tokens meet, as far as it changed since a run was last scored."""

import hashlib
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import anyio.to_thread
import numpy as np
import polars as pl

from service.db.sessions import MatcherSession
from service.jobs import enqueue
from service.linking.columns import U64
from service.linking.evidence import wanted
from service.linking.meet import TokenSet, between, moved_by_crowding
from service.linking.meet import meet as meet_tokens
from service.matching import NORMALISER_VERSION
from service.matching.weights import shipped_weights
from service.overlaps.blobs import frame_bytes, frame_of, seal_frame
from service.overlaps.jobs.parts import MEET_JOB, WEIGH_JOB, Parts
from service.overlaps.models import EvidenceRequest, MatchRun
from service.overlaps.repository import Runs
from service.overlaps.tokens import Newest, newest_changes, read_sent, read_touched, refs_as_bytes
from service.partnerships.epochs import rest_key_of
from service.partnerships.models import Partnership
from service.partnerships.repository import MatchedPartnership

__all__ = ["MEET_JOB", "meet"]


async def meet(parts: Parts, *, partnership_id: UUID) -> None:
    """Find the candidates that changed, and ask each owner for its evidence; a run that was never scored is done over."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).lock()
        if partnership is None:
            return
        newest = await newest_changes(session, partnership_id)
        lo, hi = newest.get(partnership.lo_org_id), newest.get(partnership.hi_org_id)
        if lo is None or hi is None or await Runs(session).begun(lo.change, hi.change):
            return
        changes = _Changes(partnership, lo, hi, terms_of(partnership))
        last = await Runs(session).last_scored()
        touched = await changes.touched(session, last)
        sides = await changes.tokens(session)
        if [sum(map(len, side.values())) for side in sides] != [lo.tokens, hi.tokens] or newest != (
            await newest_changes(session, partnership_id)
        ):
            # a push has replaced what was read: its own job will meet the new tokens
            return
        before = frame_of(last.left_out) if last is not None else None
        found = await anyio.to_thread.run_sync(_judge_anew, sides, touched, before)
        await Runs(session).drop_unscored()
        await _ask(session, parts, changes, found)


def terms_of(partnership: Partnership) -> str:
    """What a pair's score depends on beside the two accounts."""
    weights = hashlib.sha256(repr(sorted(shipped_weights().bits.items())).encode()).hexdigest()[:16]
    made = f"{partnership.epoch}|{partnership.normaliser}|{NORMALISER_VERSION}"
    return f"{made}|{partnership.threshold}|{weights}"


@dataclass(frozen=True, slots=True)
class _Changes:
    """The newest changes of both sides of a partnership."""

    partnership: Partnership
    lo: Newest
    hi: Newest
    terms: str

    async def tokens(self, session: MatcherSession) -> tuple[TokenSet, TokenSet]:
        sent = await read_sent(session, epoch=self.partnership.epoch)
        return sent.get(self.partnership.lo_org_id, {}), sent.get(self.partnership.hi_org_id, {})

    async def touched(self, session: MatcherSession, last: MatchRun | None) -> tuple[U64 | None, U64 | None]:
        """What each side's changes since the last scored run touched; None for all."""
        if last is None or last.terms != self.terms:
            return None, None
        lo, hi = self.partnership.lo_org_id, self.partnership.hi_org_id
        return (
            await read_touched(session, lo, after=last.lo_change, upto=self.lo.change),
            await read_touched(session, hi, after=last.hi_change, upto=self.hi.change),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """`meetings` of the pairs to be judged: those of which one account is in `left` or `right`, None for all of them."""

    meetings: pl.DataFrame
    left_out: pl.DataFrame
    left: U64 | None
    right: U64 | None


def _judge_anew(
    sides: tuple[TokenSet, TokenSet], touched: tuple[U64 | None, U64 | None], before: pl.DataFrame | None
) -> _Found:
    candidates = meet_tokens(*sides)
    left, right = touched
    if left is None or right is None or before is None:
        return _Found(candidates.meetings, candidates.left_out, None, None)
    moved = moved_by_crowding(sides, before, candidates.left_out)
    left, right = (np.union1d(refs, more) for refs, more in zip((left, right), moved, strict=True))
    return _Found(between(candidates.meetings, left, right), candidates.left_out, left, right)


async def _ask(session: MatcherSession, parts: Parts, changes: _Changes, found: _Found) -> None:
    partnership, run_id = changes.partnership, parts.ids.new()
    key = rest_key_of(parts.keystore, partnership.id, partnership.epoch)
    lo, hi = partnership.lo_org_id, partnership.hi_org_id
    session.add(
        MatchRun(
            partnership_id=partnership.id, id=run_id, lo_org_id=lo, hi_org_id=hi,
            lo_change=changes.lo.change, hi_change=changes.hi.change, terms=changes.terms,
            meetings=seal_frame(found.meetings, key, org_id=lo, run_id=run_id, column="meetings"),
            crowded=found.left_out.height, left_out=frame_bytes(found.left_out),
            lo_touched=refs_as_bytes(found.left), hi_touched=refs_as_bytes(found.right),
            created_at=parts.clock.now(), scored_at=None,
        )
    )  # fmt: skip
    await session.flush()
    sides: list[tuple[UUID, Literal["left", "right"]]] = [(lo, "left"), (hi, "right")]
    for org_id, side in sides:
        asked = seal_frame(wanted(found.meetings, side), key, org_id=org_id, run_id=run_id, column="asked")
        session.add(EvidenceRequest(partnership_id=partnership.id, run_id=run_id, org_id=org_id, asked=asked))
        await enqueue(
            session,
            WEIGH_JOB,
            {"org_id": str(org_id), "partnership_id": str(partnership.id), "run_id": str(run_id)},
        )
