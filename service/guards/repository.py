"""SQL of idempotency keys and budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.db.sessions import TenantSession
from service.guards.rules import Asked, Kept

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
_FIND = """
    SELECT request, body, attempt, leased_until - clock_timestamp() AS lease, response, expires_at
    FROM idempotency_record WHERE org_id = $1 AND key = $2
"""
_PUT = """
    INSERT INTO idempotency_record (org_id, key, request, body, attempt, leased_until, response, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval, $7, $8, $9)
    ON CONFLICT (org_id, key) DO UPDATE SET
        request = excluded.request, body = excluded.body, attempt = excluded.attempt, leased_until = excluded.leased_until,
        response = excluded.response, created_at = excluded.created_at, expires_at = excluded.expires_at
    WHERE idempotency_record.attempt < excluded.attempt
"""
_RENEW = """
    UPDATE idempotency_record SET leased_until = clock_timestamp() + $4::interval
    WHERE org_id = $1 AND key = $2 AND attempt = $3 AND response IS NULL
"""
_FINISH = """
    UPDATE idempotency_record SET body = $4, response = $5, leased_until = NULL
    WHERE org_id = $1 AND key = $2 AND attempt = $3 AND response IS NULL
"""
_RELEASE = (
    "DELETE FROM idempotency_record WHERE org_id = $1 AND key = $2 AND attempt = $3 AND response IS NULL"
)
_SWEEP = """
    DELETE FROM idempotency_record WHERE org_id = $1 AND key IN (
        SELECT key FROM idempotency_record WHERE org_id = $1 AND expires_at <= $2
        ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)
"""
_TAKE = """
    INSERT INTO rate_budget AS budget (org_id, subject, period, leased)
    SELECT $1, asked.subject, floor(extract(epoch FROM clock_timestamp()) / $4::int)::bigint, asked.slice
      FROM unnest($2::uuid[], $3::bigint[]) AS asked(subject, slice) ORDER BY asked.subject
    ON CONFLICT (org_id, subject) DO UPDATE SET period = excluded.period,
        leased = excluded.leased + CASE WHEN budget.period = excluded.period THEN budget.leased ELSE 0 END
    RETURNING subject, leased, ((period + 1) * $4::int - extract(epoch FROM clock_timestamp()))::float8 AS seconds
"""


class IdempotencyRecords:
    """The idempotency keys of the session's organization."""

    def __init__(self, session: TenantSession) -> None:
        self._session = session

    async def alone(self, key: str) -> bool:
        """Whether no other transaction holds the key; if so this one holds it to its end."""
        rows = await self._session.sql(_ALONE, f"idempotency:{self._session.org_id}:{key}")
        return bool(rows.scalar_one())

    async def find(self, key: str) -> Kept | None:
        row = (await self._session.sql(_FIND, self._session.org_id, key)).first()
        return None if row is None else Kept(*row)

    async def put(
        self,
        asked: Asked,
        attempt: int,
        *,
        moments: tuple[datetime, datetime],
        response: bytes | None = None,
        lease: timedelta | None = None,
    ) -> bool:
        """Store the answer, or a lease; `moments` are those of making and of expiry. False where another was faster."""
        done = await self._session.sql(
            _PUT,
            self._session.org_id,
            asked.key,
            asked.request,
            asked.body,
            attempt,
            lease,
            response,
            *moments,
        )
        return done.rowcount == 1

    async def renew(self, key: str, attempt: int, lease: timedelta) -> bool:
        """Whether the lease was still this attempt's."""
        done = await self._session.sql(_RENEW, self._session.org_id, key, attempt, lease)
        return done.rowcount == 1

    async def finish(self, key: str, attempt: int, body: bytes, response: bytes) -> bool:
        """Whether the lease was still this attempt's; then the answer stands in its place."""
        done = await self._session.sql(_FINISH, self._session.org_id, key, attempt, body, response)
        return done.rowcount == 1

    async def release(self, key: str, attempt: int) -> None:
        await self._session.sql(_RELEASE, self._session.org_id, key, attempt)

    async def sweep(self, now: datetime, most: int) -> None:
        """Delete up to `most` that have run out."""
        await self._session.sql(_SWEEP, self._session.org_id, now, most)


@dataclass(frozen=True, slots=True)
class Leased:
    """What a budget has handed out in this period, and how long the period goes on."""

    leased: int
    seconds: float


async def take(session: TenantSession, slices: Mapping[UUID, int], period_seconds: int) -> dict[UUID, Leased]:
    """Take slices out of the budgets of the current period, by subject; it never waits for long nor for the disk."""
    await session.sql("SET LOCAL lock_timeout = '300ms'")
    await session.sql("SET LOCAL synchronous_commit = off")
    rows = await session.sql(_TAKE, session.org_id, list(slices), list(slices.values()), period_seconds)
    return {row.subject: Leased(row.leased, row.seconds) for row in rows}
