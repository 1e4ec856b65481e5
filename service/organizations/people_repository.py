"""SQL of people: who they are, where they belong, and who is invited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from service.db.sessions import PersonReadSession, ReadSession, TenantReadSession
from service.db.turns import Turn, take_turn
from service.organizations.models import (
    MemberInvitation,
    Membership,
    Organization,
    Person,
    Role,
)


class Persons:
    """People, in whichever session: they belong to no tenant."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def by_email(self, email: str) -> Person | None:
        return await self._session.scalar(select(Person).where(Person.email == email))

    async def by_id(self, person_id: UUID, *, lock: bool = False) -> Person | None:
        found = select(Person).where(Person.id == person_id)
        return await self._session.scalar(found.with_for_update() if lock else found)

    async def keep(self, person_id: UUID) -> bool:
        """Whether they are there still; until the transaction ends they aren't removed."""
        found = select(Person.id).where(Person.id == person_id).with_for_update(read=True, key_share=True)
        return await self._session.scalar(found) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """An organization that a person belongs to, and what they are there."""

    organization: Organization
    role: Role
    since: datetime


async def places(session: PersonReadSession) -> list[Place]:
    """Where the session's person belongs, the oldest membership first."""
    found = await session.execute(
        select(Organization, Membership)
        .join(Membership, col(Membership.org_id) == col(Organization.id))
        .where(Membership.person_id == session.person_id)
        .order_by(col(Membership.created_at), col(Membership.org_id))
    )
    return [Place(organization, of.role, of.created_at) for organization, of in found]


class Members:
    """The members of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def page(
        self, *, after: UUID | None = None, limit: int | None = None
    ) -> list[tuple[Membership, Person]]:
        """Up to `limit` members by the person's id, those behind `after`."""
        wanted = (
            select(Membership, Person)
            .join(Person, col(Person.id) == col(Membership.person_id))
            .where(Membership.org_id == self._session.org_id)
        )
        if after is not None:
            wanted = wanted.where(col(Membership.person_id) > after)
        found = await self._session.execute(wanted.order_by(col(Membership.person_id)).limit(limit))
        return [(membership, person) for membership, person in found]

    async def of(self, person_id: UUID, *, lock: bool = False) -> Membership | None:
        found = select(Membership).where(
            Membership.org_id == self._session.org_id, Membership.person_id == person_id
        )
        return await self._session.scalar(found.with_for_update() if lock else found)

    async def count(self) -> int:
        wanted = select(func.count()).select_from(Membership)
        return await self._session.scalar(wanted.where(Membership.org_id == self._session.org_id)) or 0

    async def take_turn(self) -> None:
        """Until the transaction ends, nobody else joins: members are counted before."""
        await take_turn(self._session, Turn.MEMBERS, self._session.org_id)

    async def lock_admins(self) -> set[UUID]:
        """The admins who can act; nobody else changes who they are until this transaction ends."""
        found = await self._session.scalars(
            select(Membership.person_id)
            .join(Person, col(Person.id) == col(Membership.person_id))
            .where(
                Membership.org_id == self._session.org_id,
                Membership.role == Role.ADMIN,
                col(Person.disabled_at).is_(None),
            )
            .order_by(col(Membership.person_id))
            .with_for_update(of=Membership)
        )
        return set(found)


class Invitations:
    """The invitations of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def open(
        self, now: datetime, *, after: UUID | None = None, limit: int | None = None
    ) -> list[MemberInvitation]:
        """Up to `limit`, the oldest first, newer than `after`."""
        found = select(MemberInvitation).where(*self._open(now))
        if after is not None:
            found = found.where(col(MemberInvitation.id) > after)
        return list(await self._session.scalars(found.order_by(col(MemberInvitation.id)).limit(limit)))

    async def by_id(self, invitation_id: UUID) -> MemberInvitation | None:
        """Also one that has expired: it can be sent again."""
        return await self._session.scalar(
            select(MemberInvitation)
            .where(
                MemberInvitation.org_id == self._session.org_id,
                MemberInvitation.id == invitation_id,
                col(MemberInvitation.accepted_at).is_(None),
                col(MemberInvitation.withdrawn_at).is_(None),
            )
            .with_for_update()
        )

    async def by_digest(self, digest: bytes, now: datetime, *, lock: bool = True) -> MemberInvitation | None:
        """Locked, so that of two who accept at once one comes too late."""
        found = select(MemberInvitation).where(MemberInvitation.digest == digest, *self._open(now))
        return await self._session.scalar(found.with_for_update() if lock else found)

    async def withdraw_all(self, now: datetime) -> None:
        await self._session.execute(update(MemberInvitation).where(*self._open(now)).values(withdrawn_at=now))

    async def withdraw_others(self, email: str, now: datetime) -> None:
        """An address has one open invitation."""
        await self._session.execute(
            update(MemberInvitation)
            .where(col(MemberInvitation.email) == email, *self._open(now))
            .values(withdrawn_at=now)
        )

    def _open(self, now: datetime) -> list[Any]:
        return [
            MemberInvitation.org_id == self._session.org_id,
            col(MemberInvitation.accepted_at).is_(None),
            col(MemberInvitation.withdrawn_at).is_(None),
            col(MemberInvitation.expires_at) > now,
        ]
