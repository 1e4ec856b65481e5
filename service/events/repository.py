"""SQL of partnership events."""

from uuid import UUID

from sqlmodel import col, select

from service.db.sessions import DutySession
from service.events.models import PartnershipEvent


class PartnershipEvents:
    """What happened in the session's partnerships, for the relay alone: it holds facts that the side isn't told of."""

    def __init__(self, session: DutySession) -> None:
        self._session = session

    async def after(
        self, partnership_id: UUID, sequence: int = 0, *, limit: int = 1000
    ) -> list[PartnershipEvent]:
        """Events numbered above `sequence`, oldest first; none where the partnership is another's or the duty isn't the relay's."""
        statement = (
            select(PartnershipEvent)
            .where(
                PartnershipEvent.partnership_id == partnership_id, col(PartnershipEvent.sequence) > sequence
            )
            .order_by(col(PartnershipEvent.sequence))
            .limit(limit)
        )
        return list(await self._session.scalars(statement))
