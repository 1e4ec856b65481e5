"""Accounts that a file which replaces a list no longer has."""

from typing import NamedTuple
from uuid import UUID

import anyio.to_thread
import asyncpg
import polars as pl

from service.accounts.following import highest_number
from service.accounts.sieve import ACCOUNT, Sieve, account_columns, account_ids
from service.accounts.staging import copied, copy_in, count_of

TABLES = """
    CREATE TEMPORARY TABLE incoming_gone (account_id uuid) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_claim (account_id uuid) ON COMMIT DROP
"""
GONE = "a.org_id = $1 AND a.id IN (SELECT account_id FROM incoming_gone)"
_AT_ONCE = 1 << 16
_IN_SCOPE = "a.org_id = $1 AND ($2::bigint = 0 OR (a.populations & $2::bigint) <> 0)"
_COUNT_SCOPE = f"SELECT count(*) FROM account a WHERE {_IN_SCOPE}"
_WRITTEN = f"SELECT a.id FROM account a WHERE {_IN_SCOPE} AND change > $3"
_GONE = f"""
    INSERT INTO incoming_gone SELECT a.id FROM account a WHERE {_IN_SCOPE}
    AND NOT EXISTS (SELECT FROM incoming_key k WHERE k.identity = a.identity)
    AND NOT EXISTS (SELECT FROM incoming_claim c WHERE c.account_id = a.id)
"""
_AMONG = f"{_GONE} AND a.id = ANY($3::uuid[])"


class Gone(NamedTuple):
    """How many accounts the file might remove, and how many it does."""

    existing: int
    removed: int


async def find_gone(driver: asyncpg.Connection, org_id: UUID, scope: int, sieve: Sieve | None) -> Gone:
    """Fill `incoming_gone` with the accounts of a population in `scope` (0: of all) that no row of the file stands for."""
    existing = await driver.fetchval(_COUNT_SCOPE, org_id, scope)
    suspects = await _suspects(driver, org_id, scope, sieve, existing) if sieve else None
    if suspects is not None:
        tag = await driver.execute(_AMONG, org_id, scope, suspects)
    else:
        if sieve:
            await _claim(driver, sieve)
        tag = await driver.execute(_GONE, org_id, scope)
    await driver.execute("ANALYZE incoming_gone")
    return Gone(existing, count_of(tag))


async def _suspects(
    driver: asyncpg.Connection, org_id: UUID, scope: int, sieve: Sieve, existing: int
) -> list[str] | None:
    """Those that may be gone, where all others are known to stand: rows of the file before that weren't found in this one, and
    accounts written since. None where there are accounts beside these, or too many.
    """
    if await highest_number(driver, org_id) != sieve.seen:
        return None
    written = await copied(driver, _WRITTEN, {"id": pl.String}, org_id, scope, sieve.base)
    beside = written.with_columns(account_columns(written["id"])).join(sieve.entries, on=ACCOUNT, how="anti")
    lacking = sieve.unclaimed
    if sieve.entries.height + beside.height != existing or lacking.height + beside.height > _AT_ONCE:
        return None
    return [*account_ids(lacking), *beside["id"]]


async def _claim(driver: asyncpg.Connection, sieve: Sieve) -> None:
    for part in sieve.claimed.iter_slices(_AT_ONCE):
        ids = await anyio.to_thread.run_sync(account_ids, part)
        await copy_in(driver, "incoming_claim", ids.alias("account_id").to_frame())
    await driver.execute("ANALYZE incoming_claim")
