"""SQL that reads single records at accounts; whole lists are written by `compare.py`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from service.accounts.past import Past, Present, Source
from service.db.sessions import TenantReadSession
from service.imports.models import ImportKind

OF_REMOVED: Final = """
    jsonb_build_object('account_id', (SELECT o.id FROM account o WHERE o.org_id = $1 AND o.id = (image.before ->> 'account_id')::uuid))
"""
"""An earlier record names no account that was removed since, changed or not: the database lets go of the account in the record itself."""
OPPORTUNITIES: Final = Source(
    ImportKind.OPPORTUNITIES,
    "opportunity",
    """r.id, r.external_id, r.account_id, r.name, r.stage, r.amount, r.currency, r.probability, r.owner, r.type, r.next_step,
           r.created, r.expected_close, r.closed, r.outcome, r.created_at, r.updated_at""",
    f"image.before || {OF_REMOVED}",
)
_STAGES = """
    SELECT stage, entered_at FROM opportunity_stage WHERE org_id = $1 AND opportunity_id = $2 ORDER BY place
"""
_OF_DOMAIN: Final = "r.account_id IN (SELECT a.id FROM account a WHERE a.org_id = $1 AND a.domain = ${})"


def conditions(asked: Mapping[str, object]) -> dict[str, object]:
    """Columns, and `domain` of the account as it is now, as conditions with a place."""
    return {_OF_DOMAIN if name == "domain" else f"r.{name} = ${{}}": value for name, value in asked.items()}


class Opportunities:
    """The opportunities of one organization, as they are or as they were in the `past`."""

    def __init__(self, session: TenantReadSession, past: Past | None = None) -> None:
        self._session, self._past = session, past
        self._source = past or Present(session, OPPORTUNITIES)

    async def page(
        self, asked: Mapping[str, object], *, limit: int, after: UUID | None = None
    ) -> list[Mapping[str, Any]]:
        """Up to `limit` by id after `after`. `asked` may have `account_id`, `domain` of the account, `owner`, `stage`, `outcome`."""
        return await self._source.rows(conditions(asked), limit=limit, after=after)

    async def row(self, opportunity_id: UUID) -> Mapping[str, Any] | None:
        """As in a page."""
        found = await self._source.rows({}, limit=1, only=opportunity_id)
        return found[0] if found else None

    async def stages(self, opportunity_id: UUID) -> Sequence[Mapping[str, Any]]:
        """`stage` and `entered_at`, the oldest first."""
        image = await self._past.image(opportunity_id) if self._past else None
        if image is not None:
            return list(image["stages"])
        driver = await self._session.raw()
        found: Sequence[Mapping[str, Any]] = await driver.fetch(_STAGES, self._session.org_id, opportunity_id)
        return found
