"""A file of records at accounts against their table: what is new, what says something else, what the file no longer has.

As with accounts, keys and digests go to the server first, and whole rows only for what is new or differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import polars as pl

from service.accounts.attached.joining import accounts_of
from service.accounts.attached.keeping import left_to_later
from service.accounts.attached.table import Table, keep_history
from service.accounts.staging import copied, copy_in, count_of, refusals
from service.db.sessions import TenantSession
from service.imports.models import ImportMode
from service.imports.target import Difference, Order
from service.ingest.kinds import NAMES_ACCOUNT

_NAMED = (*NAMES_ACCOUNT, "domain")
GONE = "a.org_id = $1 AND NOT EXISTS (SELECT FROM incoming_key k WHERE k.identity = a.identity)"
_DIFFERING = """
    SELECT k.at, a.id FROM incoming_key k LEFT JOIN {} a ON a.org_id = $1 AND a.identity = k.identity
    WHERE a.id IS NULL OR a.digest <> k.digest OR {}
"""
_ADOPTABLE = """
    SELECT n.at, a.id, a.identity FROM newcomer n JOIN {} a ON a.org_id = $1 AND a.identity = n.plain_identity
    WHERE NOT EXISTS (SELECT FROM incoming_key k WHERE k.identity = a.identity)
"""
"""Records that were brought without an external id, and have one now."""
_DROP_SAME = """
    DELETE FROM incoming i USING {} a WHERE a.org_id = $1 AND a.id = i.id
    AND (i.external_id IS NULL OR a.external_id IS NOT DISTINCT FROM i.external_id) AND {}
"""
_UPDATE = """
    UPDATE {} a SET digest = i.digest, identity = i.identity, external_id = coalesce(i.external_id, a.external_id),
        import_id = $2, updated_at = now() {} FROM incoming i WHERE a.org_id = $1 AND a.id = i.id
"""
_INSERT = """
    INSERT INTO {} (org_id, id, identity, digest, created_by, import_id, created_at, updated_at, {})
    SELECT $1, i.new_id, i.identity, i.digest, $2, $2, now(), now(), {} FROM incoming i WHERE i.id IS NULL ORDER BY i.new_id
"""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What is to be written: the columns that the import sets, beside the temporary table `incoming`; and what a kind adds."""

    said: tuple[str, ...]
    more: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """`changed` rows are new (`id` null) or differ; `left` are those that `append` doesn't touch; `lost` name no account of the list."""

    changed: pl.DataFrame
    left: pl.DataFrame | None
    lost: int


async def look_up(
    session: TenantSession, table: Table, rows: pl.DataFrame, order: Order, *, joins: bool
) -> Looked:
    """Find accounts and stored records of `rows`; with `joins`, a record whose account is another one now differs too.

    `rows` have `row`, `line`, `identity`, `plain_identity` (what the identity would be without the external id that they have), `digest`
    (hex), what names an account, and the table's columns.
    """
    driver, org_id = await session.raw(), session.org_id
    await driver.execute(_tables(table))
    rows = rows.with_row_index("at")
    found = await accounts_of(driver, org_id, rows)
    rows = rows.join(found, on="at", how="left", maintain_order="left")
    named = pl.any_horizontal(pl.col(c).is_not_null() for c in _NAMED)
    lost = rows.filter(named & pl.col("account_id").is_null()).height
    await copy_in(driver, "incoming_key", rows.select("at", "identity", "digest", "account_id"))
    await driver.execute("ANALYZE incoming_key (identity, digest)")
    query = _DIFFERING.format(table.name, "a.account_id IS DISTINCT FROM k.account_id" if joins else "false")
    changed = rows.join(await copied(driver, query, {"at": pl.UInt32, "id": pl.String}, org_id), on="at")
    changed = await _adopted(driver, org_id, table, changed)
    changed, left = await left_to_later(driver, table, changed, order)
    if order.mode is not ImportMode.APPEND:
        return Looked(changed, left, lost)
    new = changed.filter(pl.col("id").is_null())
    others = rows.join(new, on="at", how="anti")
    others = others if left is None else others.join(left, on="row", how="anti")
    there = _already_there(others, table, order)
    return Looked(new, there if left is None else pl.concat([left, there]), lost)


