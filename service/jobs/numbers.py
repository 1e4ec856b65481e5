"""The queue in numbers, for whoever watches the service; by kind of job, never by tenant."""

from dataclasses import dataclass

from service.db.sessions import ReadSession

_WAITING = "SELECT entrypoint, status::text, count(*) FROM pgqueuer GROUP BY entrypoint, status"
_OLDEST = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(greatest(execute_after, created))), 0)::float8
    FROM pgqueuer WHERE status = 'queued' AND execute_after <= clock_timestamp()
"""
_ENDED = """
    SELECT entrypoint, status::text, count(*) FROM pgqueuer_log
    WHERE created > clock_timestamp() - interval '1 hour' AND status IN ('successful', 'exception', 'failed')
    GROUP BY entrypoint, status
"""


@dataclass(frozen=True, slots=True)
class QueueNumbers:
    """`waiting` and `ended` (in the last hour) count jobs by kind and state; `oldest` is how many seconds one has been due."""

    waiting: dict[tuple[str, str], int]
    ended: dict[tuple[str, str], int]
    oldest: float


async def queue_numbers(session: ReadSession) -> QueueNumbers:
    waiting = (await session.sql(_WAITING)).all()
    ended = (await session.sql(_ENDED)).all()
    oldest = (await session.sql(_OLDEST)).scalar_one()
    return QueueNumbers(
        {(row[0], row[1]): row[2] for row in waiting},
        {(row[0], row[1]): row[2] for row in ended},
        float(oldest),
    )
