"""SQL of populations and single accounts; whole lists go by `store.py`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from service.accounts.models import Account, Population
from service.db.sessions import TenantReadSession

_COUNTS = """
    SELECT p.slug, count(*) FROM population p JOIN account a ON a.org_id = p.org_id AND a.populations & (1::bigint << p.bit) <> 0
    WHERE p.org_id = $1 GROUP BY p.slug
"""
_ROWS = """
    SELECT id, external_id, name, website, domain, linkedin, country, country_code, city, industry, employees, employees_from, employees_to,
           revenue, revenue_amount::text, revenue_currency, status, owner, registry_id, lei, vat, duns, siren,
           parent_external_id, parent_name, parent_domain, attributes::text, populations, created_at, updated_at
    FROM account
    WHERE org_id = $1
"""


class Populations:
    """The populations of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def everyone(self) -> list[Population]:
        statement = (
            select(Population).where(Population.org_id == self._session.org_id).order_by(col(Population.bit))
        )
        return list(await self._session.scalars(statement))

    async def by_slug(self, slug: str) -> Population | None:
        return await self._session.scalar(
            select(Population).where(Population.org_id == self._session.org_id, Population.slug == slug)
        )

    async def sizes(self) -> Mapping[str, int]:
        """Slug → accounts; a population without accounts is missing."""
        driver = await self._session.raw()
        return {row[0]: row[1] for row in await driver.fetch(_COUNTS, self._session.org_id)}


class Accounts:
    """The accounts of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def page(
        self, *, limit: int, after: UUID | None = None, bits: int | None = None, domain: str | None = None
    ) -> list[Mapping[str, Any]]:
        """Up to `limit` accounts by id after `after`, of any population in `bits`, of this domain."""
        asked = [
            (" AND id > ${}", after),
            (" AND populations & ${} <> 0", bits),
            (" AND domain = ${}", domain),
        ]
        given = [(condition, value) for condition, value in asked if value is not None]
        text = "".join(condition.format(place) for place, (condition, _) in enumerate(given, start=2))
        driver = await self._session.raw()
        # Only what is asked stands in the statement, and the limit as a number: PostgreSQL plans it once and well.
        statement = f"{_ROWS}{text} ORDER BY id LIMIT {int(limit)}"
        rows: list[Mapping[str, Any]] = await driver.fetch(
            statement, self._session.org_id, *(value for _, value in given)
        )
        return rows

    async def row(self, account_id: UUID) -> Mapping[str, Any] | None:
        """As in a page."""
        driver = await self._session.raw()
        found: Mapping[str, Any] | None = await driver.fetchrow(
            _ROWS + " AND id = $2", self._session.org_id, account_id
        )
        return found

    async def count(self) -> int:
        """By the index that begins with the organization."""
        return (
            await self._session.scalar(
                select(func.count()).select_from(Account).where(Account.org_id == self._session.org_id)
            )
            or 0
        )
