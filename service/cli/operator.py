"""What the operator's commands share: a database, a keystore, and one run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from service.cli.ground import database_for, ready_settings, secret
from service.crypto import Keystore
from service.db.database import Database
from service.db.engine import JOB_LIMITS
from service.db.sessions import TenantSession
from service.imports.spool import Spool
from service.kit.actors import OPERATOR
from service.kit.clock import Clock, SystemClock
from service.kit.ids import Ids, UuidV7Ids
from service.organizations.errors import UnknownOrganizationError
from service.organizations.models import Organization
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.repository import Directory
from service.settings import Settings, open_keystore

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    database: Database
    keystore: Keystore
    clock: Clock
    ids: Ids
    spool: Spool | None = None
    migrator_url: str | None = None
    """The tables' owner's address, which erasing needs; None where the operator hasn't set it."""

    public_url: str = "http://127.0.0.1:8000"
    """Where people reach the service: links begin with it."""
    letters_leave: bool = False
    """Whether a worker has a mail server to hand letters to."""

    @property
    def people(self) -> People:
        """What operations of people need. No link leaves by letter: it is printed for the operator to hand over."""
        return People(
            self.database, self.keystore, self.clock, self.ids, Passwords(), public_url=self.public_url
        )

    @asynccontextmanager
    async def tenant(self, org_id: UUID) -> AsyncIterator[TenantSession]:
        """Read and write for an organization, as the operator in its audit log."""
        async with self.database.tenant(org_id) as session:
            session.actor = OPERATOR
            yield session


def at_desk(data_dir: Path | None, work: Callable[[Desk], Awaitable[ResultT]]) -> ResultT:
    """Run `work` on the service's database, started and migrated if it is the embedded one."""
    with database_for(ready_settings(data_dir=data_dir)) as settings:
        return asyncio.run(_run(settings, work))


def at_desk_of(settings: Settings, work: Callable[[Desk], Awaitable[ResultT]]) -> ResultT:
    """Run `work` on a database that is there already."""
    return asyncio.run(_run(settings, work))


async def _run(settings: Settings, work: Callable[[Desk], Awaitable[ResultT]]) -> ResultT:
    urls = secret(settings.database_url), secret(settings.matcher_database_url)
    async with Database(
        app_url=urls[0], matcher_url=urls[1], limits=JOB_LIMITS, application="commonground operator"
    ) as database:
        await database.verify()
        keystore = open_keystore(settings)
        spool = Spool(settings.upload_folder, settings.upload_bytes)
        migrator = settings.migrator_database_url
        return await work(
            Desk(
                database, keystore, SystemClock(), UuidV7Ids(), spool=spool,
                public_url=settings.own_url, letters_leave=settings.smtp_url is not None,
                migrator_url=None if migrator is None else migrator.get_secret_value(),
            )
        )  # fmt: skip


async def everyone(desk: Desk) -> list[Organization]:
    """The live organizations by handle, then the sandboxes and who is made up in them."""
    async with desk.database.directory() as session:
        directory = Directory(session)
        return [*await directory.everyone(), *await directory.everyone(sandbox=True)]


async def organization(desk: Desk, handle: str) -> Organization:
    """UnknownOrganizationError."""
    async with desk.database.directory() as session:
        found = await Directory(session).by_handle(handle)
    if found is None:
        raise UnknownOrganizationError(handle)
    return found
