"""SQL of partnerships and sharing rules."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import col, select

from service.db.sessions import DutySession, MatcherSession, ReadSession, TenantReadSession, TenantSession
from service.db.turns import Turn, take_turn
from service.partnerships.epochs import Opened
from service.partnerships.errors import (
    PartnershipEndedError,
    PartnershipPausedError,
    UnknownPartnershipError,
)
from service.partnerships.models import (
    PartnerInvitation,
    Partnership,
    PartnershipSide,
    PartnershipStatus,
    SharedRecord,
    SharingRule,
)

_STILL = "SELECT status FROM partnership WHERE id = $1 FOR SHARE"
_BEGIN_NEXT = """
    UPDATE partnership SET epoch = next_epoch, normaliser = next_normaliser, epoch_since = $2,
        next_epoch = NULL, next_normaliser = NULL, next_since = NULL
    WHERE id = $1
"""
_STATE_NEXT = """
    UPDATE partnership_side SET statement = next_statement, signature = next_signature, confirm = next_confirm,
        next_statement = NULL, next_signature = NULL, next_confirm = NULL
    WHERE partnership_id = $1
"""


class Partnerships:
    """The partnerships of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    def _mine(self) -> object:
        org_id = self._session.org_id
        return or_(col(Partnership.lo_org_id) == org_id, col(Partnership.hi_org_id) == org_id)

    async def everyone(
        self, *, status: PartnershipStatus | None = None, only: UUID | None = None, living: bool = False
    ) -> list[Partnership]:
        """`living` are those that haven't ended."""
        statement = select(Partnership).where(self._mine()).order_by(col(Partnership.id))  # type: ignore[arg-type]  # an or_ of columns
        if status is not None:
            statement = statement.where(Partnership.status == status)
        if living:
            statement = statement.where(Partnership.status != PartnershipStatus.ENDED)
        if only is not None:
            statement = statement.where(Partnership.id == only)
        return list(await self._session.scalars(statement))

    async def by_id(self, partnership_id: UUID, *, alone: bool = False) -> Partnership:
        """UnknownPartnershipError, also when it is somebody else's. `alone`: nobody else changes it until the transaction ends."""
        wanted = select(Partnership).where(self._mine(), Partnership.id == partnership_id)  # type: ignore[arg-type]  # an or_ of columns
        found = await self._session.scalar(wanted.with_for_update(key_share=True) if alone else wanted)
        if found is None:
            raise UnknownPartnershipError
        return found

    async def living(self, partnership_id: UUID) -> Partnership:
        """UnknownPartnershipError; PartnershipEndedError."""
        found = await self.by_id(partnership_id)
        if found.status is PartnershipStatus.ENDED:
            raise PartnershipEndedError
        return found

    async def opened(self, partnership_id: UUID, *, alone: bool = False) -> Opened:
        return await _opened(self._session, await self.by_id(partnership_id, alone=alone))

    async def offered(self, now: datetime, *, but: UUID | None = None) -> int:
        """How many invitations of one's own wait for an answer, not counting `but`."""
        wanted = select(func.count()).where(
            PartnerInvitation.org_id == self._session.org_id,
            func.num_nonnulls(
                col(PartnerInvitation.accepted_at),
                col(PartnerInvitation.declined_at),
                col(PartnerInvitation.withdrawn_at),
            )
            == 0,
            col(PartnerInvitation.expires_at) > now,
            col(PartnerInvitation.id).is_distinct_from(but),
        )
        return await self._session.scalar(wanted) or 0

    async def rules(self, partnership_id: UUID, *, of: UUID) -> list[SharingRule]:
        """The rules in force of one of the two sides, by population; a rule past its end counts for nothing."""
        statement = select(SharingRule).where(
            SharingRule.partnership_id == partnership_id,
            SharingRule.owner_org_id == of,
            col(SharingRule.ends_at).is_(None) | (col(SharingRule.ends_at) > func.now()),
        )
        return list(await self._session.scalars(statement.order_by(col(SharingRule.bit))))

    async def with_partner(self, partner_id: UUID) -> Partnership | None:
        """The partnership with this organization that hasn't ended."""
        lo, hi = sorted((self._session.org_id, partner_id))
        return await self._session.scalar(
            select(Partnership).where(
                Partnership.lo_org_id == lo,
                Partnership.hi_org_id == hi,
                Partnership.status != PartnershipStatus.ENDED,
            )
        )


