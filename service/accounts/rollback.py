"""Undoing an import: what it wrote goes back to what was before, as a change of its own.

An account that a later import wrote, or that somebody made again meanwhile, stays as it is; one whose before-image is gone
(it was erased) stays gone. Populations, sharing rules and decisions are no part of it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from service.accounts.bits import STANDARD_BITS
from service.accounts.columns import TYPES
from service.accounts.merged import note_leaving
from service.accounts.staging import among, count_of
from service.accounts.store import BEFORE, WITH_ATTACHED
from service.db.sessions import TenantSession
from service.imports.repository import Imports
from service.imports.target import Outcome

_RESTORED = ("identity", "digest", "populations", *TYPES)
_KEEP = "INSERT INTO record_history (org_id, record_id, import_id, kind, change, before, changed_at)"
_MADE = """
    a.org_id = $1 AND a.created_by = $2 AND a.import_id = $2
    AND NOT EXISTS (SELECT FROM record_history h WHERE h.org_id = $1 AND h.import_id = $2 AND h.record_id = a.id)
"""
_IMAGES = """
    CREATE TEMPORARY TABLE image ON COMMIT DROP AS
    SELECT h.record_id AS of_id, h.change AS was, h.before -> 'contacts' AS contacts, h.before -> 'opportunities' AS opportunities,
        (h.before ->> 'merged_into')::uuid AS merged_into,
        (jsonb_populate_record(jsonb_populate_record(NULL::account, '{"attributes": {}}'), h.before)).*
    FROM record_history h WHERE h.org_id = $1 AND h.import_id = $2 AND h.before ? 'identity'
    AND NOT EXISTS (
        SELECT FROM record_history l WHERE l.org_id = $1 AND l.record_id = h.record_id AND l.import_id <> $2 AND l.changed_at > h.changed_at
    )
"""
_NARROW = "UPDATE image SET populations = populations & $1::bigint"
_LISTS_OF_THEN = """
    SELECT coalesce(bit_or(1::bigint << p.bit), 0) FROM population p, import i
    WHERE p.org_id = $1 AND p.bit > $3 AND p.filter IS NULL AND p.removed_at IS NULL
    AND i.org_id = $1 AND i.id = $2 AND p.created_at <= i.finished_at
"""
"""The bit of one that came later was another's then."""
_CHANGED = "a.org_id = $1 AND a.id = i.of_id AND a.import_id = $2 AND i.was = 'updated'"
_SEEN_BY_OTHERS = """
    EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.identity = i.identity AND o.id <> i.of_id)
"""
_REMOVE_HISTORY = f"""
    {_KEEP} SELECT a.org_id, a.id, $3, 'accounts', 'removed', {WITH_ATTACHED}, clock_timestamp() FROM account a
    WHERE {_MADE} AND {{among}}
"""
_GOES = f"{_MADE} AND {{among}}"
_REMOVE = f"DELETE FROM account a WHERE {_GOES}"
_UPDATE_HISTORY = f"""
    {_KEEP} SELECT a.org_id, a.id, $3, 'accounts', 'updated', {BEFORE}, clock_timestamp() FROM account a, image i
    WHERE {_CHANGED} AND NOT {_SEEN_BY_OTHERS}
"""
_UPDATE = f"""
    UPDATE account a SET {", ".join(f"{c} = i.{c}" for c in _RESTORED)}, import_id = $3, updated_at = now()
    FROM image i WHERE {_CHANGED} AND NOT {_SEEN_BY_OTHERS}
"""
_BRING_BACK = f"""
    INSERT INTO account (org_id, id, created_by, import_id, created_at, updated_at, {", ".join(_RESTORED)})
    SELECT $1, i.of_id, $3, $3, i.created_at, now(), {", ".join(f"i.{c}" for c in _RESTORED)}
    FROM image i WHERE i.was = 'removed' AND $2::uuid IS NOT NULL
    AND NOT EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND (a.id = i.of_id OR a.identity = i.identity))
    ORDER BY i.of_id RETURNING id
"""
_ATTACH = """
    UPDATE {table} r SET account_id = i.of_id FROM image i, jsonb_array_elements_text(i.{ids}) AS had
    WHERE r.org_id = $1 AND r.id = had::uuid AND (r.account_id IS NULL OR r.account_id = i.merged_into) AND i.was = 'removed'
    AND EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.id = i.of_id AND a.import_id = $2)
"""
"""What was at an account that has come back is at it again, unless it has found another meanwhile."""
_ATTACHED = {"contact": "contacts", "opportunity": "opportunities"}
_FORGET = "DELETE FROM record_history WHERE org_id = $1 AND import_id < $2 AND changed_at < $3"
_FORGET_DIRECT = """
    DELETE FROM record_history WHERE org_id = $1 AND import_id IN (
        SELECT id FROM import WHERE org_id = $1 AND origin = 'api' AND finished_at < $2
    )
"""
_TOUCHED = """
    SELECT (SELECT count(*) FROM account a WHERE org_id = $1 AND created_by = $2 AND {among})
        + (SELECT count(*) FROM record_history WHERE org_id = $1 AND import_id = $2)
"""


async def roll_back(session: TenantSession, *, undone: UUID, import_id: UUID) -> tuple[Outcome, int]:
    """Undo the import `undone` as the import `import_id`: what was done, and how many records a later change kept as they are.

    The caller sees to it that nobody else stores accounts of the organization.
    """
    driver, org_id = await session.raw(), session.org_id
    made = await Imports(session).made(undone)
    touched: int = await driver.fetchval(_TOUCHED.format(among=one_of(made)), org_id, undone)
    await driver.execute(_IMAGES, org_id, undone)
    lists: int = await driver.fetchval(_LISTS_OF_THEN, org_id, undone, STANDARD_BITS.bit_length() - 1)
    await driver.execute(_NARROW, STANDARD_BITS | lists)
    await driver.execute("ANALYZE image (of_id)")
    few = among(touched, "image", named="of_id")
    await driver.execute(_REMOVE_HISTORY.format(among=one_of(made)), org_id, undone, import_id)
    await note_leaving(driver, org_id, _GOES.format(among=one_of(made)), undone)
    removed = count_of(await driver.execute(_REMOVE.format(among=one_of(made)), org_id, undone))
    await driver.execute(_UPDATE_HISTORY + few, org_id, undone, import_id)
    updated = count_of(await driver.execute(_UPDATE + few, org_id, undone, import_id))
    back = [row[0] for row in await driver.fetch(_BRING_BACK, org_id, undone, import_id)]
    for table, ids in _ATTACHED.items() if back else ():
        had = among(touched, f"image, jsonb_array_elements_text({ids}) AS had", key="r.id", named="had::uuid")
        await driver.execute(_ATTACH.format(table=table, ids=ids) + had, org_id, import_id)
    outcome = Outcome(updated=updated, removed=removed, made=back)
    return outcome, touched - removed - updated - outcome.created


def one_of(made: Sequence[UUID] | None) -> str:
    """SQL that holds of rows `a` with one of these ids, so that no others are looked at; of all, where nobody knows which it made."""
    if made is None:
        return "true"
    ids = ",".join(str(one) for one in made)
    return f"a.id = ANY('{{{ids}}}'::uuid[])"


async def forget_history(session: TenantSession, *, before: UUID | None, until: datetime) -> None:
    """Before-images of files older than `before` that were made earlier than `until`, and all that came over the API before it."""
    driver = await session.raw()
    if before is not None:
        await driver.execute(_FORGET, session.org_id, before, until)
    await driver.execute(_FORGET_DIRECT, session.org_id, until)
