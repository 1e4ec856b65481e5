"""Waiting until a session of the database waits for another's lock."""

import asyncio

import asyncpg

from tests.support.servers import OwnDatabase

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def until_somebody_waits(own_database: OwnDatabase) -> None:
    admin = await asyncpg.connect(own_database.urls.admin)
    async with asyncio.timeout(10):
        while not await admin.fetchval(_WAITING):
            pass
    await admin.close()
