"""Inviting somebody into an organization by a link that is good once, and accepting it."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from service.audit.operations import record
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.actors import Actor, ActorKind
from service.organizations.errors import (
    AlreadyMemberError,
    InvalidLinkError,
    OtherAddressError,
    SignInFirstError,
    TooManyLettersError,
    UnknownInvitationError,
)
from service.organizations.letters import LetterKind, link_to, post
from service.organizations.members import add_member
from service.organizations.models import MemberInvitation, Organization, Person, Role, Scope
from service.organizations.people import People, add_person
from service.organizations.people_repository import Invitations, Members, Persons
from service.organizations.repository import Directory
from service.organizations.rules import INVITATION_DAYS, ROLE_SCOPES, normal_email, refuse_more
from service.organizations.session_repository import Signed
from service.organizations.throttle import count, of_invitations
from service.organizations.tokens import TenantToken, new_invitation_token, parse_invitation


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, and its link where no letter brings it: shown to whoever invites, this once."""

    invitation: MemberInvitation
    link: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What somebody without an account says of themselves when they accept."""

    name: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    person: Person
    organization: Organization
    role: Role


async def invite(
    session: TenantSession,
    people: People,
    *,
    email: str,
    role: Role,
    held: Collection[Scope],
    lasts: timedelta = timedelta(days=INVITATION_DAYS),
) -> Invited:
    """Offer an address a place in the session's organization; an older offer to it ends. `held` is what whoever asks may do.

    ScopesNotHeldError, InvalidEmailError, AlreadyMemberError, TooManyLettersError.
    """
    refuse_more(ROLE_SCOPES[role], held)
    normal, now = normal_email(email), people.clock.now()
    known = await Persons(session).by_email(normal)
    if known is not None and await Members(session).of(known.id) is not None:
        raise AlreadyMemberError
    await Invitations(session).withdraw_others(normal, now)
    by_person = session.actor.kind is ActorKind.PERSON
    made = MemberInvitation(
        org_id=session.org_id, id=people.ids.new(), digest=b"", email=normal, role=role,
        invited_by=session.actor.id if by_person else None, proves_email=False, created_at=now,
        expires_at=now + lasts, accepted_at=None, withdrawn_at=None,
    )  # fmt: skip
    session.add(made)
    invited = await _hand_over(session, people, made)
    details = {"role": role.value}
    await record(
        session, people.clock, "member.invited", target=f"member_invitation:{made.id}", details=details
    )
    return invited


async def resend(
    session: TenantSession, people: People, invitation_id: UUID, *, held: Collection[Scope]
) -> Invited:
    """A new link with a new term; the one before is worthless. `held` as above.

    UnknownInvitationError, ScopesNotHeldError, TooManyLettersError.
    """
    found = await Invitations(session).by_id(invitation_id)
    if found is None:
        raise UnknownInvitationError
    refuse_more(ROLE_SCOPES[found.role], held)
    now = people.clock.now()
    found.expires_at = now + (found.expires_at - found.created_at)
    found.created_at = now
    invited = await _hand_over(session, people, found)
    await record(session, people.clock, "invitation.resent", target=f"member_invitation:{found.id}")
    return invited


async def withdraw(session: TenantSession, people: People, invitation_id: UUID) -> None:
    """Make the link worthless. UnknownInvitationError."""
    found = await Invitations(session).by_id(invitation_id)
    if found is None:
        raise UnknownInvitationError
    found.withdrawn_at = people.clock.now()
    await record(session, people.clock, "invitation.withdrawn", target=f"member_invitation:{found.id}")


async def accept_as_new(people: People, link: str, who: NewPerson, *, request_id: str | None) -> Joined:
    """Make a person of whoever has the link, and a member of them.

    InvalidLinkError; SignInFirstError if somebody has the address already; WeakPasswordError, PasswordsBusyError.
    """
    token = parse_invitation(link)
    async with people.database.tenant_read(token.org_id) as session:
        await _refuse_known(session, await _found(session, people, token, lock=False))
    hashed = await people.passwords.hash(who.password)
    async with people.database.tenant(token.org_id) as session:
        invitation = await _found(session, people, token)
        await _refuse_known(session, invitation)
        person = await add_person(
            session, people, email=invitation.email, name=who.name, password_hash=hashed,
            proven=invitation.proves_email,
        )  # fmt: skip
        return await _join(session, people, invitation, person, request_id)


async def accept_as(people: People, link: str, signed: Signed, *, request_id: str | None) -> Joined:
    """Make whoever is signed in a member. InvalidLinkError, OtherAddressError, AlreadyMemberError."""
    return await accept_as_person(people, link, signed.person, request_id=request_id)


async def accept_as_person(people: People, link: str, person: Person, *, request_id: str | None) -> Joined:
    """As `accept_as`, for a person who is just signing in."""
    token = parse_invitation(link)
    async with people.database.tenant(token.org_id) as session:
        invitation = await _found(session, people, token)
        if invitation.email != person.email:
            raise OtherAddressError
        if await Members(session).of(person.id) is not None:
            raise AlreadyMemberError
        return await _join(session, people, invitation, person, request_id)


async def accept_proven(
    people: People,
    link: str,
    *,
    email: str,
    name: str,
    also: Callable[[TenantSession, Person], Awaitable[None]],
    request_id: str | None,
) -> Joined:
    """Make a person, who has no password, of whom an identity provider vouches for, and a member of them.

    `also` is done in the same transaction. InvalidLinkError, OtherAddressError; SignInFirstError if the address is taken.
    """
    token = parse_invitation(link)
    async with people.database.tenant(token.org_id) as session:
        invitation = await _found(session, people, token)
        if invitation.email != email:
            raise OtherAddressError
        person = await add_person(session, people, email=email, name=name, password_hash=None, proven=True)
        await also(session, person)
        return await _join(session, people, invitation, person, request_id)


async def _hand_over(session: TenantSession, people: People, invitation: MemberInvitation) -> Invited:
    """Have a letter bring the link, which its job draws; where none leave, draw it here for whoever invites."""
    token = new_invitation_token(session.org_id)
    invitation.digest, invitation.proves_email = token.digest, False
    await session.flush()
    if people.letters_leave:
        own = await Directory(session).by_id(session.org_id)
        sender = (own and own.sandbox_of) or session.org_id  # a new sandbox has no new budget
        counted = of_invitations(people, sender, invitation.email)
        await count(session, counted, people.clock.now(), refusal=TooManyLettersError)
        await post(session, LetterKind.INVITATION, invitation.id, org_id=session.org_id)
        return Invited(invitation, None)
    return Invited(invitation, link_to(people.public_url, LetterKind.INVITATION, token.text))


async def _found(
    session: TenantReadSession, people: People, token: TenantToken, *, lock: bool = True
) -> MemberInvitation:
    found = await Invitations(session).by_digest(token.digest, people.clock.now(), lock=lock)
    if found is None:
        raise InvalidLinkError
    return found


async def _refuse_known(session: TenantReadSession, invitation: MemberInvitation) -> None:
    if await Persons(session).by_email(invitation.email) is not None:
        raise SignInFirstError


async def _join(
    session: TenantSession,
    people: People,
    invitation: MemberInvitation,
    person: Person,
    request_id: str | None,
) -> Joined:
    session.actor, session.request_id = Actor(ActorKind.PERSON, person.id), request_id
    invitation.accepted_at = people.clock.now()
    await session.flush()
    await record(session, people.clock, "invitation.accepted", target=f"member_invitation:{invitation.id}")
    await add_member(session, people.clock, person.id, Role(invitation.role))
    organization = await Directory(session).by_id(session.org_id)
    if organization is None:
        raise InvalidLinkError
    return Joined(person, organization, Role(invitation.role))
