"""Passwords: Argon2id with OWASP's parameters, in a few threads with a short queue, since each costs 19 MiB and a core for a while.

Half the cores that the process may use, and four at most, so that many sign-ins, by whomever, leave room to those who are in.
"""

import asyncio
import base64
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from service.organizations.errors import PasswordsBusyError
from service.organizations.rules import as_hashed, check_password

ResultT = TypeVar("ResultT")

AT_ONCE = max(1, min(4, len(os.sched_getaffinity(0)) // 2)) if hasattr(os, "sched_getaffinity") else 2
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
"""OWASP Password Storage Cheat Sheet, Argon2id."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right; `renewed` is its new hash where the stored one is weaker than today's."""

    right: bool
    renewed: str | None = None


class Passwords:
    """Hashes `at_once` passwords at a time; PasswordsBusyError when `waiting` more are in the queue already."""

    def __init__(
        self, *, at_once: int = AT_ONCE, waiting: int = 32, hasher: PasswordHasher | None = None
    ) -> None:
        self._hasher = hasher or PasswordHasher(
            time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")
        self._room = at_once + waiting
        self._taken = 0
        self._lock = threading.Lock()
        self._nobodys = _of_nobody(self._hasher)

    async def hash(self, password: str) -> str:
        """The text to store. WeakPasswordError, PasswordsBusyError."""
        check_password(password, common())
        return await self._in_thread(lambda: self._hasher.hash(_octets(password)))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Whether `password` is the one of `stored`; with None it takes as long and is wrong. PasswordsBusyError."""
        verdict = await self._in_thread(lambda: self._judge(stored or self._nobodys, password))
        return verdict if stored else Verdict(right=False)

    def _judge(self, stored: str, password: str) -> Verdict:
        octets = _octets(password)
        try:
            self._hasher.verify(stored, octets)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        weaker = self._hasher.check_needs_rehash(stored)
        return Verdict(right=True, renewed=self._hasher.hash(octets) if weaker else None)

    async def _in_thread(self, work: Callable[[], ResultT]) -> ResultT:
        with self._lock:
            if self._taken >= self._room:
                raise PasswordsBusyError
            self._taken += 1
        future = self._threads.submit(work)
        # On the future and not in this coroutine: a thread goes on when its request is cancelled.
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _done: Future[ResultT]) -> None:
        with self._lock:
            self._taken -= 1


@cache
def common() -> frozenset[str]:
    """The most common passwords of the length that is allowed, casefolded."""
    text = (files("service.organizations") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("# "))


def _of_nobody(hasher: PasswordHasher) -> str:
    """A hash that no password has and that costs as much as a real one."""
    salt, digest = (
        base64.b64encode(bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def _octets(password: str) -> bytes:
    return as_hashed(password).encode("utf-8", "surrogatepass")
