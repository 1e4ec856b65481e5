"""SQL of partnership events."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from service.db.sessions import DutySession
from service.events.models import EventBookmark, PartnershipEvent

_BOOKMARK: Final = """
    INSERT INTO event_bookmark (org_id, partnership_id, sequence) VALUES ($1, $2, 0)
    ON CONFLICT (org_id, partnership_id) DO UPDATE SET sequence = event_bookmark.sequence RETURNING sequence
"""
"""Locks it, too: who tells the same side meanwhile waits, and finds it moved."""


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

    async def of_the_partner(
        self, partnership_id: UUID, kinds: Collection[str], sequence: int, *, limit: int
    ) -> list[PartnershipEvent]:
        """Of those, the events of these `kinds` that the partner's people caused."""
        statement = (
            select(PartnershipEvent)
            .where(
                PartnershipEvent.partnership_id == partnership_id, col(PartnershipEvent.sequence) > sequence,
                PartnershipEvent.to_org_id == self._session.org_id, col(PartnershipEvent.type).in_(kinds),
            )
            .order_by(col(PartnershipEvent.sequence))
            .limit(limit)
        )  # fmt: skip
        return list(await self._session.scalars(statement))

    async def bookmark(self, partnership_id: UUID) -> int:
        """Up to where the session's side has been told; nobody else moves it until the transaction ends."""
        found = await self._session.sql(_BOOKMARK, self._session.org_id, partnership_id)
        return int(found.scalar_one())

    async def move_bookmark(self, partnership_id: UUID, sequence: int) -> None:
        await self._session.execute(
            update(EventBookmark)
            .where(
                col(EventBookmark.org_id) == self._session.org_id,
                col(EventBookmark.partnership_id) == partnership_id,
            )
            .values(sequence=sequence)
        )
