"""SQL of tenants and API keys."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from service.db.sessions import DirectorySession, ReadSession, TenantReadSession
from service.organizations.models import ApiKey, Organization


class Directory:
    """The organizations of this server, readable before a tenant is set."""

    def __init__(self, session: DirectorySession | TenantReadSession) -> None:
        self._session: ReadSession = session

    async def by_handle(self, handle: str) -> Organization | None:
        return await self._session.scalar(select(Organization).where(Organization.handle == handle))

    async def by_id(self, org_id: UUID) -> Organization | None:
        return await self._session.scalar(select(Organization).where(Organization.id == org_id))

    async def everyone(self) -> list[Organization]:
        return list(await self._session.scalars(select(Organization).order_by(col(Organization.handle))))


class ApiKeys:
    """The API keys of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def usable(self, prefix: str, now: datetime) -> list[ApiKey]:
        """Keys with this public prefix that are neither revoked nor expired."""
        return list(
            await self._session.scalars(
                select(ApiKey).where(
                    ApiKey.org_id == self._session.org_id,
                    ApiKey.prefix == prefix,
                    col(ApiKey.revoked_at).is_(None),
                    col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > now),
                )
            )
        )
