"""Signing up: an organization with its first admin, by a link that the operator printed or a letter brought."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from service.db.sessions import TenantSession, WriteSession
from service.kit.actors import Actor, ActorKind
from service.organizations.credentials import may_write_to
from service.organizations.errors import (
    HandleTakenError,
    InvalidLinkError,
    NotSignedInError,
    OtherAddressError,
    SignInFirstError,
    SignUpClosedError,
    TooManyOrganizationsError,
)
from service.organizations.letters import LetterKind, link_to, post
from service.organizations.letters.sign_up import await_link
from service.organizations.members import add_member
from service.organizations.models import LinkPurpose, Organization, Person, PersonLink, Role
from service.organizations.operations import create_organization
from service.organizations.people import Device, People, add_link, add_person
from service.organizations.people_repository import Persons
from service.organizations.rules import MOST_ORGANIZATIONS, SIGN_UP_LASTS, normal_email
from service.organizations.session_repository import Links, Signed
from service.organizations.throttle import count, of_letters
from service.organizations.tokens import link_digest

Furnish = Callable[[TenantSession], Awaitable[None]]
"""What rooms above add to an organization just made, in its transaction."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The organization to be, and its first admin where that is a new person."""

    handle: str
    name: str
    person_name: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


async def ask_to_sign_up(people: People, email: str, device: Device) -> None:
    """Send a link to sign up with, or, to a person who has an account, a letter that says so: whoever asks can't tell.

    SignUpClosedError, InvalidEmailError, TooManyAttemptsError of a network that asks for many.
    """
    if not (people.sign_up_is_open and people.letters_leave):
        raise SignUpClosedError
    normal = normal_email(email)
    async with people.database.directory() as session:
        await count(session, of_letters(people, device), people.clock.now())
        if await may_write_to(session, people, normal):
            about = people.ids.new()
            await_link(session, about, normal, people.clock.now())
            await post(session, LetterKind.SIGN_UP, about)


async def invite_to_sign_up(people: People, email: str) -> str:
    """The text of a link to sign up with, for the operator to hand over. InvalidEmailError."""
    async with people.database.directory() as session:
        link = add_link(
            session, people, LinkPurpose.SIGN_UP, SIGN_UP_LASTS, email=normal_email(email), proves_email=False
        )
    return link_to(people.public_url, LetterKind.SIGN_UP, link)


async def sign_up_as_new(
    people: People, link: str, wish: Wish, furnish: Furnish, *, request_id: str | None
) -> tuple[Organization, Person]:
    """Make an organization, and a person as its admin, of whoever has the link.

    InvalidLinkError, SignInFirstError, InvalidHandleError, HandleTakenError, WeakPasswordError, PasswordsBusyError.
    """
    digest = link_digest(link)
    async with people.database.directory() as session:
        found = await Links(session).look(digest, LinkPurpose.SIGN_UP, people.clock.now())
        if found is None or found.email is None:
            raise InvalidLinkError
        if await Persons(session).by_email(found.email) is not None:
            raise SignInFirstError
    hashed = await people.passwords.hash(wish.password or "")
    async with people.database.tenant(people.ids.new()) as session:
        session.request_id = request_id
        used = await _use(session, people, digest)
        person = await add_person(
            session, people, email=used.email or "", name=wish.person_name or wish.name, password_hash=hashed,
            proven=used.proves_email,
        )  # fmt: skip
        return await _found_one(session, people, wish, person, furnish), person


async def sign_up_as(
    people: People, link: str | None, wish: Wish, furnish: Furnish, signed: Signed, *, request_id: str | None
) -> Organization:
    """Make another organization for whoever is signed in; without a link where sign-up is open.

    SignUpClosedError, TooManyOrganizationsError, InvalidLinkError, OtherAddressError, InvalidHandleError, HandleTakenError.
    """
    if link is None and not people.sign_up_is_open:
        raise SignUpClosedError
    async with people.database.tenant(people.ids.new()) as session:
        session.request_id = request_id
        if link is None:
            await _count_one(session, signed.person)
        else:
            used = await _use(session, people, link_digest(link))
            if used.email != signed.person.email:
                raise OtherAddressError
        return await _found_one(session, people, wish, signed.person, furnish)


async def _count_one(session: WriteSession, person: Person) -> None:
    """Under the lock of the person's row: of many requests at once none goes beyond the limit."""
    stored = await Persons(session).by_id(person.id, lock=True)
    if stored is None:
        raise NotSignedInError
    if stored.organizations_made >= MOST_ORGANIZATIONS:
        raise TooManyOrganizationsError(MOST_ORGANIZATIONS)
    stored.organizations_made += 1


async def _found_one(
    session: TenantSession,
    people: People,
    wish: Wish,
    person: Person,
    furnish: Furnish,
) -> Organization:
    session.actor = Actor(ActorKind.PERSON, person.id)
    try:
        async with session.savepoint():
            made = await create_organization(
                session, people.keystore, people.clock, handle=wish.handle, name=wish.name
            )
    except IntegrityError:
        raise HandleTakenError(wish.handle) from None
    await furnish(session)
    await add_member(session, people.clock, person.id, Role.ADMIN)
    return made


async def _use(session: WriteSession, people: People, digest: bytes) -> PersonLink:
    found = await Links(session).use(digest, LinkPurpose.SIGN_UP, people.clock.now())
    if found is None:
        raise InvalidLinkError
    return found
