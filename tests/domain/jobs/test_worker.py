"""Workers on a database of their own: several jobs at a time, failures, death and a graceful end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from anyio import CancelScope
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context, Job
from structlog.testing import capture_logs

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.jobs import (
    JobContext,
    Payload,
    PermanentJobError,
    Registry,
    attempts,
    dead_letters,
    enqueue,
    revive,
)
from service.jobs.library import SessionDriver, queries_over
from service.jobs.worker import PatientQueries, Worker, WorkerLimits
from tests.support.servers import OwnDatabase, TestServer

A = UUID("00000000-0000-7000-8000-00000000000a")
QUICK = WorkerLimits(poll=timedelta(seconds=0.1), lease=timedelta(seconds=1), grace=timedelta(seconds=0.2))
DEADLINE_SECONDS = 30


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "RETRY_DELAYS", (timedelta(milliseconds=1), timedelta(milliseconds=1)))


def registry_of(**handlers: Callable[[JobContext, Payload], Awaitable[None]]) -> Registry:
    registry = Registry()
    for name, handler in handlers.items():
        registry.add(name, handler)
    return registry


@asynccontextmanager
async def working(
    own: OwnDatabase, registry: Registry, limits: WorkerLimits = QUICK
) -> AsyncIterator[Worker]:
    worker = Worker(own.database, registry, url=own.urls.app, limits=limits)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, DEADLINE_SECONDS)


async def add(own: OwnDatabase, name: str, **payload: str | int) -> None:
    async with own.database.tenant(A) as session:
        await enqueue(session, name, payload)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await holds(condition):  # noqa: ASYNC110 - the database's state, asked for until it holds
            await asyncio.sleep(0.02)


async def holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Whether the condition holds now; a connection that was just ended under the question is no answer."""
    try:
        return await condition()
    except DatabaseUnavailable:
        return False


async def statuses(own: OwnDatabase) -> list[str]:
    async with own.database.directory() as session:
        return list((await session.sql("SELECT status::text FROM pgqueuer ORDER BY id")).scalars())


def is_empty(own: OwnDatabase) -> Callable[[], Awaitable[bool]]:
    async def empty() -> bool:
        return await statuses(own) == []

    return empty


async def test_job_is_taken_when_it_is_added_without_waiting_for_the_poll(own_database: OwnDatabase) -> None:
    ran = asyncio.Event()

    async def run(context: JobContext, payload: Payload) -> None:
        ran.set()

    patient = WorkerLimits(poll=timedelta(hours=1))
    async with working(own_database, registry_of(run=run), patient):
        await until(lambda: is_listening(own_database))
        await add(own_database, "run")
        await asyncio.wait_for(ran.wait(), DEADLINE_SECONDS)


async def is_listening(own: OwnDatabase) -> bool:
    async with own.database.directory() as session:
        waiting = await session.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        return bool(waiting.scalar_one())


async def test_jobs_run_at_a_time_up_to_the_limit(own_database: OwnDatabase) -> None:
    running, most = 0, 0
    together = asyncio.Event()

    async def run(context: JobContext, payload: Payload) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 4:
            together.set()
        await together.wait()
        running -= 1

    for _ in range(9):
        await add(own_database, "run")
    async with working(
        own_database, registry_of(run=run), WorkerLimits(at_once=4, poll=timedelta(seconds=0.1))
    ):
        await until(is_empty(own_database))
    assert most == 4


async def test_failing_job_is_tried_again_and_then_put_aside_with_its_error(
    own_database: OwnDatabase,
) -> None:
    seen = []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(context.attempt)
        raise ValueError("Acme Corp of 12 Secret Street")

    await add(own_database, "run", account_id="x")
    async with working(own_database, registry_of(run=run)):
        await until(lambda: all_failed(own_database))
    assert seen == [1, 2, 3]
    async with own_database.database.directory() as session:
        [letter] = await dead_letters(session)
        kept = (await session.sql("SELECT string_agg(traceback::text, ' ') FROM pgqueuer_log")).scalar_one()
    assert letter.payload == {"account_id": "x"}
    assert letter.error is not None
    assert letter.error.startswith("ValueError at domain/jobs/test_worker.py")
    assert "Secret" not in kept


