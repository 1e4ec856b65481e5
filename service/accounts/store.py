"""What an import's comparison found, written by sets inside the same transaction; and accounts read in bulk."""

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

import asyncpg
import polars as pl

from service.accounts.columns import as_text, assigned
from service.accounts.compare import Work
from service.accounts.gone import GONE
from service.accounts.merged import note_leaving
from service.accounts.staging import among, count_of, parsed
from service.db.sessions import TenantSession
from service.imports.models import ImportMode
from service.imports.target import Difference, Order
from service.linking.families import READ_FIELDS
from service.matching.records import ACCOUNT_FIELDS

BEFORE = "to_jsonb(a) - 'org_id' - 'change'"
"""What an account `a` is, as it is kept."""
WITH_ATTACHED = f"""
    {BEFORE} || jsonb_strip_nulls(jsonb_build_object(
        'contacts', (SELECT jsonb_agg(c.id) FROM contact c WHERE c.org_id = a.org_id AND c.account_id = a.id),
        'opportunities', (SELECT jsonb_agg(o.id) FROM opportunity o WHERE o.org_id = a.org_id AND o.account_id = a.id)
    ))
"""
"""The same of one that goes, with the ids of what is at it: that is at no account then, and at this one again if it comes back."""
_CHANGED = "account a JOIN incoming i ON a.id = i.account_id WHERE a.org_id = $1 AND NOT i.same"
_KEEP = "INSERT INTO record_history (org_id, record_id, import_id, kind, change, before, changed_at)"
_KEEP_UPDATED = (
    f"{_KEEP} SELECT a.org_id, a.id, $2, 'accounts', 'updated', {BEFORE}, clock_timestamp() FROM {_CHANGED}"
)
_KEEP_THESE = f"""
    {_KEEP} SELECT a.org_id, a.id, $2, 'accounts', 'updated', {BEFORE}, clock_timestamp()
    FROM account a WHERE a.org_id = $1 AND a.id = ANY($3::uuid[])
"""
_ONE = "a.org_id = $1 AND a.id = $2"
_MORE = "(a.populations & $2::bigint) <> 0"
"""The account stays in the list of accounts: it stands in another population that is said, or leaves one that keeps none there."""
_KEEP_LEAVING = f"""
    {_KEEP} SELECT a.org_id, a.id, $3, 'accounts', CASE WHEN {_MORE} THEN 'updated' ELSE 'removed' END,
        CASE WHEN {_MORE} THEN {BEFORE} ELSE {WITH_ATTACHED} END, clock_timestamp()
    FROM account a WHERE {GONE}
"""
_LEAVE = f"""
    UPDATE account a SET populations = a.populations & ~$4::bigint, import_id = $3, updated_at = now() WHERE {_MORE} AND {GONE}
"""
_KEEP_ONE = f"{_KEEP} SELECT a.org_id, a.id, $3, 'accounts', 'removed', {WITH_ATTACHED}, clock_timestamp() FROM account a WHERE {_ONE}"
_DELETE_ONE = f"DELETE FROM account a WHERE {_ONE}"
_GOES = f"NOT {_MORE} AND {GONE}"
_DELETE = f"DELETE FROM account a WHERE {_GOES}"
_UPDATE = """
    UPDATE account a SET digest = i.digest, populations = (a.populations & ~$3::bigint) | i.populations,
        identity = CASE WHEN i.external_id IS NULL AND a.external_id IS NOT NULL THEN a.identity ELSE i.identity END,
        external_id = coalesce(i.external_id, a.external_id), import_id = $2, updated_at = now() {}
    FROM incoming i WHERE a.org_id = $1 AND a.id = i.account_id AND NOT i.same
"""
_NOTE = "UPDATE account a SET digest = i.digest FROM incoming i WHERE a.org_id = $1 AND a.id = i.account_id AND i.same"
"""Another wording that says the same: the next file of that wording is found the same by its digest."""
_INSERT = """
    INSERT INTO account (org_id, id, identity, digest, populations, created_by, import_id, created_at, updated_at, {})
    SELECT $1, i.new_id, i.identity, i.digest, i.populations, $2, $2, now(), now(), {}
    FROM incoming i WHERE i.account_id IS NULL
"""
"""In the order in which they were staged, which is that of their ids."""


