"""The worker: takes jobs as they are added (NOTIFY, and a poll beside it), several at a time, until told to stop.

A job that a worker has taken is its own while its heartbeat is fresh. When the worker dies, another takes the job up.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain import models
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.ports.driver import Driver
from pgqueuer.queries import Queries

from service.db.database import Database
from service.db.engine import connect
from service.db.faults import is_away
from service.jobs.attempts import Attempt
from service.jobs.library import CHANNEL, queries_over
from service.jobs.registry import Registry

log = structlog.get_logger(__name__)

_ASK_AGAIN_SECONDS = 2.0
"""While a worker may not begin yet."""


@dataclass(frozen=True, kw_only=True)
class WorkerLimits:
    at_once: int = 4
    """Jobs that run at a time in this process."""
    poll: timedelta = timedelta(seconds=5)
    """The longest that a job waits whose notification was lost."""
    lease: timedelta = timedelta(seconds=30)
    """A job without a heartbeat for so long is taken up by another worker."""
    grace: timedelta = timedelta(seconds=5)
    """Jobs that still run so long after `stop` go back into the queue."""
    keep_log: timedelta = timedelta(days=30)
    """How long the queue's log tells what became of a job."""


class Worker:
    """Runs the registry's jobs; `url` is the app role's address, for the queue's own few connections.

    `may_work` is asked before the first job is taken, again and again until it is true.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        *,
        url: str,
        limits: WorkerLimits | None = None,
        may_work: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._database = database
        self._registry = registry
        self._url = url
        self._limits = limits or WorkerLimits()
        self._may_work = may_work
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take no further job; `run` returns when those that run are done or put back."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`. While the database is away, try again every few seconds."""
        wait = 0.5
        while not self._stopping.is_set():
            try:
                await self._work()
                wait = 0.5
            except Exception as error:
                if not isinstance(error, FailingListenerError) and not is_away(error, closed=True):
                    raise
                log.warning("the queue is away", error=type(error).__name__, again_in_seconds=wait)
                await self._sleep(wait)
                wait = min(wait * 2, 8.0)

    async def _work(self) -> None:
        if self._may_work is not None and not await self._may_work():
            await self._sleep(_ASK_AGAIN_SECONDS)
            return
        async with self._manager() as manager:
            working = asyncio.create_task(
                manager.run(
                    dequeue_timeout=self._limits.poll,
                    batch_size=max(1, self._limits.at_once // 2),
                    max_concurrent_tasks=max(2, self._limits.at_once),
                    heartbeat_timeout=self._limits.lease,
                    log_aggregation_interval=timedelta(0),
                    shutdown_on_listener_failure=True,
                )
            )
            stopping = asyncio.create_task(self._stopping.wait())
            pruning = asyncio.create_task(self._prune(manager.queries.driver))
            try:
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                manager.shutdown.set()
                await self._let_finish(working)
                await working
            finally:
                for task in (stopping, pruning, working):
                    task.cancel()
                await asyncio.gather(stopping, pruning, working, return_exceptions=True)

    async def _let_finish(self, working: asyncio.Task[None]) -> None:
        await asyncio.wait({working}, timeout=self._limits.grace.total_seconds())
        for task in tuple(self._running):
            task.cancel()

    @asynccontextmanager
    async def _manager(self) -> AsyncIterator[QueueManager]:
        pool = await asyncpg.create_pool(
            self._url, connect=connect, min_size=1, max_size=4, timeout=5, command_timeout=60
        )
        try:
            driver = AsyncpgPoolDriver(pool)
            manager = QueueManager(PatientQueries.over(queries_over(driver)), channel=CHANNEL)
            for name in self._registry:
                manager.register_executor(
                    name, Attempt(self._registry[name], self._database, driver, self._running)
                )
            yield manager
        finally:
            pool.terminate()

    async def _prune(self, driver: Driver) -> None:
        while True:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await driver.execute(
                    "DELETE FROM pgqueuer_log WHERE created < now() - $1::interval", self._limits.keep_log
                )
            await asyncio.sleep(3600)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


class PatientQueries(Queries):
    """Leaves a job with its lease where the database is away as it should go back: it is taken up when that runs out.

    The library would note a failure instead, and the job would be put aside for an outage.
    """

    @classmethod
    def over(cls, queries: Queries) -> "PatientQueries":
        return cls(queries.driver, qbe=queries.qbe, qbq=queries.qbq, qbs=queries.qbs)

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        try:
            await super().retry_job(job, delay, traceback_record)
        except Exception as error:
            if not is_away(error, closed=True):
                raise
            log.warning("the queue is away; the job waits for its lease to end", job_id=job.id)
