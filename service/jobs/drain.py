"""Run what is queued, one job after the other, until nothing is left: for tests and for one-shot commands."""

from datetime import timedelta
from uuid import uuid4

from pgqueuer.domain import models
from pgqueuer.domain.types import JOB_STATUS, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from service.db.database import Database
from service.jobs.attempts import begin_attempt
from service.jobs.errors import UnknownJobError
from service.jobs.library import SessionDriver, queries_over
from service.jobs.queue import decode
from service.jobs.registry import JobContext, Registry

_FOREVER = timedelta(days=365)


async def drain(
    database: Database, registry: Registry, *, delayed: bool = False, others_wait: bool = False
) -> list[str]:
    """Run queued jobs, oldest first, with those that they add; give the names in the order in which they ran.

    A handler's error is raised as it is, and its job is done with. `delayed` runs what is to wait, too.
    UnknownJobError if a job is left that nobody handles, unless `others_wait`. Not beside a worker: it holds no lease.
    """
    ran: list[str] = []
    while (job := await _take(database, registry, delayed=delayed)) is not None:
        ran.append(job.entrypoint)
        await _run(database, registry, job)
    if not others_wait:
        await _refuse_unknown(database, registry)
    return ran


async def _take(database: Database, registry: Registry, *, delayed: bool) -> models.Job | None:
    async with database.directory() as session:
        if delayed:
            await session.sql(
                "UPDATE pgqueuer SET execute_after = now() - interval '1 s' WHERE status = 'queued'"
            )
        jobs = await queries_over(SessionDriver(session)).dequeue(
            batch_size=1,
            entrypoints={QueueEntrypoint(name): EntrypointExecutionParameter(0) for name in registry},
            queue_manager_id=QueueManagerId(uuid4()),
            global_concurrency_limit=None,
            heartbeat_timeout=_FOREVER,
        )
        return jobs[0] if jobs else None


async def _run(database: Database, registry: Registry, job: models.Job) -> None:
    async with database.directory() as session:
        number = await begin_attempt(SessionDriver(session), job.id)
    outcome: JOB_STATUS = "exception"
    try:
        context = JobContext(database=database, job_id=job.id, name=job.entrypoint, attempt=number)
        await registry[job.entrypoint].handler(context, decode(job.payload))
        outcome = "successful"
    finally:
        async with database.directory() as session:
            await queries_over(SessionDriver(session)).log_jobs([(job, outcome, None)])


async def _refuse_unknown(database: Database, registry: Registry) -> None:
    async with database.directory() as session:
        left = await session.sql(
            "SELECT DISTINCT entrypoint FROM pgqueuer WHERE status = 'queued' AND NOT entrypoint = ANY($1)",
            list(registry),
        )
        names = ", ".join(sorted(row.entrypoint for row in left))
    if names:
        raise UnknownJobError(f"Jobs are queued that no handler is registered for: {names}.")
