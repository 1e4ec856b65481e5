"""The worker put together: every room's jobs, with what they need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from service.accounts import jobs as account_jobs
from service.accounts.contact_target import ContactTarget
from service.accounts.opportunity_target import OpportunityTarget
from service.accounts.target import AccountTarget
from service.crypto import Keystore
from service.db.database import Database
from service.db.engine import JOB_LIMITS
from service.events.lifecycle import EventsSide
from service.imports import jobs as import_jobs
from service.imports import tidy as import_tidy
from service.imports.models import ImportKind
from service.imports.reader import Reader
from service.imports.spool import Spool
from service.imports.target import Targets
from service.ingest import Limits
from service.jobs import Registry
from service.jobs.worker import Worker, WorkerLimits
from service.kit.clock import Clock, SystemClock
from service.kit.ids import Ids, UuidV7Ids
from service.kit.mail import Mailer, NoMailer
from service.organizations import checkpoints, letters
from service.organizations.restored import brought_back
from service.organizations.waiting import waiting_for_its_organization
from service.overlaps import jobs as overlap_jobs
from service.overlaps.lifecycle import OverlapsSide
from service.overlaps.warm import WarmSegments, swept
from service.partnerships import jobs as partnership_jobs
from service.partnerships.ending import EndingParts, end_again
from service.partnerships.inviting import jobs as inviting_jobs
from service.partnerships.rotation import RotationParts
from service.partnerships.sandbox import jobs as sandbox_jobs
from service.settings import Settings, make_mailer, open_keystore


def targets(keystore: Keystore) -> Targets:
    """What imports write into, by kind of record."""
    return {
        ImportKind.ACCOUNTS: AccountTarget(),
        ImportKind.CONTACTS: ContactTarget(keystore),
        ImportKind.OPPORTUNITIES: OpportunityTarget(),
    }


def make_registry(  # noqa: PLR0913  # each is a part or a setting of some room
    *,
    database: Database,
    keystore: Keystore,
    spool: Spool,
    clock: Clock,
    ids: Ids,
    mailer: Mailer | None = None,
    public_url: str = "http://127.0.0.1:8000",
    epoch_age: timedelta | None = None,
    warm: WarmSegments | None = None,
) -> Registry:
    """Register the jobs of every room."""
    registry, warm = Registry(), WarmSegments() if warm is None else warm
    import_jobs.register(
        registry,
        Reader(
            database=database,
            keystore=keystore,
            spool=spool,
            targets=targets(keystore),
            limits=Limits(),
            clock=clock,
            ids=ids,
        ),
    )
    import_tidy.register(registry, database=database, spool=spool, clock=clock)
    account_jobs.register(registry, database, clock)
    overlap_jobs.register(
        registry,
        overlap_jobs.Parts(
            database=database,
            keystore=keystore,
            clock=clock,
            ids=ids,
            warm=warm,
        ),
    )
    partnership_jobs.register(
        registry, RotationParts(database, keystore, clock, epoch_age), [OverlapsSide(warm), EventsSide()]
    )
    inviting_jobs.register(
        registry,
        inviting_jobs.InvitingParts(
            database=database,
            keystore=keystore,
            mailer=mailer or NoMailer(),
            clock=clock,
            public_url=public_url,
        ),
    )
    sandbox_jobs.register(
        registry,
        sandbox_jobs.SandboxParts(database=database, keystore=keystore, spool=spool, clock=clock, ids=ids),
    )
    letters.register(
        registry,
        letters.LetterParts(
            database=database, mailer=mailer or NoMailer(), clock=clock, public_url=public_url
        ),
    )
    checkpoints.register(registry, database=database, keystore=keystore, clock=clock)
    registry.guard(waiting_for_its_organization)
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
            await checkpoints.plan(session)
            await import_tidy.plan(session)
            await overlap_jobs.plan(session)
            await account_jobs.plan(session)
            await partnership_jobs.plan(session)
        keystore, warm = open_keystore(settings), WarmSegments(settings.warm_tokens_mb << 20)
        registry = make_registry(
            database=database,
            keystore=keystore,
            spool=spool,
            clock=SystemClock(),
            ids=UuidV7Ids(),
            mailer=make_mailer(settings),
            public_url=settings.own_url,
            epoch_age=timedelta(days=settings.epoch_days) if settings.epoch_days else None,
            warm=warm,
        )

        async def may_work() -> bool:
            warm.clear()  # asked when the database has been away, too: it may have come back from a backup
            await end_again(EndingParts(database, keystore, SystemClock()))
            return not await brought_back(database, keystore)

        limits = WorkerLimits(at_once=settings.jobs_at_once)
        async with swept(database, warm):
            yield Worker(database, registry, url=url, limits=limits, may_work=may_work)
