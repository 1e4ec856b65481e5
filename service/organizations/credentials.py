"""A person's own password and address: changing, forgetting, proving."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from service.db.sessions import WriteSession
from service.kit.actors import Actor, ActorKind
from service.organizations.errors import InvalidCredentialsError, InvalidLinkError, UnknownPersonError
from service.organizations.letters import LetterKind, post
from service.organizations.models import LinkPurpose, Person
from service.organizations.passwords import common
from service.organizations.people import Device, People, add_link
from service.organizations.people_repository import Persons
from service.organizations.rules import (
    OF_LETTERS,
    RESET_LASTS,
    check_password,
    normal_email,
)
from service.organizations.session_repository import Attempts, Links, Sessions, Signed
from service.organizations.sessions import acting, note, places_of, renew
from service.organizations.throttle import count, guess, of_letters, of_sign_in
from service.organizations.tokens import TenantToken, link_digest


async def change_password(
    people: People, signed: Signed, device: Device, *, current: str, new: str, request_id: str | None
) -> TenantToken | None:
    """Set a new password, end every other session, and give this one a new token.

    InvalidCredentialsError, TooManyAttemptsError, WeakPasswordError, PasswordsBusyError.
    """
    person = signed.person
    check_password(new, common())
    await prove_password(people, person, device, current)
    hashed = await people.passwords.hash(new)
    async with acting(people, person.id, signed.session.org_id, request_id) as session:
        await _set_password(session, people, await _locked(session, person.id), hashed)
        await Sessions(session).end(person.id, people.clock.now(), but=signed.session.id)
        token = await renew(session, people, signed, at_once=True)
        await note(session, people, "password.changed", f"person:{person.id}")
    return token


async def prove_password(people: People, person: Person, device: Device, password: str) -> None:
    """InvalidCredentialsError, TooManyAttemptsError, PasswordsBusyError."""
    counted = of_sign_in(people, person.email, device)
    async with guess(people, counted, wrong=(InvalidCredentialsError,)):
        verdict = await people.passwords.verify(person.password_hash, password)
        if not verdict.right:
            raise InvalidCredentialsError


async def ask_for_reset(people: People, email: str, device: Device) -> None:
    """Send a link to set a new password, if somebody has this address: whoever asks learns nothing of it.

    Three letters an address, then one in a while. InvalidEmailError, TooManyAttemptsError of a network that asks for many.
    """
    normal = normal_email(email)
    now = people.clock.now()
    async with people.database.directory() as session:
        await count(session, of_letters(people, device), now)
        person = await Persons(session).by_email(normal)
        if await may_write_to(session, people, normal):
            about = person.id if person and person.disabled_at is None else people.ids.new()
            await post(session, LetterKind.RESET_PASSWORD, about)


async def issue_reset(people: People, email: str) -> str:
    """The text of a link to set a new password, for the operator to hand over. UnknownPersonError."""
    async with people.database.directory() as session:
        person = await known_person(session, email)
        return add_link(session, people, LinkPurpose.RESET_PASSWORD, RESET_LASTS, person_id=person.id)


async def reset_password(people: People, link: str, new: str, *, request_id: str | None) -> None:
    """Set the password by a link, once, and end every session of the person. InvalidLinkError, WeakPasswordError."""
    digest, now = link_digest(link), people.clock.now()
    check_password(new, common())  # a password that is refused uses no link
    async with people.database.directory() as session:
        found = await Links(session).look(digest, LinkPurpose.RESET_PASSWORD, now)
    if found is None or found.person_id is None:
        raise InvalidLinkError
    hashed = await people.passwords.hash(new)

    async def set_it(session: WriteSession) -> None:
        person, proves = await _use(session, digest, LinkPurpose.RESET_PASSWORD, now)
        await _set_password(session, people, person, hashed)
        if proves and person.email_verified_at is None:
            person.email_verified_at = now
        await Sessions(session).end(person.id, now)

    actor = Actor(ActorKind.PERSON, found.person_id)
    await everywhere(people, found.person_id, set_it, "password.reset", actor=actor, request_id=request_id)


async def ask_to_verify(people: People, signed: Signed) -> None:
    """Send a link that shows that the person's address is theirs. Nothing happens where it is shown already."""
    if signed.person.email_verified_at is not None:
        return
    async with people.database.directory() as session:
        if await may_write_to(session, people, signed.person.email):
            await post(session, LetterKind.VERIFY_EMAIL, signed.person.id)


async def verify_email(people: People, link: str) -> None:
    """Take the address for the person's. InvalidLinkError."""
    now = people.clock.now()
    async with people.database.directory() as session:
        person, _ = await _use(session, link_digest(link), LinkPurpose.VERIFY_EMAIL, now)
        person.email_verified_at = person.email_verified_at or now


async def set_disabled(people: People, email: str, *, disabled: bool, actor: Actor) -> Person:
    """Let a person in no more, from this commit on, or again. UnknownPersonError."""
    now = people.clock.now()
    async with people.database.directory() as session:
        person = await known_person(session, email)

    async def set_it(session: WriteSession) -> None:
        stored = await _locked(session, person.id)
        stored.disabled_at = now if disabled else None
        await Sessions(session).end(person.id, now)

    await everywhere(
        people, person.id, set_it, "person.disabled" if disabled else "person.enabled", actor=actor
    )
    return person


async def everywhere(
    people: People,
    person_id: UUID,
    work: Callable[[WriteSession], Awaitable[None]],
    action: str,
    *,
    actor: Actor,
    request_id: str | None = None,
) -> None:
    """Do `work` once, and note it in the log of every organization that the person belongs to.

    The first entry stands with the work; a transaction has one tenant, so the others follow it.
    """
    mine: list[UUID | None] = [place.organization.id for place in await places_of(people, person_id)]
    for number, org_id in enumerate(mine or [None]):
        async with acting(people, person_id, org_id, request_id, actor=actor) as session:
            if number == 0:
                await work(session)
            await note(session, people, action, f"person:{person_id}")


async def known_person(session: WriteSession, email: str) -> Person:
    """UnknownPersonError, InvalidEmailError."""
    person = await Persons(session).by_email(normal_email(email))
    if person is None:
        raise UnknownPersonError
    return person


async def may_write_to(session: WriteSession, people: People, email: str) -> bool:
    """Whether another letter may go to this address now: strangers can ask for them."""
    if not people.letters_leave:
        return False
    key = people.keyed("attempt", "letters to", email)
    return await Attempts(session).count(key, OF_LETTERS, people.clock.now()) is None


async def _use(
    session: WriteSession, digest: bytes, purpose: LinkPurpose, now: datetime
) -> tuple[Person, bool]:
    """Whose link it is, and whether it shows that their address is theirs."""
    link = await Links(session).use(digest, purpose, now)
    if link is None or link.person_id is None:
        raise InvalidLinkError
    person = await _locked(session, link.person_id)
    if link.email is not None and link.email != person.email:
        raise InvalidLinkError
    return person, link.proves_email


async def _locked(session: WriteSession, person_id: UUID) -> Person:
    person = await Persons(session).by_id(person_id, lock=True)
    if person is None:
        raise InvalidLinkError
    return person


async def _set_password(session: WriteSession, people: People, person: Person, hashed: str) -> None:
    person.password_hash, person.password_changed_at = hashed, people.clock.now()
    await Links(session).drop(person.id, LinkPurpose.RESET_PASSWORD)
    if people.letters_leave:
        await post(session, LetterKind.PASSWORD_CHANGED, person.id)
