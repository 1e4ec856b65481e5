"""One attempt at a job: begun, run, and on failure tried again later or put aside.

Errors are logged and stored by kind and place. Their text may quote what a row holds, and the queue has no tenant.
"""

import asyncio
from datetime import timedelta

import structlog
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.domain import models
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.ports.driver import Driver

from service.db.database import Database
from service.db.faults import is_away
from service.jobs.errors import JobFailedError, PermanentJobError
from service.jobs.queue import decode
from service.jobs.registry import Entry, JobContext
from service.kit.faults import describe, places

log = structlog.get_logger(__name__)

RETRY_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))
"""Waits before the second, third … attempt; after one attempt more than there are waits a job is put aside."""

_BEGIN = """
WITH started AS (UPDATE pgqueuer SET dedupe_key = NULL WHERE id = $1 AND dedupe_key IS NOT NULL)
SELECT count(*) AS attempt FROM pgqueuer_log
 WHERE job_id = $1 AND status = 'picked'
   AND id > coalesce((SELECT max(id) FROM pgqueuer_log WHERE job_id = $1 AND status = 'failed'), 0)
"""


async def begin_attempt(driver: Driver, job_id: int) -> int:
    """Let go of the job's dedupe key and give the number of this attempt.

    From here on a change adds a job of its own: this one may have read what it needs. Attempts are counted by the times
    that the job was taken, so that one that kills its worker isn't taken for ever.
    """
    rows = await driver.fetch(_BEGIN, job_id)
    return int(str(rows[0]["attempt"]))


class Attempt(AbstractEntrypointExecutor):
    """Runs a handler under the library's worker."""

    def __init__(
        self, entry: Entry, database: Database, driver: Driver, running: set[asyncio.Task[None]]
    ) -> None:
        super().__init__(
            EntrypointExecutorParameters(concurrency_limit=entry.at_once, func=_never, on_failure="hold")
        )
        self._entry = entry
        self._database = database
        self._driver = driver
        self._running = running

    async def execute(self, job: models.Job, context: models.Context) -> None:  # noqa: ARG002  # the library's signature
        number = await self._begin(job)
        if number > len(RETRY_DELAYS) + 1:
            raise JobFailedError("its worker died at every attempt")
        run = asyncio.create_task(self._handle(job, number))
        self._running.add(run)
        try:
            await run
        except asyncio.CancelledError:
            # The worker stops and this job took too long: it goes back, where the library would take it for cancelled.
            raise RetryRequested(reason="the worker stopped") from None
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, the job goes on to its next attempt
            raise _outcome(error, job, number) from None
        finally:
            self._running.discard(run)

    async def _begin(self, job: models.Job) -> int:
        """RetryRequested where the database is away: nothing was tried, and the library would put the job aside."""
        try:
            return await begin_attempt(self._driver, job.id)
        except Exception as error:
            if not is_away(error, closed=True):
                raise
            raise RetryRequested(RETRY_DELAYS[0], "the database went away") from None

    async def _handle(self, job: models.Job, number: int) -> None:
        context = JobContext(
            database=self._database,
            job_id=job.id,
            name=job.entrypoint,
            attempt=number,
            last=number > len(RETRY_DELAYS),
        )
        with structlog.contextvars.bound_contextvars(job_id=job.id, job=job.entrypoint, attempt=number):
            await self._entry.handler(context, decode(job.payload))


def _outcome(error: Exception, job: models.Job, number: int) -> RetryRequested | JobFailedError:
    what = describe(error)
    again = number <= len(RETRY_DELAYS) and not isinstance(error, PermanentJobError)
    log.warning(
        "job failed",
        job=job.entrypoint,
        job_id=job.id,
        attempt=number,
        again=again,
        error=what,
        trace=places(error),
    )
    return RetryRequested(RETRY_DELAYS[number - 1], what) if again else JobFailedError(what)


async def _never(job: models.Job) -> None:
    raise NotImplementedError("Attempt.execute runs the handler")
