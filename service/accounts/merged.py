"""What names an account that was merged into another: rows of files and records of the API find the one that is left.

Where the file has the row of that one too, its own row counts and the other is left out, and said so; else the other row is taken for
it, whose own identity and external id stay. Where that one has left the list meanwhile, its row counts all the same when it comes back,
else the first row of those that were merged: one account comes of them.
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
_GONE: Final = """
    FROM followed f, unnest(f.identities) AS named WHERE NOT EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.id = f.into_id)
    AND NOT EXISTS (SELECT FROM account_merge m WHERE m.org_id = $1 AND m.merged_id = f.into_id AND m.into_id <> m.merged_id)
"""
"""Names of accounts whose last one has left the list; `named` of that one itself where `f.merged_id` is `f.into_id`."""
_LEFTOVER: Final = f"""
    {FOLLOWED}
    SELECT named, f.into_id, f.merged_id = f.into_id {_GONE}
    AND NOT EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.identity = named)
"""
_LEFTOVER_SCHEMA: Final = {"identity": pl.String, "into": pl.String, "own": pl.String}
_NOTE_LEFT: Final = """
    INSERT INTO account_merge (org_id, merged_id, into_id, identities, domains, names, import_id, merged_at)
    SELECT a.org_id, a.id, a.id, ARRAY[a.identity], array_remove(array_prepend(a.domain, a.alias_domains), NULL),
        array_remove(array_prepend(a.name, a.alias_names), NULL), m.import_id, m.merged_at
    FROM account a, LATERAL (
        SELECT import_id, merged_at FROM account_merge WHERE org_id = $1 AND into_id = a.id ORDER BY merged_at DESC LIMIT 1
    ) m WHERE a.org_id = $1 AND a.id = ANY($2::uuid[])
"""
_LEAVING: Final = """
    SELECT a.id FROM account a WHERE a.id IN (SELECT into_id FROM account_merge WHERE org_id = $1) AND {condition}
"""
_STANDS_ANEW: Final = f"""
    {FOLLOWED}
    SELECT DISTINCT ON (f.into_id) f.into_id, o.id, o.identity
    FROM (SELECT f.into_id, f.merged_id, named {_GONE}) f JOIN account o ON o.org_id = $1 AND o.identity = f.named
    ORDER BY f.into_id, f.merged_id = f.into_id DESC, o.id
"""
_SAME_AGAIN: Final = (
    "DELETE FROM account_merge WHERE org_id = $1 AND merged_id = $2 AND into_id = $2 AND $3 = ANY(identities)"
)
_NAME_ANEW: Final = (
    "UPDATE account_merge SET into_id = $3 WHERE org_id = $1 AND into_id = $2 AND merged_id <> $3"
)
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
    gone = await copied(driver, _LEFTOVER, _LEFTOVER_SCHEMA, org_id)
    merged = pl.concat([merged, _of_gone(gone, known)])
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


def _of_gone(gone: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Which row of the file stands for each account that was left of a merge and is gone: as of merged accounts, for its other rows."""
    here = known.select("at", "identity").join(gone, on="identity")
    here = here.sort(pl.col("own") != "t", "at")
    stands = here.unique("into", keep="first", maintain_order=True)
    told = here.join(stands.select("into", pl.col("identity").alias("into_identity")), on="into")
    others = told.filter(pl.col("identity") != pl.col("into_identity"))
    nothing = pl.lit(None, pl.String).alias("into_external_id")
    return others.select("identity", "into", "into_identity", nothing)


def told_of_merged(rows: PackedRows, left: pl.Series) -> pl.DataFrame:
    """Refusals of the rows `left` out."""
    message = pl.format(
        "line {}: the account was merged into another of this file, whose own row counts. Undo the merge to have it again.",
        "line",
    )
    return refusals(rows.where(left), "merged", message)


async def note_leaving(driver: asyncpg.Connection, org_id: UUID, condition: str, *values: object) -> None:
    """Before accounts `a` leave the list, of which SQL holds whose `$1` is the organization: what names those that are left of a merge."""
    leaving = [row[0] for row in await driver.fetch(_LEAVING.format(condition=condition), org_id, *values)]
    if leaving:
        await driver.execute(_NOTE_LEFT, org_id, leaving)


async def name_anew(driver: asyncpg.Connection, org_id: UUID) -> None:
    """What names an account that is gone names the one that has come in its place."""
    for gone_id, account_id, identity in await driver.fetch(_STANDS_ANEW, org_id):
        await driver.execute(_SAME_AGAIN, org_id, gone_id, identity)
        await driver.execute(_NAME_ANEW, org_id, gone_id, account_id)


async def keep_aliases(driver: asyncpg.Connection, org_id: UUID, import_id: UUID) -> None:
    """Accounts that the import wrote bear the domains and names of those merged into them, whatever it said of aliases."""
    await driver.execute(_KEEP_ALIASES, org_id, import_id)


async def forget_undone(driver: asyncpg.Connection, org_id: UUID) -> None:
    """What names an account that is there again names that one."""
    await driver.execute(_FORGET, org_id)
    await name_anew(driver, org_id)
