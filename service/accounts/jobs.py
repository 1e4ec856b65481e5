"""Jobs over the accounts that stand: filters decide of them, values of removed attributes go, and duplicates are looked for."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from service.accounts.attribute_removal import PURGE_JOB, purge
from service.accounts.duplicates.search import SEARCH_JOB, ask, search, searched
from service.accounts.membership import SETTLE_JOB, settle
from service.db.database import Database
from service.db.sessions import WriteSession
from service.jobs import JobContext, Payload, Registry, enqueue
from service.kit.clock import Clock
from service.organizations.repository import Directory

DAILY_SEARCH_JOB: Final = "accounts.duplicates_daily"
EVERY: Final = timedelta(days=1)


def register(registry: Registry, database: Database, clock: Clock) -> None:
    async def settle_populations(_context: JobContext, payload: Payload) -> None:
        async with database.tenant(UUID(str(payload["org_id"]))) as session:
            await settle(session)

    async def purge_attributes(_context: JobContext, payload: Payload) -> None:
        await purge(database, UUID(str(payload["org_id"])))

    async def search_duplicates(_context: JobContext, payload: Payload) -> None:
        await search(database, clock, UUID(str(payload["org_id"])))

    async def search_everywhere(_context: JobContext, _payload: Payload) -> None:
        # first, so that a day which fails is not the last one
        async with database.directory() as session:
            await plan(session, delay=EVERY)
        await search_again(database)

    registry.add(SETTLE_JOB, settle_populations)
    registry.add(PURGE_JOB, purge_attributes)
    registry.add(SEARCH_JOB, search_duplicates, at_once=1)
    registry.add(DAILY_SEARCH_JOB, search_everywhere, at_once=1)


async def plan(session: WriteSession, *, delay: timedelta | None = None) -> None:
    """Have the next daily round run, unless one waits already."""
    await enqueue(session, DAILY_SEARCH_JOB, {}, dedupe_key="daily", delay=delay)


async def search_again(database: Database) -> None:
    """Have the lists searched that were searched before, and of which something was written since."""
    async with database.directory() as session:
        directory = Directory(session)
        everyone = [*await directory.everyone(), *await directory.everyone(sandbox=True)]
    for organization in everyone:
        async with database.tenant(organization.id) as session:
            last = await searched(session)
            if last.searched_at is not None and not last.current:
                await ask(session)
