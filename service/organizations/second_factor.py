"""Setting up a second factor and switching it off. A code is judged under the lock of its person's row."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import col, func, select, update

from service.db.sessions import WriteSession
from service.kit.actors import Actor, ActorKind
from service.organizations.credentials import everywhere, known_person, prove_password
from service.organizations.errors import (
    InvalidCredentialsError,
    NotEnrolledError,
    SecondFactorRequiredError,
    SecondFactorSetUpError,
    UnknownPersonError,
    WrongCodeError,
)
from service.organizations.letters import LetterKind, post
from service.organizations.models import Person, PersonSession, RecoveryCode
from service.organizations.one_time import as_text, as_uri, new_secret
from service.organizations.people import Device, People
from service.organizations.people_repository import Persons
from service.organizations.session_repository import Sessions, Signed
from service.organizations.throttle import guess, of_code
from service.organizations.totp import (
    forget_factor,
    replace_recovery_codes,
    sealed_secret,
    take_step,
    verify_code,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, from where, and what they know: what a change of the second factor is judged by."""

    signed: Signed
    device: Device
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is given, once: the secret to type, and as the address in a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorState:
    """Since when a second factor is asked for, if it is, and how many recovery codes are left."""

    confirmed_at: datetime | None
    recovery_codes: int


async def factor_of(people: People, person: Person) -> FactorState:
    async with people.database.directory() as session:
        unused = select(func.count()).where(
            col(RecoveryCode.person_id) == person.id, col(RecoveryCode.used_at).is_(None)
        )
        return FactorState(person.totp_confirmed_at, await session.scalar(unused) or 0)


async def enrol(people: People, asked: Asked) -> Enrolment:
    """Draw a secret; it counts once a code of it is confirmed, and the one before that was never confirmed is gone.

    SecondFactorSetUpError, InvalidCredentialsError, TooManyAttemptsError, PasswordsBusyError.
    """
    await prove_password(people, asked.signed.person, asked.device, asked.password)
    secret = new_secret()
    async with people.database.directory() as session:
        person = await _locked(session, asked)
        if person.totp_confirmed_at is not None:
            raise SecondFactorSetUpError
        person.totp_secret = sealed_secret(people.keystore, person, secret)
        person.totp_step = None
    issuer = f"Commonground {urlsplit(people.public_url).hostname}"
    return Enrolment(as_text(secret), as_uri(secret, account=person.email, issuer=issuer))


async def confirm(people: People, signed: Signed, code: str, *, request_id: str | None) -> list[str]:
    """Ask for codes from now on, end every other session, and give the recovery codes, which are shown this once.

    NotEnrolledError, SecondFactorSetUpError, WrongCodeError, TooManyAttemptsError.
    """
    codes: list[str] = []

    async def work(session: WriteSession) -> None:
        person, now = await _fresh(session, signed), people.clock.now()
        if person.totp_confirmed_at is not None:
            raise SecondFactorSetUpError
        if person.totp_secret is None:
            raise NotEnrolledError
        if not take_step(people.keystore, people.clock, person, code):
            raise WrongCodeError
        person.totp_confirmed_at = now
        codes.extend(await replace_recovery_codes(session, people.keystore, person))
        await Sessions(session).end(person.id, now, but=signed.session.id)
        await _has_factor(session, signed, now)
        await _tell(session, people, LetterKind.SECOND_FACTOR_ON, person)

    async with guess(people, of_code(people, signed.person), wrong=(WrongCodeError,)):
        await _everywhere(people, signed, work, "second_factor.enabled", request_id)
    return codes


async def disable(people: People, asked: Asked) -> None:
    """Ask for codes no more.

    NotEnrolledError, InvalidCredentialsError, SecondFactorRequiredError, TooManyAttemptsError, PasswordsBusyError.
    """

    async def work(session: WriteSession) -> None:
        person = await _judged(session, people, asked)
        await forget_factor(session, person)
        await _tell(session, people, LetterKind.SECOND_FACTOR_OFF, person)

    async with _proving(people, asked):
        await _everywhere(people, asked.signed, work, "second_factor.disabled", asked.request_id)


async def reset(people: People, email: str, *, actor: Actor) -> bool:
    """Take the second factor from somebody who has lost phone and codes, and sign them out everywhere. Whether they had one.

    UnknownPersonError.
    """
    async with people.database.directory() as session:
        known = await known_person(session, email)
    if known.totp_confirmed_at is None:
        return False

    async def work(session: WriteSession) -> None:
        person = await Persons(session).by_id(known.id, lock=True)
        if person is None:
            raise UnknownPersonError
        await forget_factor(session, person)
        await Sessions(session).end(person.id, people.clock.now())
        await _tell(session, people, LetterKind.SECOND_FACTOR_OFF, person)

    await everywhere(people, known.id, work, "second_factor.reset", actor=actor)
    return True


async def renew_codes(people: People, asked: Asked) -> list[str]:
    """New recovery codes in place of the old ones. Errors as `disable`."""
    codes: list[str] = []

    async def work(session: WriteSession) -> None:
        person = await _judged(session, people, asked)
        codes.extend(await replace_recovery_codes(session, people.keystore, person))

    async with _proving(people, asked):
        await _everywhere(people, asked.signed, work, "second_factor.codes_renewed", asked.request_id)
    return codes


@asynccontextmanager
async def _proving(people: People, asked: Asked) -> AsyncIterator[None]:
    """The password is judged here, the code inside."""
    person = asked.signed.person
    if person.totp_confirmed_at is None:
        raise NotEnrolledError
    await prove_password(people, person, asked.device, asked.password)
    if asked.code is None:
        raise SecondFactorRequiredError
    async with guess(people, of_code(people, person), wrong=(SecondFactorRequiredError,)):
        yield


async def _judged(session: WriteSession, people: People, asked: Asked) -> Person:
    """The person, locked, after the code was taken."""
    person = await _locked(session, asked)
    if not await verify_code(session, people.keystore, people.clock, person, asked.code or ""):
        raise SecondFactorRequiredError(wrong=True)
    return person


async def _locked(session: WriteSession, asked: Asked) -> Person:
    """The person as they are now. InvalidCredentialsError if the password was changed while it was being judged."""
    person = await _fresh(session, asked.signed)
    if person.password_hash != asked.signed.person.password_hash:
        raise InvalidCredentialsError
    return person


async def _fresh(session: WriteSession, signed: Signed) -> Person:
    person = await Persons(session).by_id(signed.person.id, lock=True)
    if person is None or person.disabled_at is not None:
        raise InvalidCredentialsError
    return person


async def _has_factor(session: WriteSession, signed: Signed, now: datetime) -> None:
    """Note with the session that its person has shown a code in it."""
    await session.execute(
        update(PersonSession).where(col(PersonSession.id) == signed.session.id).values(second_factor_at=now)
    )


async def _tell(session: WriteSession, people: People, kind: LetterKind, person: Person) -> None:
    if people.letters_leave:
        await post(session, kind, person.id)


async def _everywhere(
    people: People,
    signed: Signed,
    work: Callable[[WriteSession], Awaitable[None]],
    action: str,
    request_id: str | None,
) -> None:
    actor = Actor(ActorKind.PERSON, signed.person.id)
    await everywhere(people, signed.person.id, work, action, actor=actor, request_id=request_id)
