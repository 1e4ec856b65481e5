"""Undoing an import of records at accounts: the same as for accounts, and each at the account that it was at, if that is there."""

from uuid import UUID

from service.accounts.attached.table import Table, keep_history
from service.accounts.rollback import one_of
from service.accounts.staging import among, count_of
from service.db.sessions import TenantSession
from service.imports.repository import Imports
from service.imports.target import Outcome

_MADE = "a.org_id = $1 AND a.created_by = $2 AND a.import_id = $2"
_IMAGES = """
    CREATE TEMPORARY TABLE image ON COMMIT DROP AS
    SELECT h.record_id AS of_id, h.change AS was, h.before, h.personal AS was_personal, (jsonb_populate_record(NULL::{table}, h.before)).*
    FROM record_history h WHERE h.org_id = $1 AND h.import_id = $2
"""
_AT = "(SELECT o.id FROM account o WHERE o.org_id = $1 AND o.id = i.account_id)"
_CHANGED = """
    a.org_id = $1 AND a.id = i.of_id AND a.import_id = $2 AND i.was = 'updated'
    AND NOT EXISTS (SELECT FROM {table} o WHERE o.org_id = $1 AND o.identity = i.identity AND o.id <> i.of_id)
"""
_UPDATE = """
    UPDATE {table} a SET {said}, account_id = {at}, import_id = $3, updated_at = now() FROM image i WHERE {changed}
"""
_BRING_BACK = """
    INSERT INTO {table} (org_id, id, created_by, import_id, created_at, updated_at, account_id, {columns})
    SELECT $1, i.of_id, $3, $3, i.created_at, now(), {at}, {values} FROM image i
    WHERE i.was = 'removed' AND $2::uuid IS NOT NULL
    AND NOT EXISTS (SELECT FROM {table} a WHERE a.org_id = $1 AND (a.id = i.of_id OR a.identity = i.identity))
    ORDER BY i.of_id RETURNING id
"""
_TOUCHED = """
    SELECT (SELECT count(*) FROM {table} a WHERE org_id = $1 AND created_by = $2 AND {among})
        + (SELECT count(*) FROM record_history WHERE org_id = $1 AND import_id = $2)
"""


async def roll_back(
    session: TenantSession, table: Table, *, undone: UUID, import_id: UUID
) -> tuple[Outcome, int]:
    """Undo the import `undone` as the import `import_id`: what was done, and how many records a later change kept as they are.

    The temporary table `image` stays until the transaction ends. The caller sees to it that nobody else stores records of
    the organization.
    """
    driver, values = await session.raw(), (session.org_id, undone, import_id)
    columns = {c: f"i.{c}" for c in ("identity", "digest", "external_id", *table.columns)}
    columns |= {c: f"i.was_{c}" for c in table.sealed}
    changed = _CHANGED.format(table=table.name)
    made_of = one_of(await Imports(session).made(undone))
    made = f"{table.name} a WHERE {_MADE} AND {made_of}"
    touched: int = await driver.fetchval(_TOUCHED.format(table=table.name, among=made_of), *values[:2])
    await driver.execute(_IMAGES.format(table=table.name), *values[:2])
    await driver.execute("ANALYZE image (of_id)")
    said = ", ".join(f"{c} = {value}" for c, value in columns.items())
    update = _UPDATE.format(table=table.name, said=said, at=_AT, changed=changed)
    listed, given = ", ".join(columns), ", ".join(columns.values())
    bring_back = _BRING_BACK.format(table=table.name, columns=listed, values=given, at=_AT)
    few = among(touched, "image", named="of_id")
    await driver.execute(keep_history(table, "removed", made, by="$3"), *values)
    removed = count_of(await driver.execute(f"DELETE FROM {made}", *values[:2]))
    kept = keep_history(table, "updated", f"{table.name} a, image i WHERE {changed}", by="$3")
    await driver.execute(kept + few, *values)
    updated = count_of(await driver.execute(update + few, *values))
    back = [row[0] for row in await driver.fetch(bring_back, *values)]
    outcome = Outcome(updated=updated, removed=removed, made=back)
    return outcome, touched - removed - updated - outcome.created
