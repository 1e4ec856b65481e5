"""Passwords are hashed a few at a time, and the queue is short."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from service.organizations.errors import PasswordsBusyError, WeakPasswordError
from service.organizations.passwords import Passwords

PASSWORD = "correct horse battery"
WEAKER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Counting(PasswordHasher):
    """Hashes for real, and waits until it is let go; knows how many did so at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go, self.lock = threading.Event(), threading.Lock()
        self.now = self.most = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(10)
        with self.lock:
            self.now -= 1
        return super().hash(password, salt=salt)


async def test_hash_is_argon2id_as_owasp_advises_and_salted() -> None:
    passwords = Passwords()
    first, second = await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    verdict = await passwords.verify(first, PASSWORD)
    assert (verdict.right, verdict.renewed) == (True, None)
    assert not (await passwords.verify(first, PASSWORD + "x")).right


async def test_hash_of_weaker_parameters_is_renewed_when_the_password_is_right() -> None:
    verdict = await Passwords().verify(WEAKER.hash(PASSWORD), PASSWORD)
    assert verdict.right
    assert verdict.renewed is not None
    assert verdict.renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await Passwords().verify(WEAKER.hash(PASSWORD), "wrong")).renewed is None


@pytest.mark.parametrize("stored", [None, "", "garbled", "$argon2id$v=19$m=8,t=1,p=1$"])
async def test_nothing_fits_a_hash_that_is_none(stored: str | None) -> None:
    assert not (await Passwords(hasher=WEAKER).verify(stored, PASSWORD)).right


async def test_hash_of_nobody_costs_what_a_real_one_does_and_fits_nothing() -> None:
    passwords = Passwords()
    assert passwords._hasher.check_needs_rehash(passwords._nobodys) is False
    for guess in ("", "\x00" * 32, PASSWORD):
        assert not (await passwords.verify(passwords._nobodys, guess)).right


async def test_half_a_character_is_a_password_like_another() -> None:
    passwords = Passwords(hasher=WEAKER)
    stored = await passwords.hash("\ud800 is half a pair")
    assert (await passwords.verify(stored, "\ud800 is half a pair")).right


async def test_refused_password_is_never_hashed() -> None:
    with pytest.raises(WeakPasswordError):
        await Passwords(at_once=1, waiting=0).hash("short")


async def test_no_more_than_so_many_are_hashed_at_once_and_wait() -> None:
    hasher = Counting()
    passwords = Passwords(at_once=2, waiting=3, hasher=hasher)
    under_way = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusyError):
        await passwords.hash(PASSWORD)
    hasher.go.set()
    assert len(set(await asyncio.gather(*under_way))) == 5
    assert hasher.most <= 2
    assert (await passwords.hash(PASSWORD)).startswith("$argon2id$")


async def test_request_that_is_cancelled_while_it_waits_frees_its_place() -> None:
    hasher = Counting()
    passwords = Passwords(at_once=1, waiting=1, hasher=hasher)
    first, second = (asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(2))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    third = asyncio.create_task(passwords.hash(PASSWORD))
    await asyncio.sleep(0)
    hasher.go.set()
    await asyncio.gather(first, third)
