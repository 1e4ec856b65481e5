"""The values of custom attributes that were removed: nobody is shown them any more, and a job takes them away part by part.

Its transactions are short, so that whoever stores accounts meanwhile hardly waits. An import that defines a key anew
before the job is through takes the rest away itself: it must not find values of the old one.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from service.accounts.attributes import Attributes
from service.accounts.membership import number_before, settle_since
from service.db.database import Database
from service.db.sessions import TenantSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.imports.operations import CHANGED_JOB
from service.jobs import enqueue

PURGE_JOB: Final = "attributes.purge"
ROWS_A_PART: Final = 5000
_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=(1 << 128) - 1)
_OF_PAST: Final = """
    UPDATE record_history SET before = jsonb_set(before, '{attributes}', (before -> 'attributes') - $2::text[])
    WHERE org_id = $1 AND record_id > $3 AND record_id <= $4 AND before -> 'attributes' ?| $2
"""
_OF_ACCOUNTS: Final = """
    UPDATE account SET attributes = attributes - $2::text[], digest = ''
    WHERE org_id = $1 AND id > $3 AND id <= $4 AND attributes ?| $2
"""
"""Without its digest an account is compared in full with the next file, which may define the attribute anew."""
_PLACES: Final = (("record_history", "record_id", _OF_PAST), ("account", "id", _OF_ACCOUNTS))
"""What was before goes first: from there an undone import could bring a value back."""
_END: Final = 'SELECT {0} FROM "{1}" WHERE org_id = $1 AND {0} > $2 ORDER BY {0} OFFSET $3 LIMIT 1'
_FREE: Final = "DELETE FROM account_attribute WHERE org_id = $1 AND key = ANY($2) AND removed_at IS NOT NULL"


async def request_purge(session: TenantSession) -> None:
    """Let the job take away the values of what was removed."""
    org_id = str(session.org_id)
    await enqueue(session, PURGE_JOB, {"org_id": org_id}, dedupe_key=org_id)


async def purge(database: Database, org_id: UUID, *, rows: int = ROWS_A_PART) -> None:
    """Take away the values of every attribute that is removed now, about so many `rows` a transaction, and then its key."""
    async with database.tenant_read(org_id) as session:
        keys = await Attributes(session).removed()
    if not keys:
        return
    for table, column, forget in _PLACES:
        end: UUID | None = _FIRST
        while end is not None:
            async with database.tenant(org_id) as session:
                await take_turn(session, Turn.STORING, session.org_id, wait=PATIENCE)
                driver, start = await session.raw(), end
                end = await driver.fetchval(_END.format(column, table), org_id, start, rows - 1)
                await _forget(session, forget, keys, start, end or _LAST)
    async with database.tenant(org_id) as session:
        await take_turn(session, Turn.STORING, session.org_id, wait=PATIENCE)
        await purge_now(session, keys)


async def purge_now(session: TenantSession, keys: Collection[str]) -> None:
    """Take away what is left of those of `keys` that were removed; the caller sees to it that nobody else stores accounts."""
    for _, _, forget in _PLACES:
        await _forget(session, forget, keys, _FIRST, _LAST)
    driver = await session.raw()
    await driver.execute(_FREE, session.org_id, list(keys))


async def _forget(session: TenantSession, forget: str, keys: Collection[str], start: UUID, end: UUID) -> None:
    """Of rows behind `start`, up to `end`. A key that was defined anew meanwhile isn't one of the removed."""
    gone = sorted(set(keys) & await Attributes(session).removed())
    if not gone:
        return
    before = await number_before(session)
    driver = await session.raw()
    await driver.execute(forget, session.org_id, gone, start, end)
    if await settle_since(session, before):
        org_id = str(session.org_id)
        await enqueue(session, CHANGED_JOB, {"org_id": org_id}, dedupe_key=org_id)
