"""SQL of match runs and evidence requests; overlaps themselves go by sets in `verdicts.py` and `reading.py`."""

from uuid import UUID

from sqlmodel import col, delete, select

from service.db.sessions import DutySession, MatcherSession, TenantSession
from service.kit.ids import Ids
from service.linking.columns import U64
from service.overlaps.models import EvidenceRequest, MatchRun, TokenChange
from service.overlaps.tokens import gathered, refs_as_bytes
from service.partnerships.models import Partnership

_SIZE = "SELECT octet_length(asked) FROM evidence_request WHERE partnership_id = $1 AND run_id = $2 AND org_id = $3"
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

    async def last_scored(self) -> MatchRun | None:
        """The run whose overlaps stand."""
        return await self._session.scalar(
            select(MatchRun)
            .where(
                MatchRun.partnership_id == self._session.partnership_id, col(MatchRun.scored_at).is_not(None)
            )
            .order_by(col(MatchRun.id).desc())
            .limit(1)
        )

    async def forget_before(self, run: MatchRun) -> None:
        """Older runs, and the token changes that they met: once this one is scored, they tell nothing more."""
        await self._session.execute(
            delete(MatchRun).where(
                col(MatchRun.partnership_id) == run.partnership_id, col(MatchRun.id) != run.id
            )
        )
        for org_id, applied in ((run.lo_org_id, run.lo_change), (run.hi_org_id, run.hi_change)):
            await self._session.execute(
                delete(TokenChange).where(
                    col(TokenChange.partnership_id) == run.partnership_id,
                    col(TokenChange.org_id) == org_id,
                    col(TokenChange.number) < applied,
                )
            )

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

    async def size(self, partnership_id: UUID, run_id: UUID) -> int:
        """Bytes that the request of a run has; 0 if it was dropped."""
        driver = await self._session.raw()
        return await driver.fetchval(_SIZE, partnership_id, run_id, self._session.org_id) or 0

    async def answer(self, partnership_id: UUID, run_id: UUID, codes: bytes) -> bool:
        """Store one's sealed codes; False if a newer run has taken this one's place meanwhile."""
        tag: str = await (await self._session.raw()).execute(
            _ANSWER, partnership_id, run_id, self._session.org_id, codes
        )
        return tag != "UPDATE 0"


_TAKE = "DELETE FROM publish_request WHERE partnership_id = $1 AND org_id = $2 RETURNING refs"
_PUT = """
    INSERT INTO publish_request (partnership_id, id, org_id, lo_org_id, hi_org_id, refs) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def put_publish_request(
    session: TenantSession | MatcherSession,
    ids: Ids,
    partnership: Partnership,
    org_id: UUID,
    refs: U64 | None,
) -> None:
    """Let the next publishing of this side look at `refs`, None for all."""
    driver = await session.raw()
    sides = partnership.lo_org_id, partnership.hi_org_id
    await driver.execute(_PUT, partnership.id, ids.new(), org_id, *sides, refs_as_bytes(refs))


async def take_publish_requests(session: DutySession, partnership_id: UUID) -> U64 | None:
    """What the session's side was asked to publish, sorted; None for all. It is asked no more, if the transaction holds."""
    rows = await (await session.raw()).fetch(_TAKE, partnership_id, session.org_id)
    return gathered(row["refs"] for row in rows)
