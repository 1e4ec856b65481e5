"""The end of an organization's partnerships, when it is erased: nothing of either side's stays in them but each side's audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from service.audit import record
from service.audit.repository import AuditLog, Wanted
from service.crypto import Erased, Keystore, Tombstone
from service.db.erasing import Eraser
from service.db.sessions import DutySession, MatcherSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.kit.actors import OPERATOR
from service.kit.clock import Clock
from service.partnerships.models import Partnership, PartnershipStatus
from service.partnerships.repository import Partnerships

OWN_ROWS = (
    "DELETE FROM partnership_profile WHERE partnership_id = $1 AND org_id = $2",
    "DELETE FROM shared_record WHERE partnership_id = $1 AND owner_org_id = $2",
    "DELETE FROM sharing_rule WHERE partnership_id = $1 AND owner_org_id = $2",
)
_CLOSE = (
    "DELETE FROM partnership_side WHERE partnership_id = $1",
    "DELETE FROM partnership WHERE id = $1",
)
_INVITATIONS = (
    "DELETE FROM received_invitation WHERE org_id = $1 OR inviter_org_id = $1",
    "DELETE FROM partner_invitation WHERE org_id = $1",
)
_LOCK = "SELECT 1 FROM partnership WHERE id = $1 FOR UPDATE"
ENDED = "partnership.ended"


class SideDeparture(Protocol):
    """What a room above keeps of one side of a partnership."""

    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        """Remove what is that side's own, in a transaction of it."""
        ...

    async def forget_found(self, session: DutySession | MatcherSession, partnership_id: UUID) -> None:
        """Remove what matching found, which is of neither side."""
        ...


@dataclass(frozen=True, slots=True)
class PartnershipsDeparture:
    """`sides` are the rooms that keep something of a partnership, from above down."""

    eraser: Eraser
    keystore: Keystore
    clock: Clock
    sides: Sequence[SideDeparture]

    async def erase(self, org_id: UUID) -> None:
        """One partnership after the other: its state first, which every read and job asks; then its keys, then both sides' rows."""
        async with self.eraser.of(org_id) as session:
            partnerships = await Partnerships(session).everyone()
        for partnership in partnerships:
            await self._end(org_id, partnership.id)
            await self._tell(partnership.partner_of(org_id), partnership.id)
            await self._close(org_id, partnership.id)
        async with self.eraser.of(org_id) as session:
            for statement in _INVITATIONS:
                await session.sql(statement, org_id)

    async def _end(self, org_id: UUID, partnership_id: UUID) -> None:
        async with self.eraser.of(org_id) as session:
            partnership = await _locked(session, partnership_id)
            partnership.status = PartnershipStatus.ENDED
            partnership.ended_at = partnership.ended_at or self.clock.now()
            await session.flush()
            self.keystore.bury(Tombstone(Erased.PARTNERSHIP, str(partnership_id), self.clock.now()))
        self.keystore.delete_partnership(str(partnership_id))

    async def _tell(self, partner_id: UUID, partnership_id: UUID) -> None:
        """Take away what the partner had of it and in it; its log says that it ended, once."""
        target = f"partnership:{partnership_id}"
        async with self.eraser.of(partner_id) as session:
            session.actor = OPERATOR
            await self._leave(session, partnership_id)
            if not await AuditLog(session).page(limit=1, wanted=Wanted(action=ENDED, target=target)):
                await record(session, self.clock, ENDED, target=target, details={"reason": "partner_erased"})

    async def _close(self, org_id: UUID, partnership_id: UUID) -> None:
        async with self.eraser.of(org_id) as session:
            await self._leave(session, partnership_id)
            for statement in _CLOSE:
                await session.sql(statement, partnership_id)
        # once more: a job that was under way may have drawn one again
        self.keystore.delete_partnership(str(partnership_id))

    async def _leave(self, session: DutySession, partnership_id: UUID) -> None:
        for side in self.sides:
            await side.leave(session, partnership_id)
        for side in self.sides:
            await side.forget_found(session, partnership_id)
        for statement in OWN_ROWS:
            await session.sql(statement, partnership_id, session.org_id)


async def _locked(session: DutySession, partnership_id: UUID) -> Partnership:
    """Once this returns no match of it is under way, and none begins before the transaction ends."""
    await take_turn(session, Turn.MATCH, partnership_id, wait=PATIENCE)
    await session.sql(_LOCK, partnership_id)
    return await Partnerships(session).by_id(partnership_id)
