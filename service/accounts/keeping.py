"""What an import leaves as it is: accounts that the API wrote since the list was accepted, and what a record doesn't speak of.

A record of the API names the fields that it speaks of in a column `said`, by commas in their order; a row of a file speaks of
every column that the file has, and has no such column.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import anyio.to_thread
import asyncpg
import polars as pl

from service.accounts.columns import SETS
from service.accounts.rows import speaks_of
from service.accounts.staging import copied, copy_in, refusals
from service.imports.packed import PackedRows
from service.ingest import REFUSED_SCHEMA
from service.matching.normalise import normalise
from service.matching.records import ACCOUNT_FIELDS

_LATER = "SELECT id, identity FROM account WHERE org_id = $1 AND import_id = ANY($2::uuid[])"
_WRITTEN = {"later_id": pl.String, "identity": pl.String}
_REMOVED = """
    SELECT record_id, before ->> 'identity', before ->> 'external_id' IS NOT NULL, before ->> 'domain', before ->> 'name',
        before ->> 'country'
    FROM record_history WHERE org_id = $1 AND import_id = ANY($2::uuid[]) AND kind = 'accounts' AND change = 'removed'
"""
_GONE = {
    "gone_id": pl.String, "identity": pl.String, "bears_id": pl.String, "domain": pl.String, "name": pl.String,
    "gone_country": pl.String,
}  # fmt: skip
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
    gone = await copied(driver, _REMOVED, _GONE, org_id, list(later))
    nothing = pl.lit(None).alias("at"), pl.lit(None).alias("digest"), pl.lit(None).alias("populations")
    kept = written.select("identity").with_columns(nothing)
    await copy_in(driver, "incoming_key", kept.select("at", "identity", "digest", "populations"))
    identities = pl.concat([written["identity"], gone["identity"]])
    again = await anyio.to_thread.run_sync(_brought_again, changed, rows, gone)
    due = (
        pl.col("id").is_in(written["later_id"].implode())
        | pl.col("identity").is_in(identities.implode())
        | pl.col("at").is_in(again.implode())
    ).fill_null(value=False)
    return Left(changed.filter(~due), _changed_since(rows.where(changed.filter(due)["row"])))


def _brought_again(changed: pl.DataFrame, rows: PackedRows, gone: pl.DataFrame) -> pl.Series:
    """`at` of new rows that would have been the accounts `gone`, were these still there: as they are adopted (`compare.py`), by the
    domain, or by the very name where the row says no domain; one row and one account alone, at most one of them with an external id.
    """
    new = changed.filter(pl.col("id").is_null()).select("row", "at")
    pairs = [pl.DataFrame(schema={"at": new.schema["at"], "gone_id": pl.String})]
    if new.height and gone.height:
        pairs += [_would_be(pack.join(new, on="row"), gone) for pack in rows]
    alone = (pl.len().over("at") == 1) & (pl.len().over("gone_id") == 1)
    return pl.concat(pairs).filter(alone)["at"]


def _would_be(rows: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """`at` of a row and `gone_id` of an account that it would have been."""
    said = rows.drop("domain", strict=False).with_columns(normalise(rows)["domain"])
    both = pl.col("external_id").is_not_null() & (pl.col("bears_id") == "t")
    elsewhere = (pl.col("country") != pl.col("gone_country")).fill_null(value=False)
    by_domain = said.join(gone.drop("identity", "name"), on="domain")
    by_name = said.filter(pl.col("domain").is_null()).join(gone.drop("identity", "domain"), on="name")
    found = [by_domain.filter(~both), by_name.filter(~both & ~elsewhere)]
    return pl.concat([pairs.select("at", "gone_id") for pairs in found])


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
    return pl.col("id").is_not_null() & ~speaks_of(field)
