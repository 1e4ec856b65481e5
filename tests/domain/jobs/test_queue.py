"""Jobs exist if and when the change that made them does, and run after it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from service.db.database import Database
from service.db.sessions import WriteSession
from service.jobs import JobContext, Payload, Registry, dead_letters, enqueue, is_busy
from service.jobs.drain import drain
from service.jobs.errors import DuplicateJobError, PayloadError, UnknownJobError
from service.jobs.queue import encode
from tests.support.servers import OwnDatabase

A = UUID("00000000-0000-7000-8000-00000000000a")


class Recorder:
    """Keeps what its handler was called with."""

    def __init__(self) -> None:
        self.calls: list[Payload] = []

    async def __call__(self, _context: JobContext, payload: Payload) -> None:
        self.calls.append(payload)


@pytest.fixture(params=["db", "own_database"])
def either(request: pytest.FixtureRequest) -> Database:
    made = request.getfixturevalue(request.param)
    return made if isinstance(made, Database) else made.database


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def registry(recorder: Recorder) -> Registry:
    registry = Registry()
    registry.add("note", recorder)
    return registry


async def queued(database: Database) -> int:
    async with database.directory() as session:
        return int((await session.sql("SELECT count(*) FROM pgqueuer")).scalar_one())


async def test_committed_job_runs_with_its_arguments(
    either: Database, registry: Registry, recorder: Recorder
) -> None:
    async with either.tenant(A) as session:
        await enqueue(session, "note", {"org_id": str(A), "number": 7})
    assert await drain(either, registry) == ["note"]
    assert recorder.calls == [{"org_id": str(A), "number": 7}]
    assert await queued(either) == 0


async def first_the_job(session: WriteSession) -> None:
    await enqueue(session, "note", {})
    await session.sql("SELECT 1")


async def last_the_job(session: WriteSession) -> None:
    await session.sql("SELECT 1")
    await enqueue(session, "note", {})


async def only_the_job(session: WriteSession) -> None:
    await enqueue(session, "note", {})


async def after_a_savepoint(session: WriteSession) -> None:
    async with session.savepoint():
        await enqueue(session, "note", {}, dedupe_key="one")


async def through_the_driver(session: WriteSession) -> None:
    await (await session.raw()).execute("SELECT 1")
    await enqueue(session, "note", {})


ORDERS = [first_the_job, last_the_job, only_the_job, after_a_savepoint, through_the_driver]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
async def test_job_of_a_rolled_back_session_does_not_exist(
    either: Database, order: Callable[[WriteSession], asyncio.Future[None]]
) -> None:
    await roll_back(either, order)
    assert await queued(either) == 0
    async with either.tenant(A) as session:
        await order(session)
    assert await queued(either) == 1


async def roll_back(database: Database, order: Callable[[WriteSession], asyncio.Future[None]]) -> None:
    with pytest.raises(LookupError):
        await enqueue_and_fail(database, order)


async def enqueue_and_fail(database: Database, order: Callable[[WriteSession], asyncio.Future[None]]) -> None:
    async with database.tenant(A) as session:
        await order(session)
        raise LookupError


async def test_matcher_adds_jobs_too(either: Database, registry: Registry, recorder: Recorder) -> None:
    async with either.matcher(A) as session:
        await enqueue(session, "note", {"n": 1}, dedupe_key="k")
        await enqueue(session, "note", {"n": 2}, dedupe_key="k")
    await drain(either, registry)
    assert recorder.calls == [{"n": 1}]


async def test_waiting_job_of_one_key_stands_for_both(
    either: Database, registry: Registry, recorder: Recorder
) -> None:
    for number in (1, 2):
        async with either.tenant(A) as session:
            await enqueue(session, "note", {"n": number}, dedupe_key="same")
    async with either.tenant(A) as session:
        await enqueue(session, "note", {"n": 3}, dedupe_key="other")
    await drain(either, registry)
    assert recorder.calls == [{"n": 1}, {"n": 3}]


async def test_change_made_while_its_job_runs_gets_a_job_of_its_own(either: Database) -> None:
    seen = []

    async def run(context: JobContext, payload: Payload) -> None:
        seen.append(payload)
        if len(seen) == 1:
            async with context.database.tenant(A) as session:
                await enqueue(session, "again", {"n": 2}, dedupe_key="same")

    registry = Registry()
    registry.add("again", run)
    async with either.tenant(A) as session:
        await enqueue(session, "again", {"n": 1}, dedupe_key="same")
    assert await drain(either, registry) == ["again", "again"]


async def test_job_that_waits_is_not_taken_before_the_change_that_counts_on_it(
    own_database: OwnDatabase, registry: Registry, recorder: Recorder
) -> None:
    database = own_database.database
    async with database.tenant(A) as session:
        await enqueue(session, "note", {}, dedupe_key="same")
    async with database.tenant(A) as changing:
        await enqueue(changing, "note", {}, dedupe_key="same")
        assert await drain(database, registry) == []
    assert await drain(database, registry) == ["note"]


async def test_delayed_job_waits_unless_it_is_asked_for(
    either: Database, registry: Registry, recorder: Recorder
) -> None:
    async with either.tenant(A) as session:
        await enqueue(session, "note", {}, delay=timedelta(hours=1))
    assert await drain(either, registry) == []
    assert await drain(either, registry, delayed=True) == ["note"]


async def test_queue_is_busy_while_a_job_is_due_and_not_for_one_that_was_put_off(
    either: Database, registry: Registry, recorder: Recorder
) -> None:
    async def busy() -> bool:
        async with either.directory() as session:
            return await is_busy(session)

    assert not await busy()
    async with either.tenant(A) as session:
        await enqueue(session, "note", {"turn": "tomorrow"}, delay=timedelta(hours=12))
    assert not await busy()
    async with either.tenant(A) as session:
        await enqueue(session, "note", {"turn": "now"})
    assert await busy()
    assert await drain(either, registry) == ["note"]
    assert not await busy()
    async with either.directory() as session:
        await session.sql("UPDATE pgqueuer SET attempts = 1")
    assert await busy()  # it failed once and waits for its next turn


async def test_drain_runs_oldest_first_and_what_jobs_add(either: Database) -> None:
    async def parent(context: JobContext, payload: Payload) -> None:
        async with context.database.tenant(A) as session:
            await enqueue(session, "child", {})

    registry = Registry()
    registry.add("parent", parent)
    registry.add("child", Recorder())
    async with either.tenant(A) as session:
        await enqueue(session, "parent", {})
        await enqueue(session, "child", {})
    assert await drain(either, registry) == ["parent", "child", "child"]


async def test_drain_raises_the_error_of_a_handler_and_is_done_with_its_job(either: Database) -> None:
    async def fail(context: JobContext, payload: Payload) -> None:
        raise ZeroDivisionError

    registry = Registry()
    registry.add("fail", fail)
    async with either.tenant(A) as session:
        await enqueue(session, "fail", {})
    with pytest.raises(ZeroDivisionError):
        await drain(either, registry)
    assert await drain(either, registry) == []


async def test_drain_names_a_job_that_nobody_handles(either: Database, registry: Registry) -> None:
    async with either.tenant(A) as session:
        await enqueue(session, "unheard", {})
    with pytest.raises(UnknownJobError, match="unheard"):
        await drain(either, registry)


@pytest.mark.parametrize("payload", [{"list": [1]}, {"none": None}, {"deep": {}}, {"long": "x" * 3000}])
def test_arguments_are_few_flat_and_small(payload: dict[str, object]) -> None:
    with pytest.raises(PayloadError):
        encode(payload)  # type: ignore[arg-type]


def test_two_handlers_under_one_name_are_refused(registry: Registry) -> None:
    with pytest.raises(DuplicateJobError, match="note"):
        registry.add("note", Recorder())
    with pytest.raises(UnknownJobError, match="other"):
        registry["other"]


async def test_nothing_is_put_aside_at_first(either: Database) -> None:
    async with either.directory() as session:
        assert await dead_letters(session) == []
