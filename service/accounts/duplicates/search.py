"""The search for duplicates: a job over the whole list, whose result stands until the next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.accounts.duplicates.finding import GROUPS, Listing, groups_of
from service.accounts.following import each_account, highest_number
from service.accounts.staging import copied, copy_in
from service.accounts.store import read_accounts
from service.db.database import Database
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.jobs import enqueue
from service.jobs.queue import is_live
from service.kit.clock import Clock
from service.kit.id_columns import new_ids

SEARCH_JOB: Final = "accounts.duplicates"
_FOUND = """
    CREATE TEMPORARY TABLE found (members bytea, accounts uuid[], status text, confidence float8, pairs jsonb, id uuid) ON COMMIT DROP
"""
_FORGET = "DELETE FROM account_duplicate d WHERE org_id = $1 AND NOT EXISTS (SELECT FROM found f WHERE f.members = d.members)"
_UPDATE = """
    UPDATE account_duplicate d SET status = f.status, confidence = f.confidence, pairs = f.pairs FROM found f
    WHERE d.org_id = $1 AND d.members = f.members AND (d.status, d.confidence, d.pairs) IS DISTINCT FROM (f.status, f.confidence, f.pairs)
"""
_ADD = """
    INSERT INTO account_duplicate (org_id, id, members, accounts, status, confidence, pairs, found_at)
    SELECT $1, f.id, f.members, f.accounts, f.status, f.confidence, f.pairs, $2 FROM found f
    WHERE NOT EXISTS (SELECT FROM account_duplicate d WHERE d.org_id = $1 AND d.members = f.members)
"""
_DISTINCT = "SELECT one_id, other_id FROM account_distinct WHERE org_id = $1"
_FORGET_DISTINCT = """
    DELETE FROM account_distinct d WHERE org_id = $1 AND EXISTS (
        SELECT FROM unnest(ARRAY[d.one_id, d.other_id]) AS said WHERE NOT EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.id = said)
        AND NOT EXISTS (SELECT FROM record_history h WHERE h.org_id = $1 AND h.record_id = said)
    )
"""
"""Those of an account that is gone, and that no undone import can bring back."""
_NOTE = """
    INSERT INTO account_duplicate_search (org_id, number, accounts, groups, crowded, searched_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (org_id) DO UPDATE SET number = excluded.number, accounts = excluded.accounts, groups = excluded.groups,
        crowded = excluded.crowded, searched_at = excluded.searched_at
"""
_SEARCHED = (
    "SELECT number, accounts, groups, crowded, searched_at FROM account_duplicate_search WHERE org_id = $1"
)


@dataclass(frozen=True, slots=True)
class Searched:
    """How the last search stands. `waiting`: another is due or under way; `current`: nothing was written since."""

    waiting: bool
    current: bool
    accounts: int | None = None
    groups: int | None = None
    crowded: int | None = None
    searched_at: datetime | None = None


async def ask(session: TenantSession) -> None:
    """Have the list searched; one search that waits stands for several."""
    place = {"org_id": str(session.org_id)}
    await enqueue(session, SEARCH_JOB, place, dedupe_key=str(session.org_id))


async def searched(session: TenantReadSession) -> Searched:
    driver = await session.raw()
    waiting = await is_live(session, SEARCH_JOB, {"org_id": str(session.org_id)})
    row = await driver.fetchrow(_SEARCHED, session.org_id)
    if row is None:
        return Searched(waiting=waiting, current=False)
    number, *rest = row
    return Searched(waiting, number == await highest_number(driver, session.org_id), *rest)


async def search(database: Database, clock: Clock, org_id: UUID) -> None:
    """Find the groups anew, and keep what differs. A list of a million takes 15 s of one core, and 1 GB of memory."""
    async with database.tenant(org_id) as session:
        await take_turn(session, Turn.DUPLICATES, org_id, wait=PATIENCE)
        driver, listing = await session.raw(), Listing([], [])
        number = await highest_number(driver, org_id)

        async def take(accounts: pl.DataFrame) -> None:
            await anyio.to_thread.run_sync(listing.take, accounts)

        await each_account(driver, org_id, take)
        candidates = await anyio.to_thread.run_sync(listing.candidates)
        accounts = await read_accounts(driver, org_id, candidates.concerned)
        await driver.execute(_FORGET_DISTINCT, org_id)
        pair = {"left": pl.String, "right": pl.String}
        distinct = await copied(driver, _DISTINCT, pair, org_id)

        def find() -> pl.DataFrame:
            return groups_of(candidates.pairs(accounts), distinct)

        groups = await anyio.to_thread.run_sync(find)
        await driver.execute(_FOUND)
        await copy_in(driver, "found", groups.select(*GROUPS, new_ids(groups.height).alias("id")))
        await driver.execute("ANALYZE found (members)")
        await driver.execute(_FORGET, org_id)
        await driver.execute(_UPDATE, org_id)
        await driver.execute(_ADD, org_id, clock.now())
        counts = len(candidates.ids), groups.height, candidates.found.crowded
        await driver.execute(_NOTE, org_id, number, *counts, clock.now())
