"""Once a day every organization's audit log in which something happened is signed as it stands."""

from datetime import UTC, datetime, time, timedelta

from service.audit.operations import keep_checkpoint
from service.crypto import Keystore
from service.db.database import Database
from service.db.sessions import WriteSession
from service.jobs import JobContext, Payload, Registry, enqueue
from service.kit.clock import Clock
from service.organizations.repository import Directory

DAILY_JOB = "audit.checkpoints"


def register(registry: Registry, *, database: Database, keystore: Keystore, clock: Clock) -> None:
    async def sign_all(_context: JobContext, _payload: Payload) -> None:
        # first, so that a day which fails is not the last one
        async with database.directory() as session:
            await plan(session, delay=until_midnight(clock.now()))
        await sign_everyone(database, keystore, clock)

    registry.add(DAILY_JOB, sign_all, at_once=1)


async def plan(session: WriteSession, *, delay: timedelta | None = None) -> None:
    """Have the next round run, unless one waits already."""
    await enqueue(session, DAILY_JOB, {}, dedupe_key="daily", delay=delay)


async def sign_everyone(database: Database, keystore: Keystore, clock: Clock) -> None:
    """One short transaction an organization; a log that didn't grow keeps the checkpoint that it has."""
    async with database.directory() as session:
        directory = Directory(session)
        everyone = [*await directory.everyone(), *await directory.everyone(sandbox=True)]
    for organization in everyone:
        async with database.tenant(organization.id) as session:
            await keep_checkpoint(session, keystore, clock)


def until_midnight(now: datetime) -> timedelta:
    """To the beginning of the next day in UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return today + timedelta(days=1) - now
