"""Two tenants take turns on one connection, and some of them come to grief: nothing of one may be left for the next."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from service.db.database import Database
from service.db.names import Duty

SETTINGS = ("app.org_id", "app.partnership_id", "app.person_id", "app.duty")
_SETTINGS = "SELECT concat(" + ", ".join(f"current_setting('{name}', true)" for name in SETTINGS) + ")"
_OWNERS = "SELECT DISTINCT org_id FROM account"


class Mishap(Exception):  # noqa: N818 - not an error of the service
    """What a request may raise."""


@dataclass
class Seen:
    """What the turns saw that they must not."""

    foreign: int = 0
    left_over: list[str] = field(default_factory=list)
    raised: int = 0
    cancelled: int = 0
    done: int = 0


async def take_turns(database: Database, tenants: list[UUID], random: Random, turns: int) -> Seen:
    """Each turn is a request of a random tenant: 5 % raise, 5 % are cancelled in the middle of a statement."""
    seen = Seen()
    for _ in range(turns):
        tenant, fate = random.choice(tenants), random.random()
        await _look(database, seen)
        if fate < 0.05:
            await _cancelled(database, tenant, seen, delay=random.random() / 50)
        else:
            with suppress(Mishap):
                await _turn(database, tenant, random, seen, raises=fate < 0.10)
    await _look(database, seen)
    return seen


async def _look(database: Database, seen: Seen) -> None:
    """What the connection says before anybody's tenant is set."""
    async with database.directory() as session:
        driver = await session.raw()
        if left := await driver.fetchval(_SETTINGS):
            seen.left_over.append(left)
        if await driver.fetch(_OWNERS):
            seen.foreign += 1


async def _turn(database: Database, tenant: UUID, random: Random, seen: Seen, *, raises: bool) -> None:
    opened = random.choice(
        [database.tenant, database.tenant_read, lambda org_id: database.duty(org_id, Duty.PUBLISH)]
    )
    async with opened(tenant) as session:
        rows = await (await session.raw()).fetch(_OWNERS)
        seen.foreign += sum(row["org_id"] != tenant for row in rows)
        seen.done += len(rows) == 1
        if raises:
            seen.raised += 1
            if random.random() < 0.5:
                with suppress(DBAPIError):
                    await session.sql("SELECT 1 / 0")
            raise Mishap


async def _cancelled(database: Database, tenant: UUID, seen: Seen, *, delay: float) -> None:
    async def request() -> None:
        async with database.tenant(tenant) as session:
            await session.sql("SELECT pg_sleep(30)")

    task = asyncio.ensure_future(request())
    await asyncio.sleep(delay)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    seen.cancelled += 1
