"""Groups of duplicates as they are shown: the accounts that are there still, and why each two are taken for one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from service.accounts.errors import UnknownDuplicateError
from service.db.sessions import TenantReadSession

_GROUPS: Final = """
    SELECT d.id, d.accounts, d.status, d.confidence, d.pairs::text AS pairs, d.found_at FROM account_duplicate d WHERE d.org_id = $1
    AND (SELECT count(*) FROM account a WHERE a.org_id = $1 AND a.id = ANY(d.accounts)) > 1
"""
_PAGE: Final = """
    AND ($2::text IS NULL OR d.status = $2) AND ($3::float8 IS NULL OR (d.confidence, d.id) < ($3, $4)) ORDER BY d.confidence DESC, d.id DESC LIMIT $5
"""
_ACCOUNTS: Final = """
    SELECT a.id, a.external_id, a.name, a.domain, a.country, a.city, a.owner, a.created_at,
           (SELECT count(*) FROM jsonb_each(jsonb_strip_nulls(to_jsonb(a)))) AS filled,
           (SELECT count(*) FROM contact c WHERE c.org_id = $1 AND c.account_id = a.id) AS contacts,
           (SELECT count(*) FROM opportunity o WHERE o.org_id = $1 AND o.account_id = a.id) AS opportunities
    FROM account a WHERE a.org_id = $1 AND a.id = ANY($2::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Group:
    """`accounts` with the fullest first: more that is said of it, then the oldest. `pairs` are of those that are there."""

    id: UUID
    status: str
    confidence: float
    accounts: Sequence[Mapping[str, Any]]
    pairs: Sequence[Mapping[str, Any]]
    found_at: datetime


async def page(
    session: TenantReadSession, *, status: str | None, after: tuple[float, UUID] | None, limit: int
) -> list[Group]:
    """The surest first."""
    place = after or (None, None)
    return await _groups(session, _GROUPS + _PAGE, status, *place, limit)


async def one(session: TenantReadSession, group_id: UUID) -> Group:
    """UnknownDuplicateError, also where fewer than two of its accounts are left."""
    found = await _groups(session, f"{_GROUPS} AND d.id = $2", group_id)
    if not found:
        raise UnknownDuplicateError
    return found[0]


async def _groups(session: TenantReadSession, statement: str, *values: object) -> list[Group]:
    driver = await session.raw()
    rows = await driver.fetch(statement, session.org_id, *values)
    ids = {one for row in rows for one in row["accounts"]}
    accounts = {row["id"]: row for row in await driver.fetch(_ACCOUNTS, session.org_id, list(ids))}
    return [_group(row, accounts) for row in rows]


def _group(row: Mapping[str, Any], accounts: Mapping[UUID, Mapping[str, Any]]) -> Group:
    here = [accounts[one] for one in row["accounts"] if one in accounts]
    known = {str(account["id"]) for account in here}
    pairs = [p for p in json.loads(row["pairs"])["pairs"] if {p["left"], p["right"]} <= known]
    here.sort(key=lambda account: (-account["filled"], account["created_at"], account["id"]))
    return Group(row["id"], row["status"], row["confidence"], here, pairs, row["found_at"])
