"""Signing in by the identity provider: whose account it is, and who gets one."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from service.db.sessions import ReadSession, WriteSession
from service.kit.actors import Actor, ActorKind
from service.organizations.credentials import everywhere
from service.organizations.errors import (
    AlreadyMemberError,
    InvalidLinkError,
    SignOnFailedError,
    SignOnRefusedError,
)
from service.organizations.invitations import accept_as_person, accept_proven
from service.organizations.models import LinkPurpose, Person, PersonIdentity
from service.organizations.people import Device, People, add_person
from service.organizations.people_repository import Persons
from service.organizations.session_repository import Links, Sessions
from service.organizations.sessions import Started, start_session
from service.organizations.sso.provider import Provider
from service.organizations.sso.rules import Identity, NewPeople
from service.organizations.sso.ticket import Ticket
from service.organizations.throttle import guess, of_sign_on
from service.organizations.totp import forget_factor


@dataclass(frozen=True, slots=True)
class Return:
    """What came back with the browser."""

    ticket: Ticket
    code: str = field(repr=False)
    device: Device
    request_id: str | None = None


async def sign_on(people: People, provider: Provider, came: Return) -> Started:
    """A session of whoever the provider says it is.

    SignOnFailedError, SignOnRefusedError, ProviderUnavailableError, TooManyAttemptsError; InvalidLinkError or OtherAddressError
    where they came with an invitation that isn't theirs.
    """
    identity = await _identify(people, provider, came)
    person, joined = await _known(people, identity, came), None
    if person is None:
        person, joined = await _welcomed(people, provider, identity, came)
    elif came.ticket.invitation is not None:
        joined = await _accepted(people, person, came.ticket.invitation, came.request_id)
    return await start_session(
        people, person, came.device, how="oidc", org_id=joined, request_id=came.request_id
    )


async def _identify(people: People, provider: Provider, came: Return) -> Identity:
    """Ask the provider, for a network that hasn't failed too often: each question costs it and us."""
    failed = (SignOnFailedError, SignOnRefusedError)
    async with guess(people, of_sign_on(people, came.device), wrong=failed):
        return await provider.identify(came.ticket, came.code)


async def _known(people: People, identity: Identity, came: Return) -> Person | None:
    """The person that the identity is linked to, else the one with its address, which it is linked to from now on."""
    async with people.database.directory() as session:
        linked = await _linked(session, identity)
        person = linked or await Persons(session).by_email(identity.email)
    if person is None:
        return None
    if person.disabled_at is not None:
        raise SignOnRefusedError("Your account is disabled: ask the operator of this server.")
    return person if linked else await _link(people, person, identity, came.request_id)


async def _linked(session: ReadSession, identity: Identity) -> Person | None:
    return await session.scalar(
        select(Person)
        .join(PersonIdentity, col(PersonIdentity.person_id) == col(Person.id))
        .where(PersonIdentity.issuer == identity.issuer, PersonIdentity.subject == identity.subject)
    )


async def _link(people: People, person: Person, identity: Identity, request_id: str | None) -> Person:
    """Let the identity in as this person.

    Whoever set the account up may have used an address that isn't theirs, to be let in once its owner comes. So an account whose
    address was never shown to be theirs loses its password, second factor and sessions.
    """

    async def work(session: WriteSession) -> None:
        stored = await Persons(session).by_id(person.id, lock=True)
        if stored is None or stored.email != identity.email or stored.disabled_at is not None:
            raise SignOnRefusedError("Your account was changed at this moment: try again.")
        if await _linked(session, identity) is not None:
            return  # by another request, which had the lock before
        if stored.email_verified_at is None:
            await _dispossess(session, people, stored)
        stored.email_verified_at = stored.email_verified_at or people.clock.now()
        session.add(_identity_of(people, identity, stored.id))

    actor = Actor(ActorKind.PERSON, person.id)
    await everywhere(people, person.id, work, "identity.linked", actor=actor, request_id=request_id)
    return person


async def _dispossess(session: WriteSession, people: People, person: Person) -> None:
    person.password_hash = None
    await forget_factor(session, person)
    await Sessions(session).end(person.id, people.clock.now())
    for purpose in (LinkPurpose.RESET_PASSWORD, LinkPurpose.VERIFY_EMAIL):
        await Links(session).drop(person.id, purpose)


async def _welcomed(
    people: People, provider: Provider, identity: Identity, came: Return
) -> tuple[Person, UUID | None]:
    """A new person, and the organization that they were invited to."""

    async def also(session: WriteSession, person: Person) -> None:
        session.add(_identity_of(people, identity, person.id))

    invitation = came.ticket.invitation
    if invitation is not None:
        joined = await accept_proven(
            people,
            invitation,
            email=identity.email,
            name=identity.name,
            also=also,
            request_id=came.request_id,
        )
        return joined.person, joined.organization.id
    if provider.config.new_people is not NewPeople.ANYONE:
        raise SignOnRefusedError(
            "Nobody here has your e-mail address: have an admin invite you, and open the link of the invitation first."
        )
    async with people.database.directory() as session:
        person = await add_person(
            session, people, email=identity.email, name=identity.name, password_hash=None, proven=True
        )
        await also(session, person)
    return person, None


async def _accepted(people: People, person: Person, link: str, request_id: str | None) -> UUID | None:
    """The organization that a known person was invited to; None where they are in it already, or the link is spent."""
    try:
        return (await accept_as_person(people, link, person, request_id=request_id)).organization.id
    except (AlreadyMemberError, InvalidLinkError):
        return None


def _identity_of(people: People, identity: Identity, person_id: UUID) -> PersonIdentity:
    return PersonIdentity(
        issuer=identity.issuer, subject=identity.subject, person_id=person_id, created_at=people.clock.now()
    )
