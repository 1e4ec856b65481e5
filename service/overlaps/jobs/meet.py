"""As the matcher: where two sides' tokens meet, as far as it changed since a run was last scored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import anyio.to_thread

from service.db.sessions import MatcherSession
from service.jobs import enqueue
from service.linking.anew import Found, Touched, Words, judge_all, judge_few
from service.linking.evidence import wanted
from service.linking.meet import TokenSet
from service.matching import NORMALISER_VERSION
from service.matching.weights import shipped_weights
from service.overlaps.blobs import frame_bytes, frame_of, seal_frame
from service.overlaps.jobs.parts import MEET_JOB, WEIGH_JOB, Parts
from service.overlaps.models import EvidenceRequest, MatchRun, Part
from service.overlaps.repository import Runs
from service.overlaps.stored import layered, read_columns, read_names, tokens_sent, within
from service.overlaps.tokens import (
    Newest,
    gathered,
    newest_changes,
    read_touched,
    read_words,
    refs_as_bytes,
)
from service.overlaps.warm import SegmentName, WarmSegments
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
        if not all(partnership.epoch in side.epochs for side in (lo, hi)):
            # what changed stands under the next epoch only, and is met there
            return
        last = await Runs(session).last_scored()
        changes = _Changes(partnership, lo, hi, terms_of(partnership), last)
        sides = await _Sides.read(session, changes, parts.warm)
        if sides is None or newest != await newest_changes(session, partnership_id):
            # a push has replaced what was read: its own job will meet the new tokens
            return
        found = await _found(sides, await changes.touched(session))
        if found is None:
            return
        await Runs(session).drop_unscored()
        await _ask(session, parts, changes, found)


def terms_of(partnership: Partnership, *, epoch: int | None = None) -> str:
    """What a pair's score depends on beside the two accounts; as they would be under `epoch`, if one is named."""
    weights = hashlib.sha256(repr(sorted(shipped_weights().bits.items())).encode()).hexdigest()[:16]
    made = f"{epoch or partnership.epoch}|{partnership.normaliser}|{NORMALISER_VERSION}"
    return f"{made}|{partnership.threshold}|{weights}"


@dataclass(frozen=True, slots=True)
class _Changes:
    """The newest changes of both sides of a partnership, and the run whose overlaps stand."""

    partnership: Partnership
    lo: Newest
    hi: Newest
    terms: str
    last: MatchRun | None

    @property
    def orgs(self) -> tuple[UUID, UUID]:
        return self.partnership.lo_org_id, self.partnership.hi_org_id

    async def touched(self, session: MatcherSession) -> Touched | None:
        """What both sides' changes since that run touched, and what it left to be judged; None for all."""
        last = self.last
        if last is None or last.terms != self.terms:
            return None
        lo, hi = self.orgs
        since = {lo: (last.lo_change, self.lo.change), hi: (last.hi_change, self.hi.change)}
        refs = [
            await read_touched(session, org, after=after, upto=upto) for org, (after, upto) in since.items()
        ]
        left, right = (
            gathered([refs_as_bytes(refs), left_over])
            for refs, left_over in zip(refs, (last.lo_touched, last.hi_touched), strict=True)
        )
        if left is None or right is None:
            return None
        words = None
        if not last.lo_touched and not last.hi_touched:
            words = await read_words(session, epoch=self.partnership.epoch, since=since)
        return Touched(left, right, words, frame_of(last.left_out))


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides' tokens that may meet, by the segments in which they stand."""

    session: MatcherSession
    orgs: tuple[UUID, UUID]
    names: Sequence[SegmentName]
    warm: WarmSegments

    @classmethod
    async def read(cls, session: MatcherSession, changes: _Changes, warm: WarmSegments) -> "_Sides | None":
        """None if a push was writing meanwhile."""
        epoch = changes.partnership.epoch
        names = await read_names(session, session.partnership_id, epoch=epoch, parts=[Part.SENT], warm=warm)
        stand = [tokens_sent(names, org_id) for org_id in changes.orgs]
        return (
            cls(session, changes.orgs, names, warm)
            if stand == [changes.lo.tokens, changes.hi.tokens]
            else None
        )

    async def tokens(self, words: Words | None = None) -> tuple[TokenSet, TokenSet] | None:
        """All, or those that begin with one of `words`; None if a push has replaced them."""
        wanted = self.names if words is None else within(self.names, words)
        columns = await read_columns(self.session, wanted, self.warm)
        if columns is None:
            return None
        stored = [layered([n for n in wanted if n.org_id == org_id], columns) for org_id in self.orgs]
        left, right = await anyio.to_thread.run_sync(lambda: [side.sent(words) for side in stored])
        return left, right


async def _found(sides: _Sides, touched: Touched | None) -> Found | None:
    """The pairs that the changes concern; None if a push has replaced the tokens."""
    if touched is not None and (concerned := touched.concerned()) is not None:
        few = await sides.tokens(concerned)
        if few is None:
            return None
        found = await anyio.to_thread.run_sync(judge_few, few, touched)
        if found is not None:
            return found
    every = await sides.tokens()
    return None if every is None else await anyio.to_thread.run_sync(judge_all, every, touched)


async def _ask(session: MatcherSession, parts: Parts, changes: _Changes, found: Found) -> None:
    partnership, run_id = changes.partnership, parts.ids.new()
    key = rest_key_of(parts.keystore, partnership.id, partnership.epoch)
    lo, hi = changes.orgs
    sides: list[tuple[UUID, Literal["left", "right"]]] = [(lo, "left"), (hi, "right")]

    def sealed() -> tuple[bytes, list[bytes]]:
        asked = [
            seal_frame(wanted(found.meetings, side), key, org_id=org_id, run_id=run_id, column="asked")
            for org_id, side in sides
        ]
        return seal_frame(found.meetings, key, org_id=lo, run_id=run_id, column="meetings"), asked

    meetings, requests = await anyio.to_thread.run_sync(sealed)
    session.add(
        MatchRun(
            partnership_id=partnership.id, id=run_id, lo_org_id=lo, hi_org_id=hi,
            lo_change=changes.lo.change, hi_change=changes.hi.change, terms=changes.terms,
            meetings=meetings,
            crowded=found.left_out.height, left_out=frame_bytes(found.left_out),
            lo_touched=refs_as_bytes(found.left), hi_touched=refs_as_bytes(found.right),
            created_at=parts.clock.now(), scored_at=None,
        )
    )  # fmt: skip
    await session.flush()
    for org_id, asked in zip(changes.orgs, requests, strict=True):
        session.add(EvidenceRequest(
            partnership_id=partnership.id, run_id=run_id, org_id=org_id, epoch=partnership.epoch, asked=asked
        ))  # fmt: skip
        await enqueue(
            session,
            WEIGH_JOB,
            {"org_id": str(org_id), "partnership_id": str(partnership.id), "run_id": str(run_id)},
        )
