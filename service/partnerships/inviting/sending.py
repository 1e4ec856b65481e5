"""Offering a partnership, once more, and taking the offer back.

A request does the same work, and answers the same, whether or not there is anybody behind a handle or an address: a job that
follows looks, and what it finds is written where the sender sees nothing of it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, or_, select

from service.audit import record
from service.crypto import InvitationCode, Keystore, code_secret
from service.db.sessions import TenantSession
from service.db.turns import Turn, take_turn
from service.jobs import enqueue
from service.kit.actors import ActorKind
from service.organizations.errors import OrganizationSuspendedError
from service.organizations.letters import LetterKind, link_to
from service.organizations.models import Organization
from service.organizations.people import People
from service.organizations.repository import Directory
from service.organizations.rules import OF_INVITATIONS, OF_LETTERS, normal_email
from service.organizations.throttle import Counted, count
from service.organizations.tokens import new_partner_token
from service.partnerships.epochs import code_name
from service.partnerships.errors import AlreadyPartnersError, SamePartnerError
from service.partnerships.inviting.errors import (
    InvitationClosedError,
    TooManyInvitationsError,
    TooManyOpenError,
    UnknownPartnerInvitationError,
)
from service.partnerships.inviting.repository import Sent
from service.partnerships.inviting.rules import DAYS, MOST_OPEN, InvitationStatus, status_of
from service.partnerships.models import (
    InvitationWay,
    ListSize,
    PartnerInvitation,
    Partnership,
    PartnershipSide,
    PartnershipStatus,
)
from service.partnerships.operations import require_room_for_one
from service.partnerships.repository import Partnerships

INVITATION_JOB: Final = "partnerships.invitation"


@dataclass(frozen=True, slots=True)
class Offer:
    """To whom a partnership is offered: a handle, an address, or, with neither, whoever is given the link."""

    handle: str | None = None
    email: str | None = field(default=None, repr=False)
    message: str | None = None
    list_size: ListSize | None = None
    lasts: timedelta = timedelta(days=DAYS)
    coded: bool = False

    @property
    def way(self) -> InvitationWay:
        if self.handle is not None:
            return InvitationWay.HANDLE
        return InvitationWay.LINK if self.email is None else InvitationWay.EMAIL


@dataclass(frozen=True, slots=True)
class Offered:
    """An invitation, with what is shown to its sender this once: the link where nothing else brings it, and the code."""

    invitation: PartnerInvitation
    link: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)


def target_of(invitation_id: UUID) -> str:
    return f"partner_invitation:{invitation_id}"


async def offer(session: TenantSession, people: People, wanted: Offer) -> Offered:
    """Invite somebody to a partnership; an older invitation to the same handle or address ends.

    SamePartnerError, AlreadyPartnersError, InvalidEmailError, TooManyInvitationsError, TooManyOpenError, QuotaExceededError.
    """
    own, now = await _own(session), people.clock.now()
    email = None if wanted.email is None else normal_email(wanted.email)
    await _refuse_known(session, own, wanted.handle)
    await take_turn(session, Turn.PARTNERSHIPS, session.org_id)
    await count(session, _counted(people, own, wanted.handle or email), now, refusal=TooManyInvitationsError)
    if wanted.way is not InvitationWay.LINK:
        for older in await Sent(session).open_to(handle=wanted.handle, email=email, now=now):
            await _withdraw(session, people, older)
    if await Partnerships(session).offered(now) >= MOST_OPEN:
        raise TooManyOpenError(MOST_OPEN)
    await require_room_for_one(session, now)
    by_person = session.actor.kind is ActorKind.PERSON
    made = PartnerInvitation(
        org_id=session.org_id, id=people.ids.new(), way=wanted.way, handle=wanted.handle, email=email,
        admits=UUID(int=0), message=wanted.message or None, list_size=wanted.list_size, coded=wanted.coded,
        invited_by=session.actor.id if by_person else None, created_at=now, expires_at=now + wanted.lasts,
    )  # fmt: skip
    session.add(made)
    offered = await _hand_over(session, people, own, made)
    details = {"way": wanted.way.value}
    await record(session, people.clock, "partner_invitation.sent", target=target_of(made.id), details=details)
    return offered


async def resend(session: TenantSession, people: People, invitation_id: UUID) -> Offered:
    """Send it again with a new term, also after it expired: a link, a code and whatever reached anybody before open nothing any more.

    UnknownPartnerInvitationError, InvitationClosedError, TooManyInvitationsError, TooManyOpenError, QuotaExceededError.
    """
    own, now = await _own(session), people.clock.now()
    await take_turn(session, Turn.PARTNERSHIPS, session.org_id)
    found = await _unanswered(session, invitation_id, now)
    to = found.handle or found.email
    await count(session, _counted(people, own, to), now, refusal=TooManyInvitationsError)
    if await Partnerships(session).offered(now, but=found.id) >= MOST_OPEN:
        raise TooManyOpenError(MOST_OPEN)
    await require_room_for_one(session, now, but=found.id)
    found.expires_at, found.created_at = now + (found.expires_at - found.created_at), now
    found.wrong_codes = 0
    offered = await _hand_over(session, people, own, found)
    await record(session, people.clock, "partner_invitation.resent", target=target_of(found.id))
    return offered


async def withdraw(session: TenantSession, people: People, invitation_id: UUID) -> None:
    """From this commit on nobody can accept it. UnknownPartnerInvitationError, InvitationClosedError."""
    found = await _unanswered(session, invitation_id, people.clock.now())
    await _withdraw(session, people, found)


async def settle_later(
    session: TenantSession,
    org_id: UUID,
    invitation_id: UUID,
    *,
    send: bool = False,
    delay: timedelta | None = None,
) -> None:
    """Have a job bring the invitation to whom it is for, or take it back, as it stands then."""
    place: dict[str, str | int] = {"org_id": str(org_id), "invitation_id": str(invitation_id)}
    await enqueue(session, INVITATION_JOB, place | ({"send": 1} if send else {}), delay=delay)


async def _own(session: TenantSession) -> Organization:
    own = await Directory(session).by_id(session.org_id)
    if own is None:
        raise OrganizationSuspendedError
    return own


async def _refuse_known(session: TenantSession, own: Organization, handle: str | None) -> None:
    """Of oneself and one's partners it tells nothing new that a handle is known. SamePartnerError, AlreadyPartnersError."""
    if handle == own.handle:
        raise SamePartnerError
    found = await session.scalar(
        select(PartnershipSide.org_id)
        .join(Partnership, col(Partnership.id) == col(PartnershipSide.partnership_id))
        .where(
            or_(col(Partnership.lo_org_id) == own.id, col(Partnership.hi_org_id) == own.id),
            col(Partnership.status) != PartnershipStatus.ENDED,
            col(PartnershipSide.org_id) != own.id,
            col(PartnershipSide.handle) == handle,
        )
        .limit(1)
    )
    if found is not None:
        raise AlreadyPartnersError


