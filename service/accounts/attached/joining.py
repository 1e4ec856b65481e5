"""Whose a record is: the one account that the file's words mean.

By the account's external id; else by domain, where one account has it; else by name, as it stands but for case and spaces, else by
its name key, where one account has it. Words that fit two accounts are nobody's.
"""

from uuid import UUID

import anyio.to_thread
import asyncpg
import polars as pl

from service.accounts.merged import FOLLOWED
from service.accounts.rows import bounded
from service.accounts.staging import copied, copy_in
from service.ingest.kinds import NAMES_ACCOUNT
from service.matching.domains import account_domains
from service.matching.names import name_keys

_TABLE = (
    'CREATE TEMPORARY TABLE incoming_account (at int, identity text COLLATE "C", domain text) ON COMMIT DROP'
)
_BY_ID = (
    "SELECT i.at, a.id FROM incoming_account i JOIN account a ON a.org_id = $1 AND a.identity = i.identity"
)
_BY_DOMAIN = """
    SELECT i.at, min(a.id::text) FROM incoming_account i JOIN account a ON a.org_id = $1 AND a.domain = i.domain
    GROUP BY i.at HAVING count(*) = 1
"""
_BY_MERGED = f"""
    {FOLLOWED}
    SELECT i.at, min(a.id::text) FROM incoming_account i
    JOIN followed f ON i.identity = ANY(f.identities) OR 'd:' || i.domain = ANY(f.identities)
    JOIN account a ON a.org_id = $1 AND a.id = f.into_id GROUP BY i.at HAVING count(DISTINCT a.id) = 1
"""
_NAMES = f"""
    {FOLLOWED}
    SELECT id, name FROM account WHERE org_id = $1 AND name IS NOT NULL
    UNION SELECT a.id, said FROM followed f, unnest(f.names) AS said, account a WHERE a.org_id = $1 AND a.id = f.into_id
"""
"""The names of accounts, and those of accounts that were merged into them."""
_FOUND = {"at": pl.UInt32, "account_id": pl.String}


def names_an_account(fields: frozenset[str], more: tuple[str, ...] = ()) -> bool:
    """Whether a file with these fields says whose its records are."""
    return bool(fields & {*NAMES_ACCOUNT, *more})


def with_domain(rows: pl.DataFrame, email: pl.Series | None = None) -> pl.DataFrame:
    """Add `domain`: what the account's domain or website gives, else the e-mail address unless it is a free one."""
    website = rows["account_domain"]
    nothing = pl.Series([None] * rows.height, dtype=pl.String)
    names = name_keys(rows["account_name"]).name
    found = account_domains(website, nothing if email is None else email, names).domain
    return rows.with_columns(found.alias("domain"))


async def accounts_of(driver: asyncpg.Connection, org_id: UUID, rows: pl.DataFrame) -> pl.DataFrame:
    """`at` and `account_id` of the rows whose account is found; `rows` have `at`, `domain` and the fields that name an account."""
    named = rows.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in (*NAMES_ACCOUNT, "domain")))
    await driver.execute(_TABLE)
    asked = named.select("at", pl.format("x:{}", "account_external_id").alias("identity"), "domain")
    await copy_in(driver, "incoming_account", asked.with_columns(bounded("identity")))
    await driver.execute("ANALYZE incoming_account")
    found = await copied(driver, _BY_ID, _FOUND, org_id)
    by_domain = await copied(driver, _BY_DOMAIN, _FOUND, org_id)
    found = pl.concat([found, by_domain.join(found, on="at", how="anti")])
    by_merged = await copied(driver, _BY_MERGED, _FOUND, org_id)
    found = pl.concat([found, by_merged.join(found, on="at", how="anti")])
    rest = named.join(found, on="at", how="anti").filter(pl.col("account_name").is_not_null())
    if not rest.height:
        return found
    accounts = await copied(driver, _NAMES, {"id": pl.String, "name": pl.String}, org_id)
    return pl.concat([found, await anyio.to_thread.run_sync(_by_name, rest, accounts)])


def _by_name(rows: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The same as `accounts_of`, of rows that only a name tells."""
    asked = rows.select("at", pl.col("account_name").alias("name"))
    found = _joined(_spelled(asked), _spelled(accounts))
    rest = asked.join(found, on="at", how="anti")
    return pl.concat([found, _joined(_keyed(rest), _keyed(accounts))]) if rest.height else found


def _spelled(frame: pl.DataFrame) -> pl.DataFrame:
    plain = pl.col("name").str.to_lowercase().str.replace_all(r"\s+", " ")
    return frame.with_columns(plain.alias("said"))


def _keyed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(name_keys(frame["name"]).name.alias("said"))


def _joined(rows: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    named = accounts.filter(pl.col("said").is_not_null()).unique(["said", "id"])
    alone = named.filter(pl.len().over("said") == 1)
    return rows.join(alone.select("said", "id"), on="said").select("at", pl.col("id").alias("account_id"))
