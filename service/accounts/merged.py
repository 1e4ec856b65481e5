"""What names an account that was merged into another: rows of files and records of the API find the one that is left.

Where the file has the row of that one too, its own row counts and the other is left out, and said so; else the other row is taken for
it, whose own identity and external id stay.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import polars as pl

from service.accounts.sieve import ACCOUNT, Sieve, account_columns
from service.accounts.staging import copied, refusals
from service.imports.packed import PackedRows
from service.matching.aliases import MOST_ALIASES

FOLLOWED: Final = """
    WITH RECURSIVE followed AS (
        SELECT merged_id, into_id, identities, names FROM account_merge WHERE org_id = $1
        UNION
        SELECT f.merged_id, m.into_id, f.identities, f.names FROM followed f
        JOIN account_merge m ON m.org_id = $1 AND m.merged_id = f.into_id
    )
"""
"""`followed`: of each merged account every account on its way; the last one is there."""
_MERGED: Final = f"""
    {FOLLOWED}
    SELECT named, a.id, a.identity, a.external_id FROM followed f, unnest(f.identities) AS named, account a
    WHERE a.org_id = $1 AND a.id = f.into_id AND NOT EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.identity = named)
"""
_SCHEMA: Final = {
    "identity": pl.String,
    "into": pl.String,
    "into_identity": pl.String,
    "into_external_id": pl.String,
}
_FORGET: Final = """
    DELETE FROM account_merge m WHERE m.org_id = $1 AND EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.id = m.merged_id)
"""


_ALIASES: Final = """(
    SELECT (array_agg(said ORDER BY at))[:{most}] FROM (
        SELECT said, min(at) AS at FROM unnest(coalesce(a.alias_{said}, '{{}}') || coalesce((
            SELECT array_agg(one) FROM account_merge m, unnest(m.{said}) AS one WHERE m.org_id = $1 AND m.into_id = a.id
        ), '{{}}')) WITH ORDINALITY AS u (said, at) WHERE said IS DISTINCT FROM a.{own} GROUP BY said
    ) each
)"""
_KEEP_ALIASES: Final = f"""
    UPDATE account s SET alias_domains = n.domains, alias_names = n.names FROM (
        SELECT a.id, {_ALIASES.format(most=MOST_ALIASES, said="domains", own="domain")} AS domains,
            {_ALIASES.format(most=MOST_ALIASES, said="names", own="name")} AS names
        FROM account a WHERE a.org_id = $1 AND a.import_id = $2 AND a.id IN (SELECT into_id FROM account_merge WHERE org_id = $1)
    ) n WHERE s.org_id = $1 AND s.id = n.id AND (s.alias_domains, s.alias_names) IS DISTINCT FROM (n.domains, n.names)
"""


class Redirected(NamedTuple):
    """`known` without rows that are `left` out (their `row`), the others with the identity of the account that they stand for; `at` and
    `external_id` of those, and by what they named which identity stands for it. Of `several` rows (`at`) more than themselves decide.
    """

    known: pl.DataFrame
    left: pl.Series
    at: pl.DataFrame
    identities: Mapping[str, str]
    several: pl.Series


async def redirected(
    driver: asyncpg.Connection, org_id: UUID, known: pl.DataFrame, sieve: Sieve | None
) -> Redirected:
    """Rows (`at`, `row`, `identity`, `populations`) of a file or a batch that name a merged account."""
    merged = await copied(driver, _MERGED, _SCHEMA, org_id)
    rows = known.select("at", "row", "identity", "populations").join(
        merged, on="identity", maintain_order="left"
    )
    nothing = rows.select("at", pl.col("into_external_id").alias("external_id")).clear()
    if not rows.height:
        return Redirected(known, rows["row"], nothing, {}, rows["at"])
    claimed = rows.with_columns(account_columns(rows["into"]))
    claimed = claimed.join(sieve.claimed, on=ACCOUNT, how="semi") if sieve else claimed.clear()
    own = pl.col("into_identity").is_in(known["identity"].implode()) | pl.col("at").is_in(
        claimed["at"].implode()
    )
    taken = rows.filter(~own).unique("into_identity", keep="first", maintain_order=True)
    left = rows.join(taken, on="at", how="anti")["row"]
    kept = known.filter(~pl.col("row").is_in(left.implode()))
    stands = taken.select("at", pl.col("into_identity").alias("stands"))
    kept = kept.join(stands, on="at", how="left", maintain_order="left")
    kept = kept.with_columns(pl.coalesce("stands", "identity").alias("identity")).drop("stands")
    # the account belongs to the populations of all rows that name it
    bits = rows.group_by(pl.col("into_identity").alias("identity")).agg(
        pl.col("populations").bitwise_or().alias("of_all")
    )
    kept = kept.join(bits, on="identity", how="left", maintain_order="left")
    several = kept.filter(pl.col("of_all").is_not_null())["at"]
    kept = kept.with_columns(pl.col("populations") | pl.col("of_all").fill_null(0)).drop("of_all")
    at = taken.select("at", pl.col("into_external_id").alias("external_id"))
    return Redirected(kept, left, at, dict(taken.select("identity", "into_identity").iter_rows()), several)


def told_of_merged(rows: PackedRows, left: pl.Series) -> pl.DataFrame:
    """Refusals of the rows `left` out."""
    message = pl.format(
        "line {}: the account was merged into another of this file, whose own row counts. Undo the merge to have it again.",
        "line",
    )
    return refusals(rows.where(left), "merged", message)


async def keep_aliases(driver: asyncpg.Connection, org_id: UUID, import_id: UUID) -> None:
    """Accounts that the import wrote bear the domains and names of those merged into them, whatever it said of aliases."""
    await driver.execute(_KEEP_ALIASES, org_id, import_id)


async def forget_undone(driver: asyncpg.Connection, org_id: UUID) -> None:
    """What names an account that is there again names that one."""
    await driver.execute(_FORGET, org_id)
