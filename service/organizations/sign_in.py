"""Signing in with e-mail and password, and a second factor where one is set up."""

from dataclasses import dataclass, field
from uuid import UUID

from service.organizations.errors import (
    InvalidCredentialsError,
    InvalidEmailError,
    SecondFactorRequiredError,
)
from service.organizations.models import Person
from service.organizations.people import Device, People
from service.organizations.people_repository import Persons
from service.organizations.rules import normal_email
from service.organizations.sessions import Started, start_session
from service.organizations.throttle import Counted, count, of_code, of_sign_in, succeeded
from service.organizations.totp import verify_code


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody says of themselves."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    org_id: UUID | None = None


async def sign_in(
    people: People, given: Credentials, device: Device, *, request_id: str | None = None
) -> Started:
    """A session of whoever has these credentials.

    An e-mail that nobody has costs as much and is answered as a wrong password. InvalidCredentialsError, TooManyAttemptsError,
    PasswordsBusyError, SecondFactorRequiredError; UnknownOrganizationError if they don't belong to `org_id`.
    """
    counted = of_sign_in(people, _as_counted(given.email), device)
    async with people.database.directory() as session:
        await count(session, counted, people.clock.now())
        person = await Persons(session).by_email(_as_counted(given.email))
    verdict = await people.passwords.verify(person.password_hash if person else None, given.password)
    if person is None or not verdict.right or person.disabled_at is not None:
        raise InvalidCredentialsError
    has_factor = person.totp_confirmed_at is not None
    if has_factor:
        await _count_code(people, person, given.code)
    await _succeed(people, person, given.code if has_factor else None, counted, verdict.renewed)
    return await start_session(
        people, person, device,
        how="password", org_id=given.org_id, second_factor=has_factor, request_id=request_id,
    )  # fmt: skip


def _as_counted(email: str) -> str:
    try:
        return normal_email(email)
    except InvalidEmailError:
        return "no address"  # which nobody has; what stands there instead of one mustn't take another way


async def _count_code(people: People, person: Person, code: str | None) -> None:
    """Count a code as wrong before it is judged: six digits are guessed unless each guess is slow."""
    if code is None:
        raise SecondFactorRequiredError
    async with people.database.directory() as session:
        await count(session, of_code(people, person), people.clock.now())


async def _succeed(
    people: People, person: Person, code: str | None, counted: Counted, renewed: str | None
) -> None:
    """Judge the code, if one is asked for, and forget the failures. SecondFactorRequiredError where it is wrong."""
    async with people.database.directory() as session:
        stored = await Persons(session).by_id(person.id, lock=True)
        if stored is None or stored.disabled_at is not None or stored.password_hash != person.password_hash:
            raise InvalidCredentialsError  # changed while the password was being judged
        if code is not None:
            right = await verify_code(session, people.keystore, people.clock, stored, code)
            if not right:
                raise SecondFactorRequiredError(wrong=True)
            await succeeded(session, of_code(people, person))
        if renewed is not None:
            stored.password_hash = renewed
        await succeeded(session, counted)
