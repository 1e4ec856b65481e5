"""What this room forgets of a partnership that has ended, or is erased with one of its sides."""

from dataclasses import dataclass
from uuid import UUID

from service.db.names import Duty
from service.db.sessions import DutySession, MatcherSession

_ALL = "DELETE FROM partnership_event WHERE partnership_id = $1"
_BOOKMARK = "DELETE FROM event_bookmark WHERE partnership_id = $1 AND org_id = $2"
_OF_ITSELF = "partnership.%"


@dataclass(frozen=True, slots=True)
class EventsSide:
    async def forget_found(self, session: DutySession | MatcherSession, partnership_id: UUID) -> None:
        """Nothing: events are of both sides."""

    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        """What happened in it: both sides' events, since each names what both had. That it ended is told unless a side is erased."""
        if session.duty is Duty.ERASE:
            await session.sql(_ALL, partnership_id)
        else:
            await session.sql(f"{_ALL} AND type NOT LIKE '{_OF_ITSELF}'", partnership_id)
        await session.sql(_BOOKMARK, partnership_id, session.org_id)
