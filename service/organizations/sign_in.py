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
from service.organizations.throttle import guess, of_code, of_sign_in
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
    email = _as_counted(given.email)
    async with guess(people, of_sign_in(people, email, device), wrong=(InvalidCredentialsError,)):
        person, renewed = await _judged(people, email, given.password)
        has_factor = person.totp_confirmed_at is not None
        if has_factor:
            await _judge_code(people, person, given.code, renewed)
        else:
            await _settle(people, person, None, renewed)
    return await start_session(
        people, person, device,
        how="password", org_id=given.org_id, second_factor=has_factor, request_id=request_id,
    )  # fmt: skip


def _as_counted(email: str) -> str:
    try:
        return normal_email(email)
    except InvalidEmailError:
        return "no address"  # which nobody has; what stands there instead of one mustn't take another way


async def _judged(people: People, email: str, password: str) -> tuple[Person, str | None]:
    """Whose address and password they are, and the hash to store from now on if it is another. InvalidCredentialsError."""
    async with people.database.directory() as session:
        person = await Persons(session).by_email(email)
    verdict = await people.passwords.verify(person.password_hash if person else None, password)
    if person is None or not verdict.right or person.disabled_at is not None:
        raise InvalidCredentialsError
    return person, verdict.renewed


async def _judge_code(people: People, person: Person, code: str | None, renewed: str | None) -> None:
    """Six digits are guessed unless each guess is slow. SecondFactorRequiredError, TooManyAttemptsError."""
    if code is None:
        raise SecondFactorRequiredError
    async with guess(people, of_code(people, person), wrong=(SecondFactorRequiredError,)):
        await _settle(people, person, code, renewed)


async def _settle(people: People, person: Person, code: str | None, renewed: str | None) -> None:
    """Take the code, if one is asked for, and store the new hash. SecondFactorRequiredError where the code is wrong."""
    async with people.database.directory() as session:
        stored = await Persons(session).by_id(person.id, lock=True)
        if stored is None or stored.disabled_at is not None or stored.password_hash != person.password_hash:
            raise InvalidCredentialsError  # changed while the password was being judged
        if code is not None and not await verify_code(session, people.keystore, people.clock, stored, code):
            raise SecondFactorRequiredError(wrong=True)
        if renewed is not None:
            stored.password_hash = renewed