def _counted(people: People, own: Organization, to: str | None) -> Counted:
    """An organization's own budgets alone: shared ones would tell one of what the others do. A new sandbox has no new one."""
    sender = str(own.sandbox_of or own.id)
    every = {people.keyed("attempt", "partner invitations of", sender): OF_INVITATIONS}
    return (
        every
        if to is None
        else every | {people.keyed("attempt", "partner invitations to", sender, to): OF_LETTERS}
    )


async def _unanswered(session: TenantSession, invitation_id: UUID, now: datetime) -> PartnerInvitation:
    found = await Sent(session).by_id(invitation_id, lock=True)
    if found is None:
        raise UnknownPartnerInvitationError
    if status_of(found, now) not in {InvitationStatus.OPEN, InvitationStatus.EXPIRED}:
        raise InvitationClosedError
    return found


async def _withdraw(session: TenantSession, people: People, invitation: PartnerInvitation) -> None:
    invitation.withdrawn_at = people.clock.now()
    await session.flush()
    await settle_later(session, session.org_id, invitation.id)
    await record(session, people.clock, "partner_invitation.withdrawn", target=target_of(invitation.id))


async def _hand_over(
    session: TenantSession, people: People, own: Organization, invitation: PartnerInvitation
) -> Offered:
    """A new secret, and a new code where it asks for one. A letter draws its own; what goes to a handle is shown to nobody."""
    token = new_partner_token(session.org_id)
    invitation.admits = token.admits
    await session.flush()
    await settle_later(session, session.org_id, invitation.id, send=True)
    lasts = invitation.expires_at - invitation.created_at
    await settle_later(session, session.org_id, invitation.id, delay=lasts + timedelta(seconds=1))
    code = _new_code(people.keystore, invitation) if invitation.coded else None
    is_shown = invitation.way is InvitationWay.LINK or (
        invitation.way is InvitationWay.EMAIL and not letters_leave(people, own)
    )
    link = link_to(people.public_url, LetterKind.PARTNER_INVITATION, token.text)
    return Offered(invitation, link if is_shown else None, code)


def letters_leave(people: People, own: Organization) -> bool:
    """A sandbox writes to nobody."""
    return people.letters_leave and not own.sandbox


def _new_code(keystore: Keystore, invitation: PartnerInvitation) -> str:
    code, name = InvitationCode.draw(), code_name(invitation.org_id, invitation.id)
    keystore.delete(name)
    keystore.put_new(name, code_secret(code))
    text = code.reveal()
    return "-".join([text[:2], *(text[at : at + 6] for at in range(2, len(text), 6))])
