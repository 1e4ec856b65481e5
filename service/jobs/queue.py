"""Put jobs into the queue, and look at those that were given up.

A job is added through the session of the change that makes it necessary: it exists if and when that change does.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from service.db.sessions import ReadSession, WriteSession
from service.jobs.errors import PayloadError

if TYPE_CHECKING:
    from pgqueuer.domain.types import JobId
    from pgqueuer.queries import Queries

Payload = dict[str, str | int]

_LARGEST_PAYLOAD = 2048
_AT_ONCE = timedelta(microseconds=-1)
"""The queue asks for what was due *before* now(), which stands still in a transaction that adds a job and takes it."""

_NAMES_ONE = (
    "EXISTS (SELECT FROM unnest($1::text[]) AS id WHERE position(convert_to(id, 'UTF8') IN payload) > 0)"
)


async def enqueue(
    session: WriteSession,
    name: str,
    payload: Mapping[str, str | int],
    *,
    dedupe_key: str | None = None,
    delay: timedelta | None = None,
) -> None:
    """Add a job to be run after this transaction is committed, and not if it is rolled back.

    `payload` holds ids, never names, keys or secrets: the queue has no tenant. PayloadError otherwise.

    Under a `dedupe_key` a job that waits already stands for this one too: it runs after this transaction, so it sees the
    change. A job that has started never does: another is added. Several keys in one transaction are added in
    one order everywhere (sorted, say): the key is held until the commit, and two transactions could wait for each other.
    """
    await _queries(session).enqueue(
        name,
        encode(payload),
        execute_after=delay or _AT_ONCE,
        dedupe_key=None if dedupe_key is None else f"{name}:{dedupe_key}",
        # Not "skip": the update locks the waiting job until this commit, so no worker runs it before the change is there.
        on_conflict="raise" if dedupe_key is None else "update_priority",
    )


async def is_live(session: ReadSession, name: str, payload: Mapping[str, str | int]) -> bool:
    """Whether a job of this name and payload waits or runs."""
    rows = await session.sql(
        "SELECT 1 FROM pgqueuer WHERE entrypoint = $1 AND payload = $2 AND status IN ('queued', 'picked') LIMIT 1",
        name,
        encode(payload),
    )
    return rows.first() is not None


async def is_given_up(session: ReadSession, name: str, payload: Mapping[str, str | int]) -> bool:
    """Whether a job of this name and payload was put aside after its last attempt."""
    rows = await session.sql(
        "SELECT 1 FROM pgqueuer WHERE entrypoint = $1 AND payload = $2 AND status = 'failed' LIMIT 1",
        name,
        encode(payload),
    )
    return rows.first() is not None


async def states_naming(session: ReadSession, ids: Collection[str]) -> set[str]:
    """What has become of the jobs whose arguments name one of these: `queued`, `picked`, `failed`; those that are done are gone."""
    rows = await session.sql(f"SELECT DISTINCT status::text FROM pgqueuer WHERE {_NAMES_ONE}", list(ids))
    return {row.status for row in rows}


async def is_busy(session: ReadSession) -> bool:
    """Whether a job runs, is due or will be tried again; one that was put off (until midnight, say) doesn't count."""
    rows = await session.sql(
        "SELECT 1 FROM pgqueuer WHERE status = 'picked'"
        " OR (status = 'queued' AND (execute_after <= now() OR attempts > 0)) LIMIT 1"
    )
    return rows.first() is not None


async def live_payloads(session: ReadSession, name: str) -> list[Payload]:
    """Give the payloads of the jobs of this name that wait or run."""
    rows = await session.sql(
        "SELECT payload FROM pgqueuer WHERE entrypoint = $1 AND status IN ('queued', 'picked')", name
    )
    return [decode(row.payload) for row in rows]


def encode(payload: Mapping[str, str | int]) -> bytes:
    """Write a payload as JSON. Raises PayloadError."""
    for key, value in payload.items():
        if not isinstance(key, str) or not isinstance(value, str | int):
            raise PayloadError(
                f"The argument {key!r} is a {type(value).__name__}: pass ids as text, and numbers."
            )
    encoded = json.dumps(dict(payload), separators=(",", ":")).encode()
    if len(encoded) > _LARGEST_PAYLOAD:
        raise PayloadError(
            f"The arguments are {len(encoded)} bytes long: store what the job needs and pass its id."
        )
    return encoded


def decode(payload: bytes | None) -> Payload:
    decoded: Payload = json.loads(payload or b"{}")
    return decoded


@dataclass(frozen=True)
class DeadLetter:
    """A job that was given up and waits for somebody to look at it."""

    job_id: int
    name: str
    payload: Payload
    created: datetime
    error: str | None
    """Kind and place of its last error."""


async def dead_letters(session: ReadSession, *, limit: int = 100) -> list[DeadLetter]:
    """Give the jobs that were given up, newest first."""
    rows = await session.sql(
        """
        SELECT job.id, job.entrypoint, job.payload, job.created,
               (SELECT log.traceback ->> 'exception_message' FROM pgqueuer_log AS log
                 WHERE log.job_id = job.id AND log.status = 'failed' ORDER BY log.id DESC LIMIT 1) AS error
          FROM pgqueuer AS job WHERE job.status = 'failed' ORDER BY job.id DESC LIMIT $1
        """,
        limit,
    )
    return [DeadLetter(row.id, row.entrypoint, decode(row.payload), row.created, row.error) for row in rows]


async def forget(session: WriteSession, ids: Collection[str]) -> None:
    """Take out every job whose arguments name one of these ids, whatever became of it; one that runs isn't stopped."""
    await session.sql(f"DELETE FROM pgqueuer WHERE {_NAMES_ONE}", list(ids))


async def forget_failed(session: WriteSession, ids: Collection[str]) -> None:
    """Take out every job that was given up and whose arguments name one of these ids."""
    await session.sql(f"DELETE FROM pgqueuer WHERE status = 'failed' AND {_NAMES_ONE}", list(ids))


async def revive(session: WriteSession, job_ids: list[int]) -> None:
    """Queue jobs again that were given up, with all their attempts."""
    await _queries(session).requeue_jobs(cast("list[JobId]", job_ids))


def _queries(session: WriteSession) -> "Queries":
    """The library's operations. It is large, and most of the commands look at the queue at most."""
    from service.jobs.library import SessionDriver, queries_over  # noqa: PLC0415

    return queries_over(SessionDriver(session))
