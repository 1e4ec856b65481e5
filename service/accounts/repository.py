"""SQL of populations and single accounts; whole lists go by `store.py`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.accounts.attributes import Attributes
from service.accounts.errors import InvalidFilterError
from service.accounts.filter_sql import where
from service.accounts.filters import Filter
from service.accounts.models import Account, Population, StandardPopulation
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import Turn, take_turn

LONGEST_TRIAL: Final = timedelta(seconds=5)
_NAMED = "SELECT bit, slug, created_at FROM population WHERE org_id = $1 AND removed_at IS NULL ORDER BY bit"
_COUNTS = "SELECT populations, count(*) FROM account WHERE org_id = $1 GROUP BY populations"
COLUMNS = """
    id, external_id, name, website, domain, linkedin, country, country_code, city, industry, employees, employees_from, employees_to,
           revenue, revenue_amount::text, revenue_currency, status, owner, registry_id, lei, vat, duns, siren,
           parent_external_id, parent_name, parent_domain, coalesce(alias_domains, '{}') AS alias_domains,
           coalesce(alias_names, '{}') AS alias_names,
           (attributes - ARRAY(SELECT key FROM account_attribute WHERE org_id = $1 AND removed_at IS NOT NULL))::text AS attributes,
           populations, created_at, updated_at
"""
"""Of an account as it is shown; $1 is the organization."""
_ROWS = f"SELECT {COLUMNS} FROM account WHERE org_id = $1"
_CHOSEN = """
    SELECT count(*), count(domain), count(coalesce(domain, name, linkedin, registry_id, lei, vat, duns, siren))
    FROM account WHERE org_id = $1 AND {}
"""


_BEARING = """
    AND id IN (SELECT id FROM account WHERE org_id = $1 AND domain = ${0}
               UNION ALL SELECT account_id FROM account_alias WHERE org_id = $1 AND domain = ${0})
"""


async def take_turn_of_populations(session: TenantSession) -> None:
    """Nobody else makes, changes or removes a population of the organization until the transaction ends."""
    await take_turn(session, Turn.POPULATIONS, session.org_id)


async def live_population(session: TenantSession, slug: str) -> Population | None:
    """As it is now, and until the transaction ends."""
    await take_turn_of_populations(session)
    return await Populations(session).by_slug(slug)


class PopulationName(NamedTuple):
    """As far as accounts need it to say to which they belong."""

    bit: int
    slug: str
    created_at: datetime


class Populations:
    """The populations of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    def _mine(self) -> SelectOfScalar[Population]:
        return select(Population).where(Population.org_id == self._session.org_id)

    async def everyone(self) -> list[Population]:
        """By bit, the standard ones first."""
        statement = self._mine().where(col(Population.removed_at).is_(None)).order_by(col(Population.bit))
        return list(await self._session.scalars(statement))

    async def named(self) -> list["PopulationName"]:
        """What `everyone` is called, straight from the driver: asked for each page of accounts."""
        driver = await self._session.raw()
        return [PopulationName(*row) for row in await driver.fetch(_NAMED, self._session.org_id)]

    async def by_id(self, population_id: UUID) -> Population | None:
        return await self._session.scalar(
            self._mine().where(Population.id == population_id, col(Population.removed_at).is_(None))
        )

    async def by_slug(self, slug: str) -> Population | None:
        """As it stands, whatever the session read of it before."""
        statement = self._mine().where(Population.slug == slug, col(Population.removed_at).is_(None))
        return await self._session.scalar(statement.execution_options(populate_existing=True))

    async def custom(self) -> list[Population]:
        """Those beside the standard ones, and those of them that are gone and whose bits aren't free yet."""
        beside = col(Population.bit) >= len(StandardPopulation)
        return list(await self._session.scalars(self._mine().where(beside).order_by(col(Population.bit))))

    async def taken_bits(self) -> set[int]:
        """Also of those that are gone and whose bits aren't free yet."""
        statement = select(Population.bit).where(Population.org_id == self._session.org_id)
        return set(await self._session.scalars(statement))

    async def sizes(self) -> Mapping[int, int]:
        """Bit → accounts, of every bit from 0 to 62."""
        driver = await self._session.raw()
        found: dict[int, int] = dict(await driver.fetch(_COUNTS, self._session.org_id))
        return {bit: sum(n for bits, n in found.items() if bits >> bit & 1) for bit in range(63)}


class Accounts:
    """The accounts of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def page(
        self, *, limit: int, after: UUID | None = None, bits: int | None = None, domain: str | None = None
    ) -> list[Mapping[str, Any]]:
        """Up to `limit` accounts by id after `after`, of any population in `bits`, that have this domain, if only as an alias."""
        asked = [
            (" AND id > ${}", after),
            (" AND populations & ${} <> 0", bits),
            (_BEARING, domain),
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

    async def tried(
        self, wanted: Filter, *, limit: int, within: timedelta = LONGEST_TRIAL
    ) -> tuple[tuple[int, int, int], list[Mapping[str, Any]]]:
        """How many accounts a filter chooses, how many of them have a domain, and how many anything at all to be matched by; and the
        first `limit`, as in a page. Each of the two may take `within`: InvalidFilterError.
        """
        values: list[Any] = [self._session.org_id]
        condition = where(wanted, values, removed=await Attributes(self._session).removed())
        driver = await self._session.raw()
        await driver.execute(f"SET LOCAL statement_timeout = {within // timedelta(milliseconds=1)}")
        try:
            counts = await driver.fetchrow(_CHOSEN.format(condition), *values)
            rows = await driver.fetch(f"{_ROWS} AND {condition} ORDER BY id LIMIT {int(limit)}", *values)
        except asyncpg.QueryCanceledError as error:
            raise InvalidFilterError(
                "filter",
                f"to try it over your list takes longer than {within.total_seconds():g} seconds: give fewer conditions and values.",
            ) from error
        return (counts[0], counts[1], counts[2]), rows

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
