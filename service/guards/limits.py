"""Rate limits that hold across processes without a write per request.

Each process leases a slice of the budget of the current period from one row a subject and spends it by itself. What it doesn't
spend lapses with the period, so a limit is never exceeded and undershot by one slice a process at most.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.guards.errors import RateLimitedError
from service.guards.repository import take
from service.guards.rules import granted, slice_of

LEASE_SECONDS = 0.8
"""The longest that a request waits for a slice."""
MOST_SUBJECTS = 10_000
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Requests a period of `seconds`."""

    caller: int = 1_200
    """Of one API key or person."""
    organization: int = 6_000
    seconds: int = 60


@dataclass(slots=True)
class Bucket:
    """What this process may spend of one subject's budget in this period, and what it knows of the whole."""

    name: str
    limit: int
    subject: UUID
    ends: float = 0.0
    left: int = 0
    leased: int = 0
    owed: int = 0
    """Spent before it was leased; paid with the next lease."""
    is_spent: bool = False
    has_advance: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def remaining(self, now: float) -> int:
        if now >= self.ends:
            return max(0, self.limit - self.owed)
        return max(0, max(0, self.limit - self.leased) + self.left - self.owed)

    def open(self, *, leased: int, asked: int, ends: float) -> None:
        """Take in a slice: `asked` requests, `leased` being the count of all processes with them."""
        if ends - self.ends > 1:  # a new period: the old one's rest lapses
            self.left, self.is_spent, self.has_advance = 0, False, False
        got = granted(self.limit, leased, asked) - self.owed
        self.left, self.owed = self.left + max(0, got), max(0, -got)
        self.leased, self.ends = leased, ends
        self.is_spent = self.left < 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of the budgets after a request, for its answer's headers; `reset` in whole seconds."""

    buckets: tuple[tuple[str, int, int], ...]
    """Name, limit, remaining."""
    reset: int
    seconds: int


class Limiter:
    """The budgets of this process."""

    def __init__(
        self, limits: RateLimits | None = None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits or RateLimits()
        self._now = now
        self._buckets: OrderedDict[tuple[UUID, UUID], Bucket] = OrderedDict()

    async def spend(self, database: Database, org_id: UUID, caller: UUID) -> Verdict:
        """Count one request. RateLimitedError; DatabaseUnavailable when it is away for longer than the advance lasts."""
        buckets = self._of(org_id, caller)
        # once is not enough: while one bucket's slice is waited for, others may use up the next one's
        while any(self._needs_slice(bucket) for bucket in buckets):
            await self._lease(database, org_id, buckets)
        for bucket in buckets:
            if bucket.is_spent:
                raise RateLimitedError(self._wait(bucket), bucket.name)
        for bucket in buckets:
            bucket.left -= 1
        return self.verdict(org_id, caller)

    def owe(self, org_id: UUID, caller: UUID) -> Verdict:
        """Count one request that went ahead before its caller was known. RateLimitedError if the budget was spent."""
        buckets = self._of(org_id, caller)
        for bucket in buckets:
            if bucket.is_spent and self._now() < bucket.ends:
                raise RateLimitedError(self._wait(bucket), bucket.name)
        for bucket in buckets:
            if bucket.left > 0 and self._now() < bucket.ends:
                bucket.left -= 1
            else:
                bucket.owed += 1
        return self.verdict(org_id, caller)

    def verdict(self, org_id: UUID, caller: UUID) -> Verdict:
        buckets, now = self._of(org_id, caller), self._now()
        tight = min(buckets, key=lambda bucket: bucket.remaining(now) / bucket.limit)
        told = tuple((bucket.name, bucket.limit, bucket.remaining(now)) for bucket in buckets)
        return Verdict(told, self._wait(tight), self.limits.seconds)

    def _of(self, org_id: UUID, caller: UUID) -> tuple[Bucket, ...]:
        own = self._bucket(org_id, caller, "caller", self.limits.caller)
        if caller == org_id:  # a person who acts in no organization stands for themselves
            return (own,)
        return own, self._bucket(org_id, org_id, "organization", self.limits.organization)

    def _bucket(self, org_id: UUID, subject: UUID, name: str, limit: int) -> Bucket:
        found = self._buckets.get((org_id, subject))
        if found is None:
            found = self._buckets[org_id, subject] = Bucket(name, limit, subject)
            if len(self._buckets) > MOST_SUBJECTS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end((org_id, subject))
        return found

    def _needs_slice(self, bucket: Bucket) -> bool:
        return self._now() >= bucket.ends or (bucket.left < 1 and not bucket.is_spent)

    def _wait(self, bucket: Bucket) -> int:
        left = bucket.ends - self._now()
        return math.ceil(left) if left > 0 else self.limits.seconds

    async def _lease(self, database: Database, org_id: UUID, buckets: Sequence[Bucket]) -> None:
        """One request of a caller asks; the others wait for what it gets."""
        async with AsyncExitStack() as turns:
            for (
                bucket
            ) in buckets:  # always the caller's before the organization's, so that none waits in a circle
                if self._needs_slice(bucket):
                    await turns.enter_async_context(bucket.turn)
            wanting = [bucket for bucket in buckets if self._needs_slice(bucket)]
            if wanting:
                await self._take(database, org_id, wanting)

    async def _take(self, database: Database, org_id: UUID, wanting: Sequence[Bucket]) -> None:
        asked = {bucket.subject: slice_of(bucket.limit) + bucket.owed for bucket in wanting}
        try:
            async with asyncio.timeout(LEASE_SECONDS), database.tenant(org_id) as session:
                taken = await take(session, asked, self.limits.seconds)
        except Exception as error:  # noqa: BLE001 - whatever keeps the budget away, its users aren't to suffer at once
            self._advance(wanting, error)
            return
        for bucket in wanting:
            got = taken[bucket.subject]
            bucket.open(leased=got.leased, asked=asked[bucket.subject], ends=self._now() + got.seconds)

    def _advance(self, buckets: Sequence[Bucket], error: Exception) -> None:
        """Let a process go on by one slice a period where the database doesn't hand one out; it is paid back later."""
        log.warning("no slice of a budget could be leased", kind=type(error).__name__)
        for bucket in buckets:
            if self._now() >= bucket.ends:
                bucket.has_advance, bucket.is_spent, bucket.left = False, False, 0
                bucket.ends = self._now() + self.limits.seconds
            if bucket.has_advance:
                raise DatabaseUnavailable from error
            bucket.has_advance = True
            bucket.left += slice_of(bucket.limit)
            bucket.owed += slice_of(bucket.limit)