async def all_failed(own: OwnDatabase) -> bool:
    return set(await statuses(own)) == {"failed"}


async def test_revived_job_has_all_its_attempts_again(own_database: OwnDatabase) -> None:
    seen = []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(context.attempt)
        if len(seen) < 5:
            raise ValueError

    await add(own_database, "run")
    async with working(own_database, registry_of(run=run)):
        await until(lambda: all_failed(own_database))
        async with own_database.database.directory() as session:
            await revive(session, [letter.job_id for letter in await dead_letters(session)])
        await until(is_empty(own_database))
    assert seen == [1, 2, 3, 1, 2]


async def test_permanent_failure_is_not_tried_again(own_database: OwnDatabase) -> None:
    seen = []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(context.attempt)
        raise PermanentJobError

    await add(own_database, "run")
    async with working(own_database, registry_of(run=run)):
        await until(lambda: all_failed(own_database))
    assert seen == [1]


async def die_with_a_job(own: OwnDatabase, name: str) -> None:
    """Leave a job as a worker leaves it that was killed: taken, its heartbeat long ago."""
    admin = await asyncpg.connect(own.urls.admin)
    await admin.execute(
        """
        WITH taken AS (UPDATE pgqueuer SET status = 'picked', heartbeat = now() - interval '1 hour', queue_manager_id = gen_random_uuid()
                        WHERE entrypoint = $1 RETURNING id, entrypoint, priority)
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) SELECT id, 'picked', entrypoint, priority FROM taken
        """,
        name,
    )
    await admin.close()


async def test_job_of_a_dead_worker_is_taken_up(own_database: OwnDatabase) -> None:
    seen = []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(context.attempt)

    await add(own_database, "run")
    await die_with_a_job(own_database, "run")
    async with working(own_database, registry_of(run=run)):
        await until(is_empty(own_database))
    assert seen == [2]


async def test_job_that_kills_every_worker_is_put_aside(own_database: OwnDatabase) -> None:
    async def run(context: JobContext, payload: Payload) -> None:
        raise AssertionError("must not run again")

    await add(own_database, "run")
    for _ in range(3):
        await die_with_a_job(own_database, "run")
    async with working(own_database, registry_of(run=run)):
        await until(lambda: all_failed(own_database))
    async with own_database.database.directory() as session:
        [letter] = await dead_letters(session)
    assert letter.error == "its worker died at every attempt"


async def test_job_that_outlasts_the_stop_goes_back_and_runs_again(own_database: OwnDatabase) -> None:
    begun, seen = asyncio.Event(), []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(context.attempt)
        begun.set()
        if context.attempt == 1:
            await asyncio.Event().wait()

    await add(own_database, "run")
    registry = registry_of(run=run)
    async with working(own_database, registry):
        await asyncio.wait_for(begun.wait(), DEADLINE_SECONDS)
    assert await statuses(own_database) == ["queued"]
    async with working(own_database, registry):
        await until(is_empty(own_database))
    assert seen == [1, 2]


async def test_job_within_the_grace_ends_before_the_worker_does(own_database: OwnDatabase) -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), []

    async def run(context: JobContext, payload: Payload) -> None:
        begun.set()
        await go.wait()
        ended.append(True)

    await add(own_database, "run")
    limits = WorkerLimits(grace=timedelta(seconds=DEADLINE_SECONDS))
    async with working(own_database, registry_of(run=run), limits) as worker:
        await asyncio.wait_for(begun.wait(), DEADLINE_SECONDS)
        worker.stop()
        go.set()
    assert ended == [True]
    assert await statuses(own_database) == []


async def test_worker_outlives_the_loss_of_its_connections(own_database: OwnDatabase) -> None:
    ran = asyncio.Event()

    async def run(context: JobContext, payload: Payload) -> None:
        ran.set()

    admin = await asyncpg.connect(own_database.urls.admin)
    async with working(own_database, registry_of(run=run)):
        await until(lambda: is_listening(own_database))
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
        await until(lambda: can_add(own_database))
        await asyncio.wait_for(ran.wait(), DEADLINE_SECONDS)


