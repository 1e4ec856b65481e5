"""One connection for two tenants in turns: no turn sees the tenant of the one before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from uuid import UUID

import pytest

from service.db.database import Database
from service.db.engine import Limits
from service.kit.ids import UuidV7Ids
from tests.support.servers import OwnDatabase
from tests.support.turns import take_turns

_ACCOUNT = """
    INSERT INTO account (org_id, id, identity, digest, populations, created_by, import_id, created_at, updated_at)
    VALUES ($1, gen_random_uuid(), 'one', '', 1, gen_random_uuid(), gen_random_uuid(), now(), now())
"""


@pytest.fixture
async def narrow(own_database: OwnDatabase) -> AsyncIterator[Database]:
    """A database whose every role has one connection."""
    urls = own_database.urls
    async with Database(
        app_url=urls.app, matcher_url=urls.matcher, limits=Limits(connections=1, acquire=20)
    ) as opened:
        yield opened


async def tenants_of(database: Database) -> list[UUID]:
    made = [UuidV7Ids().new() for _ in range(2)]
    for org_id in made:
        async with database.tenant(org_id) as session:
            await session.sql(_ACCOUNT, org_id)
    return made


async def test_errors_and_cancellations_leave_no_tenant_on_the_connection(narrow: Database) -> None:
    seen = await take_turns(narrow, await tenants_of(narrow), Random(7), 500)
    assert (seen.foreign, seen.left_over) == (0, [])
    assert seen.raised > 10
    assert seen.cancelled > 10
    assert seen.done > 400


async def test_a_request_cancelled_at_any_step_leaves_no_tenant(narrow: Database) -> None:
    """Also while BEGIN is under way, when the driver doesn't know yet that it is in a transaction."""
    [tenant, _] = await tenants_of(narrow)

    async def request() -> None:
        async with narrow.tenant(tenant) as session:
            await session.sql("SELECT 1")

    for steps in range(40):
        task = asyncio.ensure_future(request())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        async with narrow.directory() as session:
            found = await session.sql(
                "SELECT current_setting('app.org_id', true), (SELECT count(*) FROM account)"
            )
            assert found.one() in {(None, 0), ("", 0)}, steps
