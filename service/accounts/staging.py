"""Rows on their way into temporary tables and out of the server: COPY both ways, and refusals of what doesn't go in."""

from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO

import anyio.to_thread
import asyncpg
import polars as pl

from service.matching.records import ACCOUNT_FIELDS


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
    """COPY `rows` into a temporary table with the same columns; digests are bytes or hex. Null is the empty unquoted field."""
    text = await anyio.to_thread.run_sync(_as_csv, rows)
    await driver.copy_to_table(table, source=text, format="csv", columns=rows.columns)


def _as_csv(rows: pl.DataFrame) -> BytesIO:
    ordered = rows
    if rows.schema.get("digest") == pl.Binary:
        ordered = ordered.with_columns(pl.col("digest").bin.encode("hex"))
    if ordered.schema.get("digest") == pl.String:
        ordered = ordered.with_columns(pl.format("\\x{}", "digest").alias("digest"))
    buffer = BytesIO()
    ordered.write_csv(buffer, include_header=False)
    buffer.seek(0)
    return buffer


_FEW = 50_000


def among(rows: int, staged: str, *, key: str = "a.id", named: str = "account_id") -> str:
    """A condition more for a statement that joins so many `staged` rows to stored ones: the server looks each up by its key, where they
    are few.

    The planner would read a long list whole as long as it hasn't been told how long it has become, or look up each account of the list
    among the staged rows.
    """
    return f" AND {key} = ANY (ARRAY(SELECT {named} FROM {staged}))" if rows <= _FEW else ""


async def copied(
    driver: asyncpg.Connection, query: str, schema: Mapping[str, type[pl.DataType]], *values: object
) -> pl.DataFrame:
    """COPY to the client is several times faster than fetching rows, and row-level security holds for a query."""
    buffer = BytesIO()
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    return await parsed(buffer, schema)


async def parsed(buffer: BytesIO, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Rows that COPY wrote, read in a thread: long lists would hold up whatever else the process answers."""
    if not buffer.tell():
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    return await anyio.to_thread.run_sync(partial(pl.read_csv, buffer, has_header=False, schema=schema))


def count_of(tag: str) -> int:
    """The number at the end of a command tag such as `UPDATE 12`."""
    return int(tag.rpartition(" ")[2])