async def _adopted(
    driver: asyncpg.Connection, org_id: UUID, table: Table, changed: pl.DataFrame
) -> pl.DataFrame:
    """New rows with an external id that are, one to one, records stored without one."""
    new = changed.filter(pl.col("id").is_null() & pl.col("plain_identity").is_not_null())
    if not new.height:
        return changed
    await copy_in(driver, "newcomer", new.select("at", "plain_identity"))
    schema = {"at": pl.UInt32, "stored_id": pl.String, "stored_identity": pl.String}
    found = await copied(driver, _ADOPTABLE.format(table.name), schema, org_id)
    alone = found.filter(pl.len().over("stored_id") == 1)
    if not alone.height:
        return changed
    nothing = (pl.lit(None).alias(column) for column in ("digest", "account_id"))
    kept = alone.select("at", pl.col("stored_identity").alias("identity"), *nothing)
    await copy_in(driver, "incoming_key", kept)  # so that it isn't taken for gone
    return (
        changed.join(alone.select("at", "stored_id"), on="at", how="left", maintain_order="left")
        .with_columns(pl.coalesce("id", "stored_id").alias("id"))
        .drop("stored_id")
    )


async def difference(
    session: TenantSession, table: Table, looked: Looked, order: Order, work: Work, *, rows: int
) -> Difference[Work]:
    """Fill `incoming` with the changed rows, without those that say the same after all, and count; `rows` there were in all."""
    driver, org_id = await session.raw(), session.org_id
    await copy_in(driver, "incoming", looked.changed.select(*table.incoming))
    created = looked.changed["id"].null_count()
    updated = looked.changed.height - created
    if updated:
        await driver.execute("ANALYZE incoming (id)")
        same = [f"a.{c} IS NOT DISTINCT FROM i.{c}" for c in work.said]
        dropped = await driver.execute(
            _DROP_SAME.format(table.name, " AND ".join([table.same, *same])), org_id
        )
        updated -= count_of(dropped)
    existing = removed = 0
    if order.mode is ImportMode.REPLACE:
        existing = await driver.fetchval(f"SELECT count(*) FROM {table.name} WHERE org_id = $1", org_id)
        removed = await driver.fetchval(f"SELECT count(*) FROM {table.name} a WHERE {GONE}", org_id)
    left = looked.left
    unchanged = rows - created - updated - (0 if left is None else left.height)
    return Difference(created, updated, unchanged, removed, existing, work, left, _warnings(table, looked))


async def write(session: TenantSession, table: Table, found: Difference[Work], order: Order) -> None:
    """Store what `difference` left in its temporary tables; before-images go to the history."""
    driver, values = await session.raw(), (session.org_id, order.import_id)
    if order.mode is ImportMode.REPLACE and found.removed:
        await driver.execute(keep_history(table, "removed", f"{table.name} a WHERE {GONE}"), *values)
        await driver.execute(f"DELETE FROM {table.name} a WHERE {GONE}", session.org_id)
    if found.updated:
        changed = f"{table.name} a JOIN incoming i ON a.id = i.id WHERE a.org_id = $1"
        await driver.execute(keep_history(table, "updated", changed), *values)
        texts = ", ".join(f"{c} = i.{c}" for c in found.work.said)
        await driver.execute(_UPDATE.format(table.name, f", {texts}" if texts else ""), *values)
    if found.created:
        said = ["external_id", "account_id", *table.stored]
        inserted = ", ".join(said), ", ".join(f"i.{c}" for c in said)
        await driver.execute(_INSERT.format(table.name, *inserted), *values)


async def made(session: TenantSession) -> Sequence[UUID]:
    """The ids of what `write` has created."""
    driver = await session.raw()
    return [row[0] for row in await driver.fetch("SELECT new_id FROM incoming WHERE id IS NULL")]


def _tables(table: Table) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in table.incoming.items())
    return f"""
        CREATE TEMPORARY TABLE incoming_key (at int, identity text COLLATE "C", digest bytea, account_id uuid) ON COMMIT DROP;
        CREATE TEMPORARY TABLE newcomer (at int, plain_identity text COLLATE "C") ON COMMIT DROP;
        CREATE TEMPORARY TABLE incoming ({columns}) ON COMMIT DROP
    """


def _already_there(rows: pl.DataFrame, table: Table, order: Order) -> pl.DataFrame:
    message = pl.format(
        f"line {{}}: the {table.name} is in the list already, and mode=append leaves it as it is. Use mode=upsert to change it.",
        "line",
    )
    return refusals(rows, "already_there", message, () if table.sealed else list(order.headers))


def _warnings(table: Table, looked: Looked) -> tuple[str, ...]:
    if not looked.lost:
        return ()
    sentence = (
        f"{looked.lost} rows name an account that isn't in the list of accounts, or that several have: they are kept without one. "
        f"Import the accounts first, name them by their external id, and send the {table.kind.value} again."
    )
    return (sentence,)
