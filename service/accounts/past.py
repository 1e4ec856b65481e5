"""The list of accounts as it stood at an earlier moment: what later imports left alone, and what they changed or removed as it was."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from service.accounts.errors import ForgottenMomentError
from service.accounts.repository import COLUMNS
from service.db.sessions import TenantReadSession
from service.imports.models import ImportKind
from service.imports.operations import REMEMBERED, REMEMBERED_IMPORTS
from service.imports.repository import Imports

_UNTOUCHED = """
    SELECT {columns} FROM account a WHERE org_id = $1 AND created_by <> ALL($2::uuid[]) AND NOT EXISTS (
        SELECT FROM record_history h WHERE h.org_id = $1 AND h.record_id = a.id AND h.import_id = ANY($2::uuid[])
    )
"""
_TOUCHED = """
    SELECT {columns} FROM (
        SELECT DISTINCT ON (h.record_id) h.record_id AS of_id, h.before FROM record_history h
        WHERE h.org_id = $1 AND h.import_id = ANY($2::uuid[]) AND h.kind = 'accounts' {place}
        ORDER BY h.record_id, h.changed_at
    ) image, jsonb_populate_record(NULL::account, '{{"attributes": {{}}}}'::jsonb || image.before)
    WHERE created_by <> ALL($2::uuid[])
"""
"""Of each record what it was before the first of the later imports that wrote it."""


class PastAccounts:
    """The accounts of one organization as they were before the imports `later`."""

    def __init__(self, session: TenantReadSession, later: Sequence[UUID]) -> None:
        self._session, self._later = session, list(later)

    async def page(
        self, *, limit: int, after: UUID | None = None, bits: int | None = None, domain: str | None = None
    ) -> list[Mapping[str, Any]]:
        """As `Accounts.page`."""
        asked = [("populations & ${} <> 0", bits), ("(domain = ${0} OR ${0} = ANY(alias_domains))", domain)]
        return await self._rows("id > ${}", after, asked, limit=limit)

    async def row(self, account_id: UUID) -> Mapping[str, Any] | None:
        """As `Accounts.row`."""
        found = await self._rows("id = ${}", account_id, [], limit=1)
        return found[0] if found else None

    async def _rows(
        self, place: str, at: UUID | None, asked: Sequence[tuple[str, object]], *, limit: int
    ) -> list[Mapping[str, Any]]:
        values: list[object] = [self._session.org_id, self._later]
        of_image, conditions = "", ""
        if at is not None:
            values.append(at)
            of_image = f"AND h.record_{place.format(3)}"
            conditions = f" AND {place.format(3)}"
        for condition, value in asked:
            if value is not None:
                values.append(value)
                conditions += f" AND {condition.format(len(values))}"
        # each part is in order of the ids by an index, so that a page costs no more than itself
        parts = [part.format(columns=COLUMNS, place=of_image) for part in (_UNTOUCHED, _TOUCHED)]
        limited = [f"({part}{conditions} ORDER BY id LIMIT {int(limit)})" for part in parts]
        driver = await self._session.raw()
        statement = f"{' UNION ALL '.join(limited)} ORDER BY id LIMIT {int(limit)}"
        found: list[Mapping[str, Any]] = await driver.fetch(statement, *values)
        return found


async def accounts_at(session: TenantReadSession, moment: datetime, now: datetime) -> PastAccounts:
    """The list as it stood at `moment`. ForgottenMomentError names the earliest that can be told."""
    imports = Imports(session)
    earliest = await imports.known_since(now - REMEMBERED, REMEMBERED_IMPORTS)
    if earliest is not None and moment < earliest:
        raise ForgottenMomentError(earliest)
    return PastAccounts(session, await imports.stored_after(moment, ImportKind.ACCOUNTS))
