"""What an import leaves as it is: accounts that the API wrote since the list was accepted, and what a record doesn't speak of.

A record of the API names the fields that it speaks of in a column `said`, by commas in their order; a row of a file speaks of
every column that the file has, and has no such column.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import polars as pl

from service.accounts.columns import SETS
from service.accounts.staging import copied, copy_in, refusals
from service.imports.packed import PackedRows
from service.ingest import REFUSED_SCHEMA
from service.matching.records import ACCOUNT_FIELDS

_LATER = """
    SELECT id, identity, 0 FROM account WHERE org_id = $1 AND import_id = ANY($2::uuid[])
    UNION ALL
    SELECT record_id, before ->> 'identity', 1 FROM record_history
    WHERE org_id = $1 AND import_id = ANY($2::uuid[]) AND kind = 'accounts' AND change = 'removed'
"""
_WRITTEN = {"later_id": pl.String, "identity": pl.String, "gone": pl.Int64}
_STORED = "SELECT id, populations, {} FROM account WHERE org_id = $1 AND id = ANY($2::uuid[])"


class Left(NamedTuple):
    """Rows that go on, and refusals of those that don't."""

    changed: pl.DataFrame
    left: pl.DataFrame


async def left_to_later(
    driver: asyncpg.Connection, org_id: UUID, changed: pl.DataFrame, rows: PackedRows, later: Sequence[UUID]
) -> Left:
    """Take away the rows of accounts that one of the imports `later` made, changed or removed; what it made isn't gone from the file."""
    if not later:
        return Left(changed, REFUSED_SCHEMA.to_frame())
    written = await copied(driver, _LATER, _WRITTEN, org_id, list(later))
    nothing = pl.lit(None).alias("at"), pl.lit(None).alias("digest"), pl.lit(None).alias("populations")
    kept = written.filter(pl.col("gone") == 0).select("identity").with_columns(nothing)
    await copy_in(driver, "incoming_key", kept.select("at", "identity", "digest", "populations"))
    due = (
        pl.col("id").is_in(written["later_id"].implode())
        | pl.col("identity").is_in(written["identity"].implode())
    ).fill_null(value=False)
    return Left(changed.filter(~due), _changed_since(rows.where(changed.filter(due)["row"])))


def _changed_since(rows: pl.DataFrame) -> pl.DataFrame:
    message = pl.format(
        "line {}: the account was changed over the API after this list was sent, and stays as it is. Send the list again to overwrite it.",
        "line",
    )
    return refusals(rows, "changed_since", message)


async def with_stored(
    driver: asyncpg.Connection, org_id: UUID, changed: pl.DataFrame, columns: Sequence[str], spoken: int = 0
) -> pl.DataFrame:
    """Rows of accounts that are there, with what is stored in those of `columns` that their record doesn't speak of.

    What no record names follows from what they do (the domain from a name), and stays; populations `spoken` of follow the status.
    """
    known = changed.filter(pl.col("id").is_not_null())
    of = {column: field for column in columns if (field := _field_of(column)) is not None}
    if "said" not in changed.columns or not known.height or not of:
        return changed
    schema = {"id": pl.String, "populations": pl.Int64, **dict.fromkeys(of, pl.String)}
    stored = await copied(driver, _STORED.format(", ".join(of)), schema, org_id, known["id"].to_list())
    joined = changed.join(stored, on="id", how="left", suffix="_stored", maintain_order="left")
    filled = [
        pl.when(_unsaid(field))
        .then(pl.col(f"{column}_stored").cast(changed.schema[column]))
        .otherwise(pl.col(column))
        .alias(column)
        for column, field in of.items()
    ]
    if spoken and "status" in of:
        members = pl.col("populations_stored") & spoken
        filled.append(
            pl.when(_unsaid("status")).then(members).otherwise(pl.col("populations")).alias("populations")
        )
    return joined.with_columns(filled).select(changed.columns)


def _field_of(column: str) -> str | None:
    """The field of a record that gives the column."""
    return next(
        (field for field, gives in SETS.items() if column in gives),
        column if column in ACCOUNT_FIELDS else None,
    )


def _unsaid(field: str) -> pl.Expr:
    return pl.col("id").is_not_null() & ~pl.col("said").str.split(",").list.contains(field)