async def can_add(own: OwnDatabase) -> bool:
    await add(own, "run")
    return True


async def test_job_is_not_given_up_for_an_outage_in_its_handler(
    own_database: OwnDatabase, server: TestServer
) -> None:
    seen = []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(context.attempt)
        async with context.database.directory() as session:
            if context.attempt == 1:
                await end_every_connection(server, own_database)
            await session.sql("SELECT 1")

    await add(own_database, "run")
    async with working(own_database, registry_of(run=run)):
        await until(is_empty(own_database))
    assert seen == [1, 2]


class Away(SessionDriver):
    """A connection on which every statement raises one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute(self, _query: str, *_args: object) -> str:
        raise self._error

    async def fetch(self, _query: str, *_args: object) -> list[dict[str, object]]:
        raise self._error


def taken_job() -> Job:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Job(
        id=1, priority=0, created=moment, updated=moment, heartbeat=moment, execute_after=moment, status="picked",
        entrypoint="run", payload=None, queue_manager_id=None, headers=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "raised"),
    [(asyncpg.AdminShutdownError("stopping"), RetryRequested), (TimeoutError(), RetryRequested),
     (asyncpg.UndefinedTableError("no such table"), asyncpg.UndefinedTableError)],
)  # fmt: skip
async def test_job_taken_just_as_the_database_goes_away_is_tried_again(
    db: Database, error: Exception, raised: type[Exception]
) -> None:
    registry = registry_of(run=_nothing)
    attempt = attempts.Attempt(registry["run"], db, Away(error), set())
    with pytest.raises(raised):
        await attempt.execute(taken_job(), Context(cancellation=CancelScope()))


async def _nothing(context: JobContext, payload: Payload) -> None:
    raise AssertionError("an attempt that could not be counted is not made")


async def test_job_that_should_go_back_while_the_database_is_away_keeps_its_lease() -> None:
    away = PatientQueries.over(queries_over(Away(asyncpg.CannotConnectNowError("starting up"))))
    await away.retry_job(taken_job(), timedelta(0), None)
    wrong = PatientQueries.over(queries_over(Away(asyncpg.UndefinedTableError("no such table"))))
    with pytest.raises(asyncpg.UndefinedTableError):
        await wrong.retry_job(taken_job(), timedelta(0), None)


async def test_worker_outlives_a_database_that_refuses_it(
    server: TestServer, own_database: OwnDatabase
) -> None:
    done: list[int] = []

    async def run(_context: JobContext, _payload: Payload) -> None:
        done.append(1)

    async def refused() -> bool:
        return any(log["event"] == "the queue is away" for log in logs)

    with capture_logs() as logs:
        async with working(own_database, registry_of(run=run)):
            name = own_database.name
            await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", own_database.ending)
            await until(refused)
            await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await add(own_database, "run")
            await until(is_empty(own_database))
    assert done == [1]


async def end_every_connection(server: TestServer, own: OwnDatabase) -> None:
    await server.execute(own.ending)


async def test_old_lines_of_the_log_are_pruned(own_database: OwnDatabase) -> None:
    admin = await asyncpg.connect(own_database.urls.admin)
    for age in ("40 days", "1 day"):
        await admin.execute(
            "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint) VALUES (now() - $1::text::interval, 1, 'successful', 0, 'x')",
            age,
        )

    async def one_is_left() -> bool:
        return bool(await admin.fetchval("SELECT count(*) = 1 FROM pgqueuer_log"))

    async with working(own_database, registry_of()):
        await until(one_is_left)
    await admin.close()


def test_error_is_described_by_kind_and_place() -> None:
    assert attempts.describe(ValueError("Acme")) == "ValueError"
    with pytest.raises(ValueError, match="Acme") as caught:
        raise_one()
    assert attempts.describe(caught.value).startswith("ValueError at domain/jobs/test_worker.py:")
    assert "Acme" not in attempts.describe(caught.value)


def raise_one() -> None:
    raise ValueError("Acme")
