"""The worker put together: every room's jobs, with what they need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from service.accounts.target import AccountTarget
from service.crypto import Keystore
from service.db.database import Database
from service.db.engine import JOB_LIMITS
from service.imports import jobs as import_jobs
from service.imports.operations import RUN_JOB
from service.imports.reader import Reader
from service.imports.spool import Spool
from service.ingest import Limits
from service.jobs import Registry, Worker, WorkerLimits, live_payloads
from service.kit.clock import Clock, SystemClock
from service.kit.ids import Ids, UuidV7Ids
from service.overlaps import jobs as overlap_jobs
from service.settings import Settings, open_keystore


def make_registry(
    *, database: Database, keystore: Keystore, spool: Spool, clock: Clock, ids: Ids
) -> Registry:
    """Register the jobs of every room."""
    registry = Registry()
    import_jobs.register(
        registry, Reader(database=database, spool=spool, target=AccountTarget(), limits=Limits(), clock=clock)
    )
    overlap_jobs.register(
        registry, overlap_jobs.Parts(database=database, keystore=keystore, clock=clock, ids=ids)
    )
    return registry


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[Worker]:
    """Give a worker over a database of its own: long statements of jobs take no connection from requests.

    Raises UnsafeDatabaseError, DatabaseUnavailable.
    """
    if settings.database_url is None or settings.matcher_database_url is None:
        raise ValueError("a worker needs both addresses: start the embedded server first")
    url = settings.database_url.get_secret_value()
    matcher_url = settings.matcher_database_url.get_secret_value()
    async with Database(
        app_url=url, matcher_url=matcher_url, limits=JOB_LIMITS, application="commonground worker"
    ) as database:
        await database.verify()
        spool = Spool(settings.upload_folder, settings.upload_bytes)
        async with database.directory() as session:
            waiting = await live_payloads(session, RUN_JOB)
        spool.sweep([UUID(str(payload["import_id"])) for payload in waiting])
        registry = make_registry(
            database=database,
            keystore=open_keystore(settings),
            spool=spool,
            clock=SystemClock(),
            ids=UuidV7Ids(),
        )
        yield Worker(database, registry, url=url, limits=WorkerLimits(at_once=settings.jobs_at_once))
