"""SQL of tenants and API keys."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select, update

from service.db.sessions import DirectorySession, ReadSession, TenantReadSession
from service.db.turns import Turn, take_turn
from service.organizations.models import ApiKey, Organization

_USED = """
    UPDATE api_key SET last_used_at = used.at FROM unnest($2::uuid[], $3::timestamptz[]) AS used (id, at)
    WHERE api_key.org_id = $1 AND api_key.id = used.id
      AND (api_key.last_used_at IS NULL OR api_key.last_used_at <= used.at - $4::interval)
"""

_USABLE = """
    SELECT k.id, k.digest, k.scopes, s.suspended_at IS NOT NULL OR s.erased_at IS NOT NULL
    FROM api_key k LEFT JOIN organization_standing s ON s.org_id = k.org_id
    WHERE k.org_id = $1 AND k.prefix = $2 AND k.sandbox = $3 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $4)
"""


class UsableKey(NamedTuple):
    """A stored key that is neither revoked nor expired, and whether its organization is suspended."""

    id: UUID
    digest: bytes
    scopes: list[str]
    suspended: bool


class Directory:
    """The organizations of this server, readable before a tenant is set."""

    def __init__(self, session: DirectorySession | TenantReadSession) -> None:
        self._session: ReadSession = session

    async def by_handle(self, handle: str, *, sandbox: bool = False) -> Organization | None:
        """The live organization of this handle, or the sandbox one: neither is found where the other is looked for."""
        return await self._session.scalar(
            select(Organization).where(Organization.handle == handle, Organization.sandbox == sandbox)
        )

    async def by_id(self, org_id: UUID) -> Organization | None:
        return await self._session.scalar(select(Organization).where(Organization.id == org_id))

    async def everyone(self, *, sandbox: bool = False) -> list[Organization]:
        """The live organizations by handle, or the sandbox ones."""
        wanted = select(Organization).where(Organization.sandbox == sandbox)
        return list(await self._session.scalars(wanted.order_by(col(Organization.handle))))

    async def sandbox_of(self, org_id: UUID) -> Organization | None:
        return await self._session.scalar(select(Organization).where(Organization.sandbox_of == org_id))

    async def fictional_partners(self, sandbox_id: UUID) -> list[Organization]:
        """The made-up partners of a sandbox, in the order in which they were made."""
        wanted = select(Organization).where(Organization.fictional_for == sandbox_id)
        return list(await self._session.scalars(wanted.order_by(col(Organization.id))))


class ApiKeys:
    """The API keys of one organization: the session's, or its sandbox where `of` names that."""

    def __init__(self, session: TenantReadSession, *, of: UUID | None = None) -> None:
        self._session, self._org_id = session, of or session.org_id

    async def usable(self, prefix: str, now: datetime, *, sandbox: bool = False) -> list[UsableKey]:
        """Keys with this public prefix, neither revoked nor expired; test keys for a sandbox.

        Asked before everything else, so straight from the driver.
        """
        driver = await self._session.raw()
        rows = await driver.fetch(_USABLE, self._org_id, prefix, sandbox, now)
        return [UsableKey(*row) for row in rows]

    async def by_id(self, key_id: UUID, *, lock: bool = False) -> ApiKey | None:
        """One key; `lock` keeps it from being changed by others until the transaction ends."""
        wanted = select(ApiKey).where(ApiKey.org_id == self._org_id, ApiKey.id == key_id)
        return await self._session.scalar(wanted.with_for_update() if lock else wanted)

    async def page(self, *, limit: int, before: UUID | None = None) -> list[ApiKey]:
        """Up to `limit` keys, newest first, older than `before`; revoked and expired ones too."""
        wanted = select(ApiKey).where(ApiKey.org_id == self._org_id)
        if before is not None:
            wanted = wanted.where(col(ApiKey.id) < before)
        return list(await self._session.scalars(wanted.order_by(col(ApiKey.id).desc()).limit(limit)))

    async def in_use(self, now: datetime, *, family_id: UUID | None = None) -> int:
        """How many keys are neither revoked nor expired, of the organization or of one line of rotations."""
        wanted = select(func.count()).where(ApiKey.org_id == self._org_id, *_usable(now))
        if family_id is not None:
            wanted = wanted.where(ApiKey.family_id == family_id)
        return await self._session.scalar(wanted) or 0

    async def used(self, uses: Mapping[UUID, datetime], *, exact_to: timedelta) -> None:
        """Note key → moment of use, where the one that stands is older by `exact_to` or more."""
        await self._session.sql(_USED, self._org_id, list(uses), list(uses.values()), exact_to)

    async def revoke_all(self, now: datetime) -> None:
        """End every key that isn't revoked yet."""
        await self._session.execute(
            update(ApiKey)
            .where(col(ApiKey.org_id) == self._org_id, col(ApiKey.revoked_at).is_(None))
            .values(revoked_at=now)
        )

    async def newest(self, family_id: UUID, *, usable_at: datetime | None = None) -> ApiKey | None:
        """The last key of a line of rotations, or the last of it that is neither revoked nor expired."""
        wanted = select(ApiKey).where(ApiKey.org_id == self._org_id, ApiKey.family_id == family_id)
        if usable_at is not None:
            wanted = wanted.where(*_usable(usable_at))
        return await self._session.scalar(wanted.order_by(col(ApiKey.id).desc()).limit(1))

    async def take_turn(self) -> None:
        """Until the transaction ends, nobody else adds a key to the organization: its keys are counted before."""
        await take_turn(self._session, Turn.API_KEYS, self._org_id)


def _usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(ApiKey.revoked_at).is_(None),
        col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > now),
    )
