"""What this room forgets of a partnership that is erased with one of its sides."""

from uuid import UUID

from service.db.sessions import DutySession


class EventsSide:
    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        """What happened in it: both sides' events, since each names what both had."""
        await session.sql("DELETE FROM partnership_event WHERE partnership_id = $1", partnership_id)
