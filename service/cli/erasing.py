"""An organization's end put together: which rooms keep something of one, from above down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from service.accounts import lifecycle as accounts
from service.cli.errors import CommandError
from service.cli.operator import Desk, at_desk_of
from service.crypto import Erased
from service.db.erasing import Eraser
from service.events.lifecycle import EventsSide
from service.guards import lifecycle as guards
from service.imports.lifecycle import ImportsDeparture
from service.jobs.lifecycle import JobsSide, forget_jobs
from service.organizations.lifecycle import Departure, Erasing, PeopleDeparture, RowsDeparture
from service.organizations.repository import Directory
from service.overlaps.lifecycle import OverlapsSide
from service.partnerships.lifecycle import PartnershipsDeparture
from service.settings import Settings, open_keystore


@asynccontextmanager
async def open_erasing(desk: Desk) -> AsyncIterator[Erasing]:
    """CommandError without the migrator's address: the app's role may not remove an audit log."""
    if desk.migrator_url is None or desk.spool is None:
        raise CommandError(
            "Erasing needs MIGRATOR_DATABASE_URL, the address of the tables' owner: the app's role may not remove an audit log.",
            exit_code=2,
        )
    async with Eraser(desk.migrator_url) as eraser:
        departures: list[Departure] = [
            PartnershipsDeparture(
                eraser, desk.keystore, desk.clock, [OverlapsSide(), EventsSide(), JobsSide()]
            ),
            RowsDeparture(eraser, accounts.forget),
            ImportsDeparture(eraser, desk.spool),
            PeopleDeparture(eraser, desk.database),
            RowsDeparture(eraser, guards.forget),
            RowsDeparture(eraser, forget_jobs),
        ]
        yield Erasing(eraser, desk.keystore, desk.clock, departures)


def forget_at_start(settings: Settings) -> None:
    """Erase again what a restore brought back, where the owner's address is at hand; else nobody is served until it is done."""
    if settings.migrator_database_url is None or not settings.keystore_folder.exists():
        return
    if open_keystore(settings).buried():
        at_desk_of(settings, erase_again)


async def erase_again(desk: Desk) -> list[UUID]:
    """Erase what was erased before and is here again, after a restore; the ids of those organizations."""
    buried = {UUID(one.id) for one in desk.keystore.buried() if one.what is Erased.ORGANIZATION}
    async with desk.database.directory() as session:
        directory = Directory(session)
        back = [one for one in sorted(buried) if await directory.by_id(one)]
    if back:
        async with open_erasing(desk) as erasing:
            for org_id in back:
                await erasing.run(org_id)
    return back
