"""A list as it is, or as it stood at an earlier moment: then, what later imports left alone, and what they changed or removed as it was."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from service.accounts.errors import ForgottenMomentError
from service.accounts.repository import COLUMNS
from service.db.sessions import TenantReadSession
from service.imports.models import ImportKind
from service.imports.operations import REMEMBERED, REMEMBERED_IMPORTS
from service.imports.repository import Imports

_UNTOUCHED: Final = """
    SELECT {columns} FROM {table} r WHERE r.org_id = $1 AND r.created_by <> ALL($2::uuid[]) AND NOT EXISTS (
        SELECT FROM record_history h WHERE h.org_id = $1 AND h.record_id = r.id AND h.import_id = ANY($2::uuid[])
    )
"""
_TOUCHED: Final = """
    SELECT {columns} FROM (
        SELECT DISTINCT ON (h.record_id) h.record_id AS of_id, h.before, h.personal FROM record_history h
        WHERE h.org_id = $1 AND h.import_id = ANY($2::uuid[]) AND h.kind = '{kind}' {place}
        ORDER BY h.record_id, h.changed_at
    ) image, jsonb_populate_record(NULL::{table}, {before}) r
    WHERE r.created_by <> ALL($2::uuid[])
"""
"""Of each record what it was before the first of the later imports that wrote it."""
_IMAGE: Final = """
    SELECT before::text FROM record_history WHERE org_id = $1 AND record_id = $2 AND import_id = ANY($3::uuid[]) ORDER BY changed_at LIMIT 1
"""
_NOW: Final = "SELECT {columns} FROM {table} r WHERE r.org_id = $1"


@dataclass(frozen=True, slots=True)
class Source:
    """A table of records: `columns` of a row `r` are shown; `before` is SQL of the JSON that such a row is made of by an `image` of the history."""

    kind: ImportKind
    table: str
    columns: str
    before: str = "image.before"


ACCOUNTS: Final = Source(
    ImportKind.ACCOUNTS, "account", COLUMNS, """'{"attributes": {}}'::jsonb || image.before"""
)


class Present:
    """The records of one organization in `source`."""

    def __init__(self, session: TenantReadSession, source: Source) -> None:
        self._session, self._source = session, source

    async def rows(
        self, asked: Mapping[str, object], *, limit: int, after: UUID | None = None, only: UUID | None = None
    ) -> list[Mapping[str, Any]]:
        """Up to `limit` by id after `after`, or the one with the id `only`; of `asked`, conditions with a place, those whose value is given."""
        values: list[object] = [self._session.org_id]
        text = _conditions({"r.id > ${}": after, "r.id = ${}": only, **asked}, values)
        driver = await self._session.raw()
        # Only what is asked stands in the statement, and the limit as a number: PostgreSQL plans it once and well.
        rows = _NOW.format(columns=self._source.columns, table=self._source.table)
        found: list[Mapping[str, Any]] = await driver.fetch(
            f"{rows}{text} ORDER BY r.id LIMIT {int(limit)}", *values
        )
        return found


class Past:
    """The records of one organization in `source` as they were before the imports `later`."""

    def __init__(self, session: TenantReadSession, source: Source, later: Sequence[UUID]) -> None:
        self._session, self._source, self._later = session, source, list(later)

    async def rows(
        self, asked: Mapping[str, object], *, limit: int, after: UUID | None = None, only: UUID | None = None
    ) -> list[Mapping[str, Any]]:
        """As `Present.rows`."""
        values: list[object] = [self._session.org_id, self._later]
        place = _conditions({"h.record_id > ${}": after, "h.record_id = ${}": only}, values)
        text = place.replace("h.record_id", "r.id") + _conditions(asked, values)
        source = self._source
        # each part is in order of the ids by an index, so that a page costs no more than itself
        parts = [
            part.format(columns=source.columns, table=source.table, kind=source.kind.value, before=source.before, place=place)
            for part in (_UNTOUCHED, _TOUCHED)
        ]  # fmt: skip
        limited = [f"({part}{text} ORDER BY r.id LIMIT {int(limit)})" for part in parts]
        driver = await self._session.raw()
        statement = f"{' UNION ALL '.join(limited)} ORDER BY id LIMIT {int(limit)}"
        found: list[Mapping[str, Any]] = await driver.fetch(statement, *values)
        return found

    async def image(self, record_id: UUID) -> dict[str, Any] | None:
        """What the history keeps of a record that was changed or removed since; None of any other."""
        driver = await self._session.raw()
        found = await driver.fetchval(_IMAGE, self._session.org_id, record_id, self._later)
        return None if found is None else json.loads(found)


def _conditions(asked: Mapping[str, object], values: list[object]) -> str:
    """SQL of those whose value is given; the values go behind `values`."""
    text = ""
    for condition, value in asked.items():
        if value is not None:
            values.append(value)
            text += f" AND {condition.format(len(values))}"
    return text


class PastAccounts:
    """The accounts of one organization as they were."""

    def __init__(self, past: Past) -> None:
        self._past = past

    async def page(
        self, *, limit: int, after: UUID | None = None, bits: int | None = None, domain: str | None = None
    ) -> list[Mapping[str, Any]]:
        """As `Accounts.page`."""
        asked = {"r.populations & ${} <> 0": bits, "(r.domain = ${0} OR ${0} = ANY(r.alias_domains))": domain}
        return await self._past.rows(asked, limit=limit, after=after)

    async def row(self, account_id: UUID) -> Mapping[str, Any] | None:
        """As `Accounts.row`."""
        found = await self._past.rows({}, limit=1, only=account_id)
        return found[0] if found else None


async def past_of(session: TenantReadSession, source: Source, moment: datetime, now: datetime) -> Past:
    """The list as it stood at `moment`. ForgottenMomentError names the earliest that can be told."""
    imports = Imports(session)
    earliest = await imports.known_since(now - REMEMBERED, REMEMBERED_IMPORTS)
    if earliest is not None and moment < earliest:
        raise ForgottenMomentError(earliest)
    return Past(session, source, await imports.stored_after(moment, source.kind))
