"""SQL of match runs and evidence requests; overlaps themselves go by sets in `verdicts.py` and `reading.py`."""

from uuid import UUID

from sqlmodel import col, delete, select

from service.db.sessions import DutySession, MatcherSession
from service.overlaps.models import EvidenceRequest, MatchRun

_ANSWER = """
    UPDATE evidence_request SET codes = $4 WHERE partnership_id = $1 AND run_id = $2 AND org_id = $3 AND codes IS NULL
"""


class Runs:
    """The match runs of the partnership that a matcher's session works on."""

    def __init__(self, session: MatcherSession) -> None:
        self._session = session

    async def begun(self, lo_change: int, hi_change: int) -> bool:
        """Whether these two token changes were met already."""
        found = await self._session.scalar(
            select(MatchRun.id).where(
                MatchRun.partnership_id == self._session.partnership_id,
                MatchRun.lo_change == lo_change,
                MatchRun.hi_change == hi_change,
            )
        )
        return found is not None

    async def drop_unscored(self) -> None:
        """A newer run takes the place of those still waiting for evidence, their requests included."""
        await self._session.execute(
            delete(MatchRun).where(
                col(MatchRun.partnership_id) == self._session.partnership_id,
                col(MatchRun.scored_at).is_(None),
            )
        )

    async def unscored(self, run_id: UUID) -> MatchRun | None:
        return await self._session.scalar(
            select(MatchRun).where(
                MatchRun.partnership_id == self._session.partnership_id,
                MatchRun.id == run_id,
                col(MatchRun.scored_at).is_(None),
            )
        )

    async def answers(self, run_id: UUID) -> dict[UUID, bytes]:
        """Organization → its sealed codes, of those that have answered."""
        requests = await self._session.scalars(
            select(EvidenceRequest).where(
                EvidenceRequest.partnership_id == self._session.partnership_id,
                EvidenceRequest.run_id == run_id,
            )
        )
        return {request.org_id: request.codes for request in requests if request.codes is not None}

    async def forget_requests(self, run_id: UUID) -> None:
        await self._session.execute(
            delete(EvidenceRequest).where(
                col(EvidenceRequest.partnership_id) == self._session.partnership_id,
                col(EvidenceRequest.run_id) == run_id,
            )
        )


class EvidenceRequests:
    """What one organization is asked for; only the job that answers sees it."""

    def __init__(self, session: DutySession) -> None:
        self._session = session

    async def open(self, partnership_id: UUID, run_id: UUID) -> EvidenceRequest | None:
        """The request of a run, unless it was dropped or answered."""
        return await self._session.scalar(
            select(EvidenceRequest).where(
                EvidenceRequest.partnership_id == partnership_id,
                EvidenceRequest.run_id == run_id,
                EvidenceRequest.org_id == self._session.org_id,
                col(EvidenceRequest.codes).is_(None),
            )
        )

    async def answer(self, partnership_id: UUID, run_id: UUID, codes: bytes) -> bool:
        """Store one's sealed codes; False if a newer run has taken this one's place meanwhile."""
        tag: str = await (await self._session.raw()).execute(
            _ANSWER, partnership_id, run_id, self._session.org_id, codes
        )
        return tag != "UPDATE 0"
