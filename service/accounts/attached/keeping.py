"""What an import of records at accounts leaves as it is: what the API wrote since the list was accepted, and what a record doesn't speak of."""

from typing import NamedTuple

import asyncpg
import polars as pl

from service.accounts.attached.table import Table
from service.accounts.rows import speaks_of
from service.accounts.staging import copied, copy_in, refusals
from service.db.sessions import TenantSession
from service.imports.target import Order

_LATER = "SELECT id, identity FROM {} WHERE org_id = $1 AND import_id = ANY($2::uuid[])"
_REMOVED = """
    SELECT before ->> 'identity' FROM record_history
    WHERE org_id = $1 AND import_id = ANY($2::uuid[]) AND kind = '{}' AND change = 'removed'
"""
_STORED = "SELECT id, {} FROM {} WHERE org_id = $1 AND id = ANY($2::uuid[])"


class Left(NamedTuple):
    """Rows that go on, and refusals of those that don't; None where none could be."""

    changed: pl.DataFrame
    left: pl.DataFrame | None


async def left_to_later(
    driver: asyncpg.Connection, table: Table, changed: pl.DataFrame, order: Order
) -> Left:
    """Take away the rows of records that came over the API since; what came so isn't gone from the file."""
    if not order.later:
        return Left(changed, None)
    later = order.org_id, list(order.later)
    written = await copied(
        driver, _LATER.format(table.name), {"later_id": pl.String, "identity": pl.String}, *later
    )
    gone = await copied(driver, _REMOVED.format(table.kind.value), {"identity": pl.String}, *later)
    await copy_in(driver, "incoming_key", written.select("identity"))
    identities = pl.concat([written["identity"], gone["identity"]])
    due = pl.col("id").is_in(written["later_id"].implode()) | pl.col("identity").is_in(identities.implode())
    due = due.fill_null(value=False)
    message = pl.format(
        f"line {{}}: the {table.name} was changed over the API after this list was sent, and stays as it is. Send the list again to overwrite it.",
        "line",
    )
    shown = () if table.sealed else list(order.headers)
    return Left(changed.filter(~due), refusals(changed.filter(due), "changed_since", message, shown))


async def with_stored(
    session: TenantSession, table: Table, changed: pl.DataFrame, said: tuple[str, ...]
) -> pl.DataFrame:
    """Rows of records that are there, with what is stored in those of the columns `said` that their record doesn't speak of."""
    known = changed["id"].drop_nulls().to_list()
    columns = [column for column in said if column not in table.sealed]
    if "said" not in changed.columns or not known or not columns:
        return changed
    driver = await session.raw()
    query = _STORED.format(", ".join(columns), table.name)
    schema = {"id": pl.String, **dict.fromkeys(columns, pl.String)}
    stored = await copied(driver, query, schema, session.org_id, known)
    joined = changed.join(stored, on="id", how="left", suffix="_stored", maintain_order="left")
    filled = [
        pl.when(pl.col("id").is_null() | table.spoken.get(column, speaks_of(column)))
        .then(pl.col(column))
        .otherwise(pl.col(f"{column}_stored"))
        .alias(column)
        for column in columns
    ]
    return joined.with_columns(filled).select(changed.columns)
