"""The difference between a file and the account table, written by sets inside one transaction.

PostgreSQL refuses COPY into a table with policies, so the file goes to a temporary table first.
"""

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

import asyncpg
import polars as pl

from service.db.sessions import TenantSession
from service.imports.models import ImportMode
from service.imports.target import Outcome
from service.matching.records import ACCOUNT_FIELDS

_TEXTS = ("domain", *ACCOUNT_FIELDS)
_COLUMNS = ("new_id", "identity", "digest", "populations", *_TEXTS)
_FIELDS = ", ".join(_TEXTS)
_INCOMING = f"""
    CREATE TEMPORARY TABLE incoming (
        new_id uuid, identity text COLLATE "C", digest bytea, populations bigint, {", ".join(f"{c} text" for c in _TEXTS)}
    ) ON COMMIT DROP
"""
_CHANGED = """
    FROM incoming i WHERE a.org_id = $1 AND a.identity = i.identity AND a.digest <> i.digest
"""
_GONE = """
    a.org_id = $1 AND NOT EXISTS (SELECT FROM incoming i WHERE i.identity = a.identity)
"""
_BEFORE = "to_jsonb(a) - 'org_id' - 'digest' - 'identity'"
_KEEP_UPDATED = f"""
    INSERT INTO record_history (org_id, account_id, import_id, change, before, changed_at)
    SELECT a.org_id, a.id, $2, 'updated', {_BEFORE}, now() FROM account a,
    incoming i WHERE a.org_id = $1 AND a.identity = i.identity AND a.digest <> i.digest
"""
_KEEP_REMOVED = f"""
    INSERT INTO record_history (org_id, account_id, import_id, change, before, changed_at)
    SELECT a.org_id, a.id, $2, 'removed', {_BEFORE}, now() FROM account a WHERE {_GONE}
"""
_UPDATE = f"""
    UPDATE account a SET digest = i.digest, populations = i.populations, import_id = $2, updated_at = now(),
        {", ".join(f"{c} = i.{c}" for c in _TEXTS)}
    {_CHANGED}
"""
_INSERT = f"""
    INSERT INTO account (org_id, id, identity, digest, populations, import_id, created_at, updated_at, {_FIELDS})
    SELECT $1, i.new_id, i.identity, i.digest, i.populations, $2, now(), now(), {", ".join(f"i.{c}" for c in _TEXTS)}
    FROM incoming i WHERE NOT EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.identity = i.identity)
    ORDER BY i.new_id
"""


async def write_difference(
    session: TenantSession, rows: pl.DataFrame, *, import_id: UUID, mode: ImportMode
) -> Outcome:
    """Store `rows` (columns of `_COLUMNS`, digests as hex, one row an identity); before-images go to the history.

    The caller sees to it that imports of one organization take turns.
    """
    driver = await session.raw()
    await driver.execute(_INCOMING)
    await driver.copy_to_table("incoming", source=_csv(rows), format="csv", columns=_COLUMNS)
    await driver.execute("ANALYZE incoming (identity, digest)")
    org_id = session.org_id
    removed = 0
    if mode is ImportMode.REPLACE:
        await driver.execute(_KEEP_REMOVED, org_id, import_id)
        removed = _count(await driver.execute(f"DELETE FROM account a WHERE {_GONE}", org_id))
    await driver.execute(_KEEP_UPDATED, org_id, import_id)
    updated = _count(await driver.execute(_UPDATE, org_id, import_id))
    created = _count(await driver.execute(_INSERT, org_id, import_id))
    return Outcome(
        created=created, updated=updated, unchanged=rows.height - created - updated, removed=removed
    )


def _csv(rows: pl.DataFrame) -> BytesIO:
    """The rows as COPY reads them: null is the empty unquoted field, and no value is empty."""
    buffer = BytesIO()
    ordered = rows.select(
        pl.format("\\x{}", "digest").alias(c) if c == "digest" else pl.col(c) for c in _COLUMNS
    )
    ordered.write_csv(buffer, include_header=False)
    buffer.seek(0)
    return buffer


def _count(tag: str) -> int:
    """The number at the end of a command tag such as `UPDATE 12`."""
    return int(tag.rpartition(" ")[2])


async def read_participating(
    driver: asyncpg.Connection, org_id: UUID, bits: int, *, fields: Sequence[str] = ACCOUNT_FIELDS
) -> pl.DataFrame:
    """Accounts of any population in `bits`: `id` (String), `populations` and the `fields` asked for; by id.

    COPY to the client is several times faster than fetching rows, and row-level security holds for a query.
    """
    return await _copied(driver, fields, "populations & $2 <> 0", org_id, bits)


async def read_accounts(driver: asyncpg.Connection, org_id: UUID, ids: list[str]) -> pl.DataFrame:
    """The accounts with these ids, as `read_participating` gives them."""
    return await _copied(driver, ACCOUNT_FIELDS, "id = ANY($2::uuid[])", org_id, ids)


async def read_ids(driver: asyncpg.Connection, org_id: UUID, bits: int) -> pl.Series:
    """Ids (String) of the accounts of any population in `bits`, in order."""
    return (await _copied(driver, (), "populations & $2 <> 0", org_id, bits))["id"]


async def _copied(
    driver: asyncpg.Connection, fields: Sequence[str], where: str, *values: object
) -> pl.DataFrame:
    buffer = BytesIO()
    columns = ", ".join(("id", "populations", *fields))
    query = f"SELECT {columns} FROM account WHERE org_id = $1 AND {where} ORDER BY id"
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    return _parsed(buffer, {"id": pl.String, "populations": pl.Int64, **dict.fromkeys(fields, pl.String)})


def _parsed(buffer: BytesIO, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    if not buffer.tell():
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=schema)
