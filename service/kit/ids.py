"""Ids are UUIDv7 (RFC 9562, section 5.7) made by the application, so that rows sort by age on every database."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final, Protocol
from uuid import UUID

from service.kit.clock import Clock, SystemClock

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_TAIL_BITS: Final = 74  # rand_a (12) and rand_b (62), counted as one number
_TAIL_END: Final = 1 << _TAIL_BITS
_STEP_BYTES: Final = 5  # a step of up to 2⁴⁰ leaves room for 2³⁴ ids a millisecond and can't be guessed


class Ids(Protocol):
    def new(self) -> UUID: ...


class UuidV7Ids:
    """Strictly increasing within a process, from any number of threads, also when the clock is set back.

    Two ids of one millisecond differ by a random step of the 74 random bits (RFC 9562, section 6.2, method 2).
    """

    def __init__(self, clock: Clock | None = None, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock or SystemClock()
        self._random_bytes = random_bytes
        self._lock = Lock()
        self._millisecond = -1
        self._tail = 0

    def new(self) -> UUID:
        now = (self._clock.now() - _EPOCH) // _MILLISECOND
        with self._lock:
            self._move_past(now)
            return _uuid(self._millisecond, self._tail)

    def _move_past(self, now: int) -> None:
        if now > self._millisecond:
            self._millisecond, self._tail = now, self._fresh_tail()
            return
        self._tail += 1 + int.from_bytes(self._random_bytes(_STEP_BYTES))
        if self._tail >= _TAIL_END:
            self._millisecond, self._tail = self._millisecond + 1, self._fresh_tail()

    def _fresh_tail(self) -> int:
        return int.from_bytes(self._random_bytes(10)) % _TAIL_END


def created_at(uuid7: UUID) -> datetime:
    """The millisecond that a UUIDv7 carries, in UTC; ValueError for another version."""
    if uuid7.version != 7:  # noqa: PLR2004 - the version in the name
        raise ValueError(f"{uuid7} is no UUIDv7 and carries no time")
    return _EPOCH + (uuid7.int >> 80) * _MILLISECOND


def _uuid(millisecond: int, tail: int) -> UUID:
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(millisecond << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)
