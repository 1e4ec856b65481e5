"""SQL of invitations: those that the organization sent, those that reached it, and the one that a session has shown the secret of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from service.db.sessions import TenantReadSession, TenantSession
from service.organizations.models import Organization, Standing
from service.partnerships.models import PartnerInvitation, ReceivedInvitation

_TAKE_BACK = """
    DELETE FROM received_invitation
    WHERE inviter_org_id = $1 AND id = $2 AND num_nonnulls(accepted_at, declined_at) = 0 AND admits IS DISTINCT FROM $3
"""
_REACH = """
    INSERT INTO received_invitation (org_id, id, inviter_org_id, admits, message, list_size, coded, received_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (org_id, id) DO UPDATE SET admits = excluded.admits, expires_at = excluded.expires_at
    RETURNING xmax = 0 AS is_new
"""


class Sent:
    """The invitations that the session's organization sent."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def by_id(self, invitation_id: UUID, *, lock: bool = False) -> PartnerInvitation | None:
        wanted = select(PartnerInvitation).where(self._mine(), PartnerInvitation.id == invitation_id)
        return await self._session.scalar(wanted.with_for_update() if lock else wanted)

    async def page(self, *, after: UUID | None, limit: int) -> list[PartnerInvitation]:
        """Up to `limit`, the newest first, older than `after`."""
        wanted = select(PartnerInvitation).where(self._mine())
        if after is not None:
            wanted = wanted.where(col(PartnerInvitation.id) < after)
        return list(
            await self._session.scalars(wanted.order_by(col(PartnerInvitation.id).desc()).limit(limit))
        )

    async def open_to(
        self, *, handle: str | None, email: str | None, now: datetime
    ) -> list[PartnerInvitation]:
        """Those to this handle or address that wait for an answer; nobody else changes them until the transaction ends."""
        wanted = select(PartnerInvitation).where(
            self._mine(),
            col(PartnerInvitation.email) == email
            if handle is None
            else col(PartnerInvitation.handle) == handle,
            *_open(now),
        )
        return list(await self._session.scalars(wanted.order_by(col(PartnerInvitation.id)).with_for_update()))

    def _mine(self) -> Any:
        return PartnerInvitation.org_id == self._session.org_id


class Received:
    """The copies of invitations that reached the session's organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def by_id(self, invitation_id: UUID, *, lock: bool = False) -> ReceivedInvitation | None:
        wanted = select(ReceivedInvitation).where(self._mine(), ReceivedInvitation.id == invitation_id)
        return await self._session.scalar(wanted.with_for_update() if lock else wanted)

    async def page(self, *, after: UUID | None, limit: int) -> list[tuple[ReceivedInvitation, Organization]]:
        """Up to `limit` with their senders, the newest first, older than `after`."""
        wanted = (
            select(ReceivedInvitation, Organization)
            .join(Organization, col(Organization.id) == col(ReceivedInvitation.inviter_org_id))
            .where(self._mine())
        )
        if after is not None:
            wanted = wanted.where(col(ReceivedInvitation.id) < after)
        found = await self._session.execute(wanted.order_by(col(ReceivedInvitation.id).desc()).limit(limit))
        return [(copy, inviter) for copy, inviter in found]

    def _mine(self) -> Any:
        return ReceivedInvitation.org_id == self._session.org_id


class Shown:
    """The invitation of another organization whose secret the session has shown, inside `session.admitted`."""

    def __init__(self, session: TenantSession, inviter: UUID, admits: UUID) -> None:
        self._session, self._inviter, self._admits = session, inviter, admits

    async def open(self, now: datetime) -> PartnerInvitation | None:
        """None unless it waits for an answer and its sender may go on; nobody else changes it until the transaction ends."""
        found = await self._session.scalar(
            select(PartnerInvitation)
            .where(
                PartnerInvitation.org_id == self._inviter,
                PartnerInvitation.admits == self._admits,
                *_open(now),
            )
            .with_for_update()
        )
        standing = await self._session.scalar(select(Standing).where(Standing.org_id == self._inviter))
        if standing is not None and (standing.suspended_at is not None or standing.erased_at is not None):
            return None
        return found


async def take_back(session: TenantSession, invitation_id: UUID, *, but: UUID | None) -> None:
    """Take away the copies of one's own invitation that weren't answered, but those that `but` admits. For a session on the duty."""
    await session.sql(_TAKE_BACK, session.org_id, invitation_id, but)


async def reach(session: TenantSession, sent: PartnerInvitation, now: datetime) -> bool:
    """Keep a copy of what somebody sent, in a session of whom it is for; whether there was none before."""
    rows = await session.sql(
        _REACH, session.org_id, sent.id, sent.org_id, sent.admits, sent.message,
        None if sent.list_size is None else sent.list_size.value, sent.coded, now, sent.expires_at,
    )  # fmt: skip
    return bool(rows.one().is_new)


def _open(now: datetime) -> list[Any]:
    return [
        col(PartnerInvitation.accepted_at).is_(None),
        col(PartnerInvitation.declined_at).is_(None),
        col(PartnerInvitation.withdrawn_at).is_(None),
        col(PartnerInvitation.expires_at) > now,
    ]
