"""Merging accounts into one, and saying that they are not one.

A merge is an import of its own: what each account was goes to the history, and undoing the import brings the others back with what
was at them. What names a merged account names the one that is left, from then on: rows of later files too (`service/accounts/merged.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.accounts.duplicates.reading import Group, one
from service.accounts.errors import NotInGroupError
from service.accounts.membership import number_before, settle_since
from service.accounts.merged import keep_aliases
from service.accounts.store import WITH_ATTACHED, keep_updated
from service.accounts.ways import ACCOUNT_WAY
from service.audit import record
from service.db.sessions import TenantSession
from service.imports.direct import Counts, Sent, keep_import, take_place
from service.kit.clock import Clock
from service.kit.ids import Ids

_THESE: Final = "a.org_id = $1 AND a.id = ANY($2::uuid[])"
_KEEP: Final = f"""
    INSERT INTO record_history (org_id, record_id, import_id, kind, change, before, changed_at)
    SELECT a.org_id, a.id, $3, 'accounts', 'removed', {WITH_ATTACHED} || jsonb_build_object('merged_into', $4::uuid), clock_timestamp()
    FROM account a WHERE {_THESE}
"""
_NOTE: Final = f"""
    INSERT INTO account_merge (org_id, merged_id, into_id, identities, domains, names, import_id, merged_at)
    SELECT $1, a.id, $4, array_remove(ARRAY[a.identity, CASE WHEN EXISTS (
            SELECT FROM account o WHERE o.org_id = $1 AND o.domain = a.domain AND o.id <> a.id AND o.id <> ALL($2::uuid[])
        ) THEN NULL ELSE 'd:' || a.domain END], NULL),
        array_remove(array_prepend(a.domain, a.alias_domains), NULL), array_remove(array_prepend(a.name, a.alias_names), NULL), $3, $5
    FROM account a WHERE {_THESE}
"""
"""The identity by the domain alone where no other account bears it."""
_MOVE: Final = "UPDATE {} SET account_id = $3 WHERE org_id = $1 AND account_id = ANY($2::uuid[])"
_TAKE_OVER: Final = f"""
    UPDATE account s SET populations = s.populations | m.populations, import_id = $4, updated_at = now()
    FROM (SELECT bit_or(populations) AS populations FROM account a WHERE {_THESE}) m WHERE s.org_id = $1 AND s.id = $3
"""
_DELETE: Final = f"DELETE FROM account a WHERE {_THESE}"
_FORGET: Final = "DELETE FROM account_duplicate WHERE org_id = $1 AND accounts && $2::uuid[]"
_SAY: Final = """
    INSERT INTO account_distinct (org_id, one_id, other_id, said_at)
    SELECT $1, least(l, r), greatest(l, r), $4 FROM unnest($2::uuid[], $3::uuid[]) AS p (l, r) ON CONFLICT DO NOTHING
"""
_DROP: Final = "DELETE FROM account_duplicate WHERE org_id = $1 AND id = $2"


@dataclass(frozen=True, slots=True)
class Merged:
    """`account_id` is left, with what was at `merged`; undoing the import `import_id` undoes it."""

    account_id: UUID
    merged: Sequence[UUID]
    import_id: UUID


async def merge(
    session: TenantSession,
    ids: Ids,
    clock: Clock,
    group_id: UUID,
    *,
    survivor: UUID | None,
    accounts: Sequence[UUID] | None,
) -> Merged:
    """Merge the group's accounts, or these of them, into the `survivor`, or the fullest. UnknownDuplicateError, NotInGroupError."""
    await take_place(session)
    group = await one(session, group_id)
    chosen = _chosen(group, survivor, accounts)
    left, others = chosen[0], chosen[1:]
    driver, import_id = await session.raw(), ids.new()
    before = await number_before(session)
    await keep_updated(session, [left], import_id)
    await driver.execute(_KEEP, session.org_id, others, import_id, left)
    await driver.execute(_NOTE, session.org_id, others, import_id, left, clock.now())
    for table in ("contact", "opportunity"):
        await driver.execute(_MOVE.format(table), session.org_id, others, left)
    await driver.execute(_TAKE_OVER, session.org_id, others, left, import_id)
    await keep_aliases(driver, session.org_id, import_id)
    await driver.execute(_DELETE, session.org_id, others)
    await settle_since(session, before)
    await driver.execute(_FORGET, session.org_id, others)
    sent = Sent(import_id, "merge of duplicates")
    counts = Counts(updated=1, removed=len(others))
    await keep_import(session, clock, ACCOUNT_WAY.target, sent, counts, account=str(left))
    return Merged(left, others, import_id)


def _chosen(group: Group, survivor: UUID | None, accounts: Sequence[UUID] | None) -> list[UUID]:
    """The survivor first. NotInGroupError."""
    known = [account["id"] for account in group.accounts]
    chosen = [one for one in known if accounts is None or one in accounts]
    if len(chosen) < 2 or not {*(accounts or ()), *([survivor] if survivor else [])} <= {*known}:  # noqa: PLR2004
        raise NotInGroupError
    first = survivor or chosen[0]
    if first not in chosen:
        raise NotInGroupError
    return [first, *(one for one in chosen if one != first)]


async def dismiss(session: TenantSession, clock: Clock, group_id: UUID) -> None:
    """Its accounts are not one company: no search finds these pairs again. UnknownDuplicateError."""
    group, driver = await one(session, group_id), await session.raw()
    sides = [[UUID(pair[side]) for pair in group.pairs] for side in ("left", "right")]
    await driver.execute(_SAY, session.org_id, *sides, clock.now())
    await driver.execute(_DROP, session.org_id, group_id)
    details = {"accounts": len(group.accounts), "pairs": len(group.pairs)}
    await record(
        session, clock, "duplicates.dismissed", target=f"account_duplicate:{group_id}", details=details
    )