_OF_FAMILIES = """
    populations & $2 <> 0 AND (
        parent_external_id IS NOT NULL OR parent_name IS NOT NULL OR parent_domain IS NOT NULL OR external_id IN (
            SELECT parent_external_id FROM account WHERE org_id = $1 AND populations & $2 <> 0 AND parent_external_id IS NOT NULL
        )
    )
"""


async def write_difference(session: TenantSession, difference: Difference[Work], order: Order) -> None:
    """Store what `compare` left in its temporary tables; before-images go to the history."""
    driver, work = await session.raw(), difference.work
    org_id, import_id = session.org_id, order.import_id
    if order.mode is ImportMode.REPLACE and difference.removed:
        few = among(difference.removed, "incoming_gone")
        await driver.execute(_KEEP_LEAVING + few, org_id, work.keeping, import_id)
        # before the others leave: one that has left a list is in none that keeps it any more
        await note_leaving(driver, org_id, _GOES + few, work.keeping)
        await driver.execute(_DELETE + few, org_id, work.keeping)
        if work.keeping:
            await driver.execute(_LEAVE + few, org_id, work.keeping, import_id, work.scope)
    if difference.updated:
        said = assigned(work.said, work.keys)
        few = among(difference.updated, "incoming WHERE NOT same AND account_id IS NOT NULL")
        await driver.execute(_KEEP_UPDATED + few, org_id, import_id)
        update = _UPDATE.format(f", {said}" if said else "") + few
        await driver.execute(update, org_id, import_id, work.spoken)
    if difference.created:
        columns = ("external_id", *work.said)
        listed = ", ".join(columns), ", ".join(f"i.{c}" for c in columns)
        await driver.execute(_INSERT.format(*listed), org_id, import_id)
    if work.reworded:
        await driver.execute(_NOTE + among(work.reworded, "incoming WHERE same"), org_id)


async def keep_updated(session: TenantSession, ids: Sequence[UUID], import_id: UUID) -> None:
    """Keep in the history what these accounts are, before the import `import_id` changes them."""
    driver = await session.raw()
    await driver.execute(_KEEP_THESE, session.org_id, import_id, list(ids))


async def delete_account(session: TenantSession, account_id: UUID, import_id: UUID) -> bool:
    """Remove one account as the import `import_id` does; what it was goes to the history. Whether it was there."""
    driver = await session.raw()
    await driver.execute(_KEEP_ONE, session.org_id, account_id, import_id)
    await note_leaving(driver, session.org_id, _ONE, account_id)
    return bool(count_of(await driver.execute(_DELETE_ONE, session.org_id, account_id)))


async def read_participating(
    driver: asyncpg.Connection, org_id: UUID, bits: int, *, fields: Sequence[str] = ACCOUNT_FIELDS
) -> pl.DataFrame:
    """Accounts of any population in `bits`: `id` (String), `populations` and the `fields` asked for; by id."""
    return await _copied(driver, fields, "populations & $2 <> 0", org_id, bits)


async def read_accounts(driver: asyncpg.Connection, org_id: UUID, ids: list[str]) -> pl.DataFrame:
    """The accounts with these ids, as `read_participating` gives them."""
    return await _copied(driver, ACCOUNT_FIELDS, "id = ANY($2::uuid[])", org_id, ids)


async def read_families(driver: asyncpg.Connection, org_id: UUID, bits: int) -> pl.DataFrame:
    """Accounts of any population in `bits` that name a parent, and those of them that one of these names as its own."""
    return await _copied(driver, READ_FIELDS, _OF_FAMILIES, org_id, bits)


async def _copied(
    driver: asyncpg.Connection, fields: Sequence[str], where: str, *values: object
) -> pl.DataFrame:
    buffer = BytesIO()
    columns = ", ".join(("id", "populations", *map(as_text, fields)))
    query = f"SELECT {columns} FROM account WHERE org_id = $1 AND {where} ORDER BY id"
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    return await parsed(
        buffer, {"id": pl.String, "populations": pl.Int64, **dict.fromkeys(fields, pl.String)}
    )
