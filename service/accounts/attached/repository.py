"""SQL that reads single records at accounts; whole lists are written by `compare.py`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from service.db.sessions import TenantReadSession

_OPPORTUNITIES = """
    SELECT r.id, r.external_id, r.account_id, r.name, r.stage, r.amount, r.currency, r.probability, r.owner, r.type, r.next_step,
           r.created, r.expected_close, r.closed, r.outcome, r.created_at, r.updated_at
    FROM opportunity r WHERE r.org_id = $1
"""
_STAGES = """
    SELECT stage, entered_at FROM opportunity_stage WHERE org_id = $1 AND opportunity_id = $2 ORDER BY place
"""
OF_DOMAIN = "r.account_id IN (SELECT a.id FROM account a WHERE a.org_id = $1 AND a.domain = ${})"


async def page_of(
    session: TenantReadSession, rows: str, asked: Mapping[str, object], *, limit: int, after: UUID | None
) -> list[Mapping[str, Any]]:
    """Up to `limit` of `rows` (SQL up to its WHERE) by id after `after`; of `asked`, conditions with a place, those whose value is given."""
    given = {condition: value for condition, value in asked.items() if value is not None}
    if after is not None:
        given["r.id > ${}"] = after
    text = "".join(f" AND {condition.format(place)}" for place, condition in enumerate(given, start=2))
    driver = await session.raw()
    # Only what is asked stands in the statement, and the limit as a number: PostgreSQL plans it once and well.
    statement = f"{rows}{text} ORDER BY r.id LIMIT {int(limit)}"
    found: list[Mapping[str, Any]] = await driver.fetch(statement, session.org_id, *given.values())
    return found


class Opportunities:
    """The opportunities of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def page(
        self, asked: Mapping[str, object], *, limit: int, after: UUID | None = None
    ) -> list[Mapping[str, Any]]:
        """Up to `limit` by id after `after`. `asked` may have `account_id`, `domain` of the account, `owner`, `stage`, `outcome`."""
        conditions = {
            OF_DOMAIN if name == "domain" else f"r.{name} = ${{}}": value for name, value in asked.items()
        }
        return await page_of(self._session, _OPPORTUNITIES, conditions, limit=limit, after=after)

    async def row(self, opportunity_id: UUID) -> Mapping[str, Any] | None:
        """As in a page."""
        [*found] = await page_of(
            self._session, _OPPORTUNITIES, {"r.id = ${}": opportunity_id}, limit=1, after=None
        )
        return found[0] if found else None

    async def stages(self, opportunity_id: UUID) -> Sequence[Mapping[str, Any]]:
        """`stage` and `entered_at`, the oldest first."""
        driver = await self._session.raw()
        found: Sequence[Mapping[str, Any]] = await driver.fetch(_STAGES, self._session.org_id, opportunity_id)
        return found
