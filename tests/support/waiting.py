"""Waiting until a session of the database waits for another's lock."""

import asyncio

import asyncpg

from tests.support.servers import OwnDatabase

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


_HAVING_WRITTEN = f"""{_WAITING} AND pid IN (
    SELECT pid FROM pg_locks WHERE relation = $1::text::regclass AND mode = 'RowExclusiveLock')
"""


async def until_somebody_waits(own_database: OwnDatabase, *, having_written: str | None = None) -> None:
    """`having_written`: the table into which whoever waits has written before."""
    query = (_WAITING,) if having_written is None else (_HAVING_WRITTEN, having_written)
    admin = await asyncpg.connect(own_database.urls.admin)
    async with asyncio.timeout(10):
        while not await admin.fetchval(*query):
            pass
    await admin.close()
