"""Guessing is slowed down for whoever guesses, never for the person who is guessed at from elsewhere."""

import ipaddress
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

from service.db.errors import DatabaseUnavailable
from service.db.sessions import WriteSession
from service.organizations.errors import RetryLaterError, TooManyAttemptsError
from service.organizations.models import Person
from service.organizations.people import Device, People
from service.organizations.rules import (
    OF_ADDRESS,
    OF_CODE,
    OF_INVITATIONS,
    OF_LETTERS,
    OF_PERSON_AND_ADDRESS,
    BackOff,
)
from service.organizations.session_repository import Attempts

Counted = Mapping[bytes, BackOff]
"""What a try is counted under: keyed hashes, and how each is slowed down."""


def network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one, which is one customer's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def of_sign_in(people: People, email: str, device: Device) -> Counted:
    where = network(device.address)
    return {
        people.keyed("attempt", "person", email, where): OF_PERSON_AND_ADDRESS,
        people.keyed("attempt", "network", where): OF_ADDRESS,
    }


def of_letters(people: People, device: Device) -> Counted:
    """Requests for letters from one network, whoever they would go to."""
    return {people.keyed("attempt", "letters from", network(device.address)): OF_ADDRESS}


def of_invitations(people: People, org_id: UUID, email: str) -> Counted:
    """Letters of one organization to people who asked for none: to one address, and to whomever.

    Never of several together: a refusal would tell one of them what the others do.
    """
    return {
        people.keyed("attempt", "invitations to", str(org_id), email): OF_LETTERS,
        people.keyed("attempt", "invitations of", str(org_id)): OF_INVITATIONS,
    }


def of_sign_on(people: People, device: Device) -> Counted:
    """Answers of the identity provider that one network brings."""
    return {people.keyed("attempt", "sign-on from", network(device.address)): OF_ADDRESS}


def of_code(people: People, person: Person) -> Counted:
    """Codes of a person's second factor, wherever they are asked for."""
    return {people.keyed("attempt", "code", str(person.id)): OF_CODE}


async def count(
    session: WriteSession,
    counted: Counted,
    now: datetime,
    *,
    refusal: Callable[[int], RetryLaterError] = TooManyAttemptsError,
) -> None:
    """Count a try as failed before it is made. `refusal` (of seconds), and then nothing is counted."""
    attempts = Attempts(session)
    for key in sorted(counted):  # one order for all, so that two tries never wait for each other
        until = await attempts.count(key, counted[key], now)
        if until is not None:
            raise refusal(math.ceil((until - now).total_seconds()))
    await attempts.sweep(now)


@asynccontextmanager
async def guess(
    people: People, counted: Counted, *, wrong: tuple[type[Exception], ...]
) -> AsyncIterator[None]:
    """Judge what may be a guess: it counts as failed before it is judged, and afterwards only if it ended in one of `wrong`.

    What ended otherwise told nobody anything, and is taken back: a service too busy to judge, a database away, a request cut off.
    Where all went well the person's own count begins anew. TooManyAttemptsError.
    """
    async with people.database.directory() as session:
        await count(session, counted, people.clock.now())
    try:
        yield
    except wrong:
        raise
    except BaseException:
        await _take_back(people, counted)
        raise
    await _take_back(people, counted, right=True)


async def _take_back(people: People, counted: Counted, *, right: bool = False) -> None:
    with suppress(DatabaseUnavailable):  # what was judged stands
        async with people.database.directory() as session:
            attempts = Attempts(session)
            for key in sorted(counted):
                if right and not counted[key].of_many:
                    await attempts.forget(key)
                else:
                    await attempts.take_back(key)