class MatchedPartnership:
    """The one partnership that a matcher's session works on."""

    def __init__(self, session: MatcherSession) -> None:
        self._session = session

    async def lock(self, *, epochs: bool = False) -> Partnership | None:
        """The partnership, whose matching is ours alone until the transaction ends; None if it isn't active.

        Whoever pauses or ends it meanwhile doesn't wait, and the transaction is undone: PartnershipPausedError or
        PartnershipEndedError at its end. `epochs`: nobody opens one meanwhile either.
        """
        await take_turn(self._session, Turn.MATCH, self._session.partnership_id)
        wanted = select(Partnership).where(
            Partnership.id == self._session.partnership_id, Partnership.status == PartnershipStatus.ACTIVE
        )
        # not FOR UPDATE: every insert that refers to the partnership would wait for the match
        found = await self._session.scalar(wanted.with_for_update(key_share=True) if epochs else wanted)
        if found is not None:
            self._session.at_end(_still_active, found.id)
        return found

    async def living(self) -> Partnership | None:
        """The partnership, unless it has ended; others may match it meanwhile."""
        return await self._session.scalar(
            select(Partnership).where(
                Partnership.id == self._session.partnership_id, Partnership.status != PartnershipStatus.ENDED
            )
        )

    async def begin_next(self, now: datetime) -> None:
        """Let the next epoch be the present one, as both sides stated it."""
        await self._session.sql(_BEGIN_NEXT, self._session.partnership_id, now)
        await self._session.sql(_STATE_NEXT, self._session.partnership_id)


async def _still_active(session: MatcherSession, _: Sequence[UUID]) -> None:
    """What is stored stands only if nobody paused or ended the partnership meanwhile; until the commit nobody does."""
    rows = await session.sql(_STILL, session.partnership_id)
    row = rows.first()
    if row is None or row.status == PartnershipStatus.ENDED:
        raise PartnershipEndedError
    if row.status != PartnershipStatus.ACTIVE:
        raise PartnershipPausedError


class SharedRecords:
    """What one organization shows to one partner: written by its own job, never read by its people."""

    def __init__(self, session: DutySession, partnership_id: UUID) -> None:
        self._session, self._partnership_id = session, partnership_id

    async def everyone(self) -> list[SharedRecord]:
        statement = select(SharedRecord).where(
            SharedRecord.partnership_id == self._partnership_id,
            SharedRecord.owner_org_id == self._session.org_id,
        )
        return list(await self._session.scalars(statement))


async def awaiting(session: TenantReadSession) -> list[UUID]:
    """The partnerships in which one's own rules await that a filter is applied."""
    statement = select(SharingRule.partnership_id).where(
        SharingRule.owner_org_id == session.org_id, col(SharingRule.awaits).is_not(None)
    )
    return list(await session.scalars(statement.distinct().order_by(col(SharingRule.partnership_id))))


async def rule_alone(session: TenantSession, partnership_id: UUID, bit: int) -> SharingRule | None:
    """One's own rule for one population; nobody else sets it, for the first time neither, until the transaction ends."""
    await take_turn(session, Turn.RULE, partnership_id, session.org_id, bit)
    return await rule_of(session, partnership_id, bit)


async def rule_of(session: TenantReadSession, partnership_id: UUID, bit: int) -> SharingRule | None:
    """One's own rule for one population."""
    return await session.scalar(
        select(SharingRule).where(
            SharingRule.partnership_id == partnership_id,
            SharingRule.owner_org_id == session.org_id,
            SharingRule.bit == bit,
        )
    )


async def _opened(session: ReadSession, partnership: Partnership) -> Opened:
    statement = select(PartnershipSide).where(PartnershipSide.partnership_id == partnership.id)
    sides = {side.org_id: side for side in await session.scalars(statement)}
    return Opened(partnership, sides[partnership.lo_org_id], sides[partnership.hi_org_id])
