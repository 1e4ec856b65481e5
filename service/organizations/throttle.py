"""Guessing is slowed down for whoever guesses, never for the person who is guessed at from elsewhere."""

import ipaddress
import math
from collections.abc import Mapping
from datetime import datetime

from service.db.sessions import WriteSession
from service.organizations.errors import TooManyAttemptsError
from service.organizations.models import Person
from service.organizations.people import Device, People
from service.organizations.rules import OF_ADDRESS, OF_CODE, OF_PERSON_AND_ADDRESS, BackOff
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


def of_sign_on(people: People, device: Device) -> Counted:
    """Answers of the identity provider that one network brings."""
    return {people.keyed("attempt", "sign-on from", network(device.address)): OF_ADDRESS}


def of_code(people: People, person: Person) -> Counted:
    """Codes of a person's second factor, wherever they are asked for."""
    return {people.keyed("attempt", "code", str(person.id)): OF_CODE}


async def count(session: WriteSession, counted: Counted, now: datetime) -> None:
    """Count a try as failed before it is made. TooManyAttemptsError, and then nothing is counted."""
    attempts = Attempts(session)
    for key in sorted(counted):  # one order for all, so that two tries never wait for each other
        until = await attempts.count(key, counted[key], now)
        if until is not None:
            raise TooManyAttemptsError(math.ceil((until - now).total_seconds()))
    await attempts.sweep(now)


async def succeeded(session: WriteSession, counted: Counted) -> None:
    """It was no failure after all: the person's own count begins anew, a network's is one less."""
    attempts = Attempts(session)
    for key in sorted(counted):
        if counted[key] is OF_ADDRESS:
            await attempts.take_back(key)
        else:
            await attempts.forget(key)
