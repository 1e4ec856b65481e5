"""Pure decisions: what a repeated request is answered, and how budgets are cut into slices."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.guards.errors import (
    IdempotencyKeyReusedError,
    InvalidIdempotencyKeyError,
    RequestInProgressError,
)
from service.kit.actors import Actor

KEEP: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=150)
"""Longer than the longest pause that an upload may make, since it renews its lease as pieces come."""
SLICES: Final = 20
"""Into how many slices a budget is cut: what a process that ends leaves unspent is one of them at most."""
_KEY = re.compile(r"[ -~]{1,255}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under an idempotency key. `body` is None as long as it hasn't been read."""

    key: str
    request: bytes
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored under a key; `lease` is what is left of a lease, None where none was ever taken or it is done."""

    request: bytes
    body: bytes | None
    attempt: int
    lease: timedelta | None
    response: bytes | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given; `grounds` name the state that it rests on, None where it may be given again whatever changed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    grounds: str | None = None

    def packed(self) -> bytes:
        return json.dumps([self.status, self.headers, self.grounds]).encode() + b"\n" + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> "Answer":
        head, _, body = packed.partition(b"\n")
        status, headers, *grounds = json.loads(head)
        return cls(status, tuple((name, value) for name, value in headers), body, *grounds)


def check_key(values: Sequence[str]) -> str | None:
    """The one key that a request came with, None without one. InvalidIdempotencyKeyError."""
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise InvalidIdempotencyKeyError
    return values[0]


def request_digest(method: str, path: bytes, query: bytes, actor: Actor) -> bytes:
    """SHA-256 over what a request is beside its body; no part can hold the NUL between them."""
    parts = (method.encode(), path, query, actor.kind.encode(), str(actor.id).encode())
    return hashlib.sha256(b"\0".join(parts)).digest()


def is_free(kept: Kept | None, now: datetime) -> bool:
    """Whether the key may be taken: nothing stands under it, or what does has run out."""
    if kept is None or kept.expires_at <= now:
        return True
    return kept.response is None and (kept.lease is None or kept.lease <= timedelta())


def judge(kept: Kept, asked: Asked) -> bytes | None:
    """The stored answer of a key that isn't free; None where the body must be read first.

    IdempotencyKeyReusedError, RequestInProgressError.
    """
    if kept.request != asked.request:
        raise IdempotencyKeyReusedError
    if kept.response is None:
        raise RequestInProgressError(max(1, round((kept.lease or timedelta()).total_seconds())))
    if asked.body is None:
        return None
    if kept.body != asked.body:
        raise IdempotencyKeyReusedError
    return kept.response


def slice_of(limit: int) -> int:
    """How many requests a process takes out of a budget at once."""
    return max(1, limit // SLICES)


def granted(limit: int, leased: int, asked: int) -> int:
    """How many of `asked` requests the budget still had, `leased` being the count with them."""
    return max(0, min(asked, limit - (leased - asked)))
