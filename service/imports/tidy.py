"""Once an hour: files that no import needs any more, holds that nobody answered, imports whose job was lost, and what tries left behind."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from service.db.database import Database
from service.db.sessions import WriteSession
from service.imports import endings, rejects
from service.imports.repository import Imports
from service.imports.spool import Spool
from service.imports.turns import wait_for_another
from service.jobs import JobContext, Payload, Registry, enqueue
from service.kit.clock import Clock
from service.organizations.repository import Directory

TIDY_JOB: Final = "imports.tidy"
EVERY: Final = timedelta(hours=1)
HELD_FOR: Final = timedelta(days=7)
"""How long an import waits for somebody's word."""
TRIED_FOR: Final = timedelta(days=7)
"""How long what a dry run found is kept."""
EXPIRED = {
    "code": "expired",
    "message": "Nobody confirmed the import within a week: nothing of it was kept. Upload the list again if it is meant.",
}


def register(registry: Registry, *, database: Database, spool: Spool, clock: Clock) -> None:
    async def tidy_all(_context: JobContext, _payload: Payload) -> None:
        # first, so that an hour which fails is not the last one
        async with database.directory() as session:
            await plan(session, delay=EVERY)
        await tidy(database, spool, clock)

    registry.add(TIDY_JOB, tidy_all, at_once=1)


async def plan(session: WriteSession, *, delay: timedelta | None = None) -> None:
    """Have the next round run, unless one waits already."""
    await enqueue(session, TIDY_JOB, {}, dedupe_key="hourly", delay=delay)


async def tidy(database: Database, spool: Spool, clock: Clock, *, older_than_seconds: float = 3600) -> int:
    """One short transaction an organization, then the files that none of them waits for; how many went.

    Files are listed first: one that comes meanwhile is left alone, whoever's it is.
    """
    stale = spool.stale(older_than_seconds=older_than_seconds)
    async with database.directory() as session:
        directory = Directory(session)
        everyone = [*await directory.everyone(), *await directory.everyone(sandbox=True)]
    needed: set[UUID] = set()
    for organization in everyone:
        async with database.tenant(organization.id) as session:
            imports = Imports(session)
            await imports.take_turn()
            await wait_for_another(session, clock)
            for import_id in await imports.held_since(clock.now() - HELD_FOR):
                await endings.close(session, clock, import_id, EXPIRED)
            await rejects.forget_tried(session, until=clock.now() - TRIED_FOR)
            needed.update(await imports.unfinished())
    return spool.remove(stale, but=needed)
