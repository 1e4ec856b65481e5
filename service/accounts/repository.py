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
_PAGE = """
    SELECT id, external_id, name, website, domain, country, city, industry, employees, revenue, status, owner, populations,
           created_at, updated_at
    FROM account
    WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2) AND ($3::bigint IS NULL OR populations & $3 <> 0)
      AND ($4::text IS NULL OR domain = $4)
    ORDER BY id LIMIT $5
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
        driver = await self._session.raw()
        rows: list[Mapping[str, Any]] = await driver.fetch(
            _PAGE, self._session.org_id, after, bits, domain, limit
        )
        return rows

    async def count(self) -> int:
        """By the index that begins with the organization."""
        return (
            await self._session.scalar(
                select(func.count()).select_from(Account).where(Account.org_id == self._session.org_id)
            )
            or 0
        )

    async def by_id(self, account_id: UUID) -> Account | None:
        return await self._session.scalar(
            select(Account).where(Account.org_id == self._session.org_id, Account.id == account_id)
        )
