"""The custom attributes that an organization has defined."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlmodel import col, select

from service.accounts.errors import UnknownAttributeError
from service.accounts.models import AccountAttribute
from service.db.sessions import TenantReadSession, TenantSession
from service.matching.records import AttributeType

MOST_ATTRIBUTES: Final = 100
LONGEST_NAME: Final = 200
"""Characters."""
_DEFINE = """
    INSERT INTO account_attribute (org_id, key, name, type, currency, created_at) VALUES ($1, $2, $3, $4, $5, now())
"""


class Attributes:
    """The custom attributes of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def everyone(self) -> list[AccountAttribute]:
        """In the order in which they were defined."""
        statement = (
            select(AccountAttribute)
            .where(
                AccountAttribute.org_id == self._session.org_id, col(AccountAttribute.removed_at).is_(None)
            )
            .order_by(col(AccountAttribute.created_at), col(AccountAttribute.key))
        )
        return list(await self._session.scalars(statement))

    async def by_key(self) -> Mapping[str, AccountAttribute]:
        return {attribute.key: attribute for attribute in await self.everyone()}

    async def one(self, key: str) -> AccountAttribute:
        """UnknownAttributeError."""
        found = await self._session.scalar(
            select(AccountAttribute).where(
                AccountAttribute.org_id == self._session.org_id,
                AccountAttribute.key == key,
                col(AccountAttribute.removed_at).is_(None),
            )
        )
        if found is None:
            raise UnknownAttributeError
        return found

    async def removed(self) -> set[str]:
        """Keys that are gone, although accounts may still have values under them."""
        statement = select(AccountAttribute.key).where(
            AccountAttribute.org_id == self._session.org_id, col(AccountAttribute.removed_at).is_not(None)
        )
        return set(await self._session.scalars(statement))


async def define(
    session: TenantSession, attributes: Sequence[tuple[str, str, AttributeType, str | None]]
) -> None:
    """Add attributes that aren't there: key, name, type, currency. Nobody else stores accounts meanwhile."""
    driver = await session.raw()
    rows = [
        (session.org_id, key, name[:LONGEST_NAME], kind.value, currency)
        for key, name, kind, currency in attributes
    ]
    await driver.executemany(_DEFINE, rows)
