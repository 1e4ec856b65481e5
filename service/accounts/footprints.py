"""What the last files of an organization said row by row, kept as fingerprints (`sieve.py`), so that a list that comes again costs
what has changed of it.

The footprint of a wording is a base and the parts that later files added, each true at the number of the organization's last change
then (`following.py`): an entry counts as long as nobody has written or removed its account after that number. When a tenth of
the base no longer counts, it is written anew.
"""

from io import BytesIO
from typing import Final, NamedTuple

import anyio.to_thread
import asyncpg
import polars as pl

from service.accounts.following import highest_number, many_changed
from service.accounts.sieve import ACCOUNT, ENTRY, Sieve, account_columns, wording
from service.accounts.staging import copied
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.errors import ReadAgainError
from service.imports.target import Order

MOST_WORDINGS: Final = 4
"""Of an organization; the one that was longest not written goes first."""
FEWEST_BYTES: Final = 4
"""Of a packed row: a file that has fewer for each row of the footprint isn't the list once more."""
_TENTH: Final = 10
_AT_ONCE: Final = 1 << 16
_PARTS = "SELECT number, settled, rows, entries FROM account_footprint WHERE org_id = $1 AND wording = $2 ORDER BY number, part"
_SIZE = "SELECT min(number) AS base, max(number) AS newest, sum(rows)::bigint AS rows FROM account_footprint WHERE org_id = $1 AND wording = $2"
_WRITTEN = "SELECT id, change FROM account WHERE org_id = $1 AND change > $2"
_DEPARTED = "SELECT account_id, number FROM account_departure WHERE org_id = $1 AND number > $2"
_INSERT = "INSERT INTO account_footprint (org_id, wording, number, part, settled, rows, entries) VALUES ($1, $2, $3, $4, $5, $6, $7)"
_FORGET = "DELETE FROM account_footprint WHERE org_id = $1 AND wording = $2"
_FORGET_OLDEST = """
    DELETE FROM account_footprint WHERE org_id = $1 AND wording IN (
        SELECT wording FROM account_footprint WHERE org_id = $1 GROUP BY wording ORDER BY max(number) DESC OFFSET $2
    )
"""


class Standing(NamedTuple):
    """Rows of a file that stand for accounts after it was stored, as `entries`, and how its values were read."""

    entries: pl.DataFrame
    settled: str


async def read_sieve(session: TenantReadSession, order: Order, size: int) -> Sieve | None:
    """The rows of the last file of the same wording that still count, for a file of `size` bytes; None where there are none, or too few to
    save anything, or where the file is but a small part of the list: its rows are as soon looked up.
    """
    driver, org_id, worded = await session.raw(), session.org_id, wording(order)
    kept = await driver.fetchrow(_SIZE, org_id, worded)
    if kept["base"] is None or size < kept["rows"] * FEWEST_BYTES:
        return None
    if await many_changed(driver, org_id, kept["base"], than=kept["rows"] // 2):
        return None
    seen = await highest_number(driver, org_id)
    parts = await driver.fetch(_PARTS, org_id, worded)
    written = await _written(driver, org_id, kept["base"])
    entries = await anyio.to_thread.run_sync(_counting, parts, written)
    settled = parts[-1]["settled"]
    return Sieve(
        entries,
        fields=order.fields,
        attributes=order.attributes,
        base=kept["base"],
        seen=seen,
        settled=settled,
    )


async def check_current(session: TenantReadSession, order: Order, sieve: Sieve) -> None:
    """ReadAgainError if somebody wrote or removed an account since, of which a row was taken away."""
    driver = await session.raw()
    if await highest_number(driver, session.org_id) == sieve.seen:
        return
    size = await driver.fetchrow(_SIZE, session.org_id, wording(order))
    written = await _written(driver, session.org_id, sieve.seen)
    # without the footprint nobody keeps the departures that `written` is to know
    if size["base"] != sieve.base or sieve.claimed.join(written, on=ACCOUNT, how="semi").height:
        raise ReadAgainError


async def keep_footprint(
    session: TenantSession, order: Order, standing: Standing, sieve: Sieve | None
) -> None:
    """Add what a file said to the footprint of its wording, as of what the session has written."""
    driver, org_id, worded = await session.raw(), session.org_id, wording(order)
    number, entries = await highest_number(driver, org_id), standing.entries
    size = await driver.fetchrow(_SIZE, org_id, worded)
    if sieve is None and size["base"] is not None and entries.height < size["rows"] // 2:
        return  # a part of the list: what is known of the whole is worth more
    tenth = (size["rows"] or 0) // _TENTH
    is_worn = (
        size["base"] is None
        # rows that nobody wrote came to be known, and a part of this number is there
        or size["newest"] == number
        or entries.height > tenth
        or await many_changed(driver, org_id, size["base"], than=tenth)
    )
    if sieve and is_worn:
        written = await _written(driver, org_id, sieve.seen)
        before = sieve.entries.join(written, on=ACCOUNT, how="anti").join(entries, on=ACCOUNT, how="anti")
        entries = pl.concat([before, entries])
    if sieve is None or is_worn:
        await driver.execute(_FORGET, org_id, worded)
    for part, rows in enumerate(entries.iter_slices(_AT_ONCE)):
        if rows.height:
            packed = await anyio.to_thread.run_sync(_packed, rows)
            await driver.execute(_INSERT, org_id, worded, number, part, standing.settled, rows.height, packed)
    await driver.execute(_FORGET_OLDEST, org_id, MOST_WORDINGS)


async def _written(driver: asyncpg.Connection, org_id: object, since: int) -> pl.DataFrame:
    """Accounts that were written or removed after the number `since`: `ACCOUNT` and the last such `change`."""
    schema = {"id": pl.String, "change": pl.Int64}
    found = [await copied(driver, query, schema, org_id, since) for query in (_WRITTEN, _DEPARTED)]
    each = pl.concat(found)
    return each.select(*account_columns(each["id"]), "change").group_by(ACCOUNT).max()


def _counting(parts: list[asyncpg.Record], written: pl.DataFrame) -> pl.DataFrame:
    """Entries of accounts that weren't written after the number of their part; of each account that of the newest part."""
    frames = [
        pl.read_ipc_stream(one["entries"]).with_columns(pl.lit(one["number"], pl.Int64).alias("number"))
        for one in parts
    ]
    entries = pl.concat(frames).join(written, on=ACCOUNT, how="left")
    counting = entries.filter(pl.col("change").is_null() | (pl.col("change") <= pl.col("number")))
    newer = counting.filter(pl.col("number") > parts[0]["number"])
    newer = newer.unique(ACCOUNT, keep="last", maintain_order=True)
    base = counting.filter(pl.col("number") == parts[0]["number"]).join(newer, on=ACCOUNT, how="anti")
    return pl.concat([base, newer]).select(ENTRY.names())


def _packed(rows: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    rows.write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()
