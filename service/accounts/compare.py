"""A file against the account table: which rows are new, which say something else, which accounts it no longer has.

Keys and digests alone go to the server first, so that a list of which little has changed costs little; whole rows follow
only for what is new or differs. PostgreSQL refuses COPY into a table with policies, so both go to temporary tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from uuid import UUID

import anyio.to_thread
import asyncpg
import polars as pl

from service.accounts.columns import NAMES_DOMAIN, TYPES, columns_set
from service.accounts.models import StandardPopulation
from service.accounts.rows import bits_spoken_of
from service.accounts.values import read_values, warnings_of
from service.db.sessions import TenantSession
from service.imports.models import ImportMode
from service.imports.target import Difference, Order
from service.matching.normalise import normalise
from service.matching.records import ACCOUNT_FIELDS

KEY_COLUMNS = ("at", "identity", "digest", "populations")
_INCOMING_KEY = ("account_id", "new_id", "identity", "digest", "populations")

_TABLES = """
    CREATE TEMPORARY TABLE incoming_key (at int, identity text COLLATE "C", digest bytea, populations bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE newcomer (at int, domain text, name text, country text, named boolean) ON COMMIT DROP
"""
_INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        same boolean NOT NULL DEFAULT false, account_id uuid, new_id uuid, identity text COLLATE "C", digest bytea, populations bigint,
        external_id text{}
    ) ON COMMIT DROP
"""
_DIFFERING = """
    SELECT k.at, a.id FROM incoming_key k LEFT JOIN account a ON a.org_id = $1 AND a.identity = k.identity
    WHERE a.id IS NULL OR a.digest <> k.digest OR (a.populations & $2::bigint) <> k.populations
"""
_ANY = "SELECT EXISTS (SELECT FROM account WHERE org_id = $1)"
_UNCLAIMED = """
    NOT (n.named AND a.external_id IS NOT NULL)
    AND NOT EXISTS (SELECT FROM incoming_key k WHERE k.identity = a.identity)
"""
_ADOPTABLE = f"""
    SELECT n.at, a.id, a.identity FROM newcomer n JOIN account a ON a.org_id = $1 AND a.domain = n.domain
    WHERE {_UNCLAIMED} AND NOT EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.domain = n.domain AND o.id <> a.id)
    UNION ALL
    SELECT n.at, a.id, a.identity FROM newcomer n JOIN account a ON a.org_id = $1 AND a.name = n.name
    WHERE n.domain IS NULL AND (n.country IS NULL OR a.country IS NULL OR a.country = n.country) AND {_UNCLAIMED}
    AND NOT EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.name = n.name AND o.id <> a.id)
"""
"""One account alone bears the domain; or, for rows that say no domain, the very name."""
_STORED = "SELECT id, {} FROM account WHERE org_id = $1 AND id = ANY($2::uuid[])"
_IN_SCOPE = "a.org_id = $1 AND ($2::bigint = 0 OR (a.populations & $2::bigint) <> 0)"
GONE = f"{_IN_SCOPE} AND NOT EXISTS (SELECT FROM incoming_key k WHERE k.identity = a.identity)"
_COUNT_SCOPE = f"SELECT count(*) FROM account a WHERE {_IN_SCOPE}"
_COUNT_GONE = f"SELECT count(*) FROM account a WHERE {GONE}"
_MARK_SAME = """
    UPDATE incoming i SET same = true FROM account a WHERE a.org_id = $1 AND a.id = i.account_id
    AND (i.external_id IS NULL OR a.external_id IS NOT DISTINCT FROM i.external_id)
    AND (a.populations & $2::bigint) = i.populations AND {}
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What `write` needs beside the temporary tables: the bits spoken of, those that bound a removal, the columns to be set."""

    spoken: int
    scope: int
    said: tuple[str, ...]


async def compare(session: TenantSession, rows: pl.DataFrame, order: Order) -> Difference[Work]:
    """Fill the temporary tables `incoming_key` and `incoming` from `rows` and count what they would do.

    `rows` have `row`, `line`, `identity`, `digest` (hex), `populations`, `domain`, `new_id` and the account fields, one row
    an identity. The caller sees to it that nobody else stores accounts of the organization.
    """
    driver = await session.raw()
    population = StandardPopulation(order.population) if order.population else None
    spoken = bits_spoken_of(population, order.fields)
    scope = spoken if population else 0
    rows = rows.with_row_index("at")
    await driver.execute(_TABLES)
    first = not await driver.fetchval(_ANY, session.org_id)
    found = await _differing(driver, session.org_id, rows, spoken, first=first)
    changed = rows.join(found, on="at")
    changed = await _with_domains(changed, pl.col("id").is_null())
    if not first:
        changed = await _adopted(driver, session.org_id, changed)
    left = None
    if order.mode is ImportMode.APPEND:
        changed = changed.filter(pl.col("id").is_null())
        left = _already_there(rows.join(changed, on="at", how="anti"))
    else:
        changed = await _with_domains_of_the_whole(driver, session.org_id, changed, order.fields)
    changed, unread = await anyio.to_thread.run_sync(read_values, changed, rows, order.headers)
    said = columns_set(order.fields)
    created, updated = await _stage(driver, session.org_id, changed, spoken=spoken, said=said)
    existing = removed = 0
    if order.mode is ImportMode.REPLACE:
        existing = await driver.fetchval(_COUNT_SCOPE, session.org_id, scope)
        removed = await driver.fetchval(_COUNT_GONE, session.org_id, scope)
    unchanged = rows.height - created - updated - (0 if left is None else left.height)
    return Difference(
        created, updated, unchanged, removed, existing, Work(spoken, scope, said), left, tuple(warnings_of(unread)), tuple(unread)
    )  # fmt: skip


async def _differing(
    driver: asyncpg.Connection, org_id: UUID, rows: pl.DataFrame, spoken: int, *, first: bool
) -> pl.DataFrame:
    """`at` of rows that are new (`id` null) or say something else than the account `id` does."""
    if first:
        return rows.select(pl.col("at"), pl.lit(None, pl.String).alias("id"))
    await copy_in(driver, "incoming_key", rows.select(KEY_COLUMNS))
    await driver.execute("ANALYZE incoming_key (identity, digest)")
    return await copied(driver, _DIFFERING, {"at": pl.UInt32, "id": pl.String}, org_id, spoken)


async def _adopted(driver: asyncpg.Connection, org_id: UUID, changed: pl.DataFrame) -> pl.DataFrame:
    """New rows that are an account stored under another identity: one row and one account of a domain, or of the very name where
    the row says no domain; at most one of them with an external id.
    """
    new = changed.filter(
        pl.col("id").is_null() & (pl.col("domain").is_not_null() | pl.col("name").is_not_null())
    )
    if not new.height:
        return changed
    named = pl.col("external_id").is_not_null().alias("named")
    await copy_in(driver, "newcomer", new.select("at", "domain", "name", "country", named))
    await driver.execute("ANALYZE newcomer")
    schema = {"at": pl.UInt32, "stored_id": pl.String, "stored_identity": pl.String}
    found = await copied(driver, _ADOPTABLE, schema, org_id)
    alone = found.filter((pl.len().over("at") == 1) & (pl.len().over("stored_id") == 1))
    if not alone.height:
        return changed
    kept = alone.select("at", pl.col("stored_identity").alias("identity"))
    await copy_in(
        driver, "incoming_key", kept.with_columns(digest=None, populations=None).select(KEY_COLUMNS)
    )
    return changed.join(alone.select("at", "stored_id"), on="at", how="left").with_columns(
        pl.coalesce("id", "stored_id").alias("id")
    )


async def _with_domains(changed: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    """`domain` of the rows `wanted` that have an external id: the others' was needed before."""
    due = wanted & pl.col("external_id").is_not_null()
    rows = changed.filter(due)
    if not rows.height:
        return changed
    normalised = await anyio.to_thread.run_sync(normalise, rows)
    found = rows.select("at", normalised["domain"].alias("found"))
    return (
        changed.join(found, on="at", how="left")
        .with_columns(pl.coalesce("found", "domain").alias("domain"))
        .drop("found")
    )


async def _with_domains_of_the_whole(
    driver: asyncpg.Connection, org_id: UUID, changed: pl.DataFrame, fields: frozenset[str]
) -> pl.DataFrame:
    """Domains of accounts that are there: by what the file says and, where it lacks a column, by what is stored."""
    known = changed.filter(pl.col("id").is_not_null())
    if not known.height or not fields & set(NAMES_DOMAIN):
        return changed
    lacking = [f for f in NAMES_DOMAIN if f not in fields]
    if lacking:
        schema = {"id": pl.String, **dict.fromkeys(lacking, pl.String)}
        query = _STORED.format(", ".join(lacking))
        stored = await copied(driver, query, schema, org_id, known["id"].to_list())
        known = known.drop(lacking).join(stored, on="id", how="left")
    normalised = await anyio.to_thread.run_sync(partial(normalise, known))
    found = known.select("at", normalised["domain"].alias("found"), pl.lit(value=True).alias("known"))
    return (
        changed.join(found, on="at", how="left")
        .with_columns(
            pl.when(pl.col("known")).then(pl.col("found")).otherwise(pl.col("domain")).alias("domain")
        )
        .drop("found", "known")
    )


async def _stage(
    driver: asyncpg.Connection, org_id: UUID, changed: pl.DataFrame, *, spoken: int, said: Sequence[str]
) -> tuple[int, int]:
    """Fill `incoming`, marking what says the same after all; how many are new, and how many change.

    It has no columns but those that the file sets: what the others cost would be in proportion to all there are.
    """
    await driver.execute(_INCOMING.format("".join(f", {column} {TYPES[column]}" for column in said)))
    whole = changed.with_columns(pl.col("id").alias("account_id"))
    await copy_in(driver, "incoming", whole.select(*_INCOMING_KEY, "external_id", *said))
    created = changed["id"].null_count()
    updated = changed.height - created
    if updated:
        await driver.execute("ANALYZE incoming (account_id)")
        texts = [f"a.{c} IS NOT DISTINCT FROM i.{c}" for c in said]
        same = await driver.execute(_MARK_SAME.format(" AND ".join(texts) or "true"), org_id, spoken)
        updated -= count_of(same)
    return created, updated


def _already_there(rows: pl.DataFrame) -> pl.DataFrame:
    message = pl.format(
        "line {}: the account is in the list already, and mode=append leaves it as it is. Use mode=upsert to change it.",
        "line",
    )
    return refusals(rows, "already_there", message)


def refusals(
    rows: pl.DataFrame, reason: str, message: pl.Expr, fields: Sequence[str] = ACCOUNT_FIELDS
) -> pl.DataFrame:
    """Rows that the target refuses or leaves, with the columns of an ingest refusal; `fields` are those that are shown."""
    text = pl.concat_str(
        [pl.lit("") if not fields else pl.col(fields[0]), *(pl.col(f) for f in fields[1:])],
        separator=" | ",
        ignore_nulls=True,
    ).str.head(500)
    return rows.select(
        "row", "line", pl.lit(None, pl.String).alias("column"), pl.lit(reason).alias("reason"), message.alias("message"),
        text.alias("text"),
    )  # fmt: skip


async def copy_in(driver: asyncpg.Connection, table: str, rows: pl.DataFrame) -> None:
    """COPY `rows` into a temporary table with the same columns; digests are hex. Null is the empty unquoted field."""
    buffer = BytesIO()
    ordered = rows.with_columns(
        pl.format("\\x{}", pl.col(c)).alias(c)
        for c in rows.columns
        if c == "digest" and rows.schema[c] == pl.String
    )
    ordered.write_csv(buffer, include_header=False)
    buffer.seek(0)
    await driver.copy_to_table(table, source=buffer, format="csv", columns=rows.columns)


async def copied(
    driver: asyncpg.Connection, query: str, schema: Mapping[str, type[pl.DataType]], *values: object
) -> pl.DataFrame:
    """COPY to the client is several times faster than fetching rows, and row-level security holds for a query."""
    buffer = BytesIO()
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    return parsed(buffer, schema)


def parsed(buffer: BytesIO, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    if not buffer.tell():
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=schema)


def count_of(tag: str) -> int:
    """The number at the end of a command tag such as `UPDATE 12`."""
    return int(tag.rpartition(" ")[2])
