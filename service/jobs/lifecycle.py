"""What this room forgets of an organization, or a partnership, that is erased: jobs that name it."""

from uuid import UUID

from service.db.sessions import DutySession, MatcherSession
from service.jobs.queue import forget


async def forget_jobs(session: DutySession) -> None:
    await forget(session, [str(session.org_id)])


class JobsSide:
    async def forget_found(self, session: DutySession | MatcherSession, partnership_id: UUID) -> None:
        """Nothing: jobs go with the sides."""

    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        await forget(session, [str(partnership_id)])
