"""The only way to a session: `async with database.tenant(org_id) as session`.

Each is one transaction. Its settings are literal `SET LOCAL`s, which a sharded server passes on, and are gone with it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Self
from uuid import UUID

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.engine import Limits, make_engine
from service.db.errors import DatabaseUnavailable
from service.db.names import (
    APP_ROLE,
    DUTY_SETTING,
    MATCHER_ROLE,
    ORG_SETTING,
    PARTNERSHIP_SETTING,
    PERSON_SETTING,
    Duty,
)
from service.db.safety import refuse_reader, refuse_unsafe
from service.db.sessions import (
    DirectorySession,
    DutySession,
    MatcherSession,
    PersonReadSession,
    PersonWriteSession,
    TenantReadSession,
    TenantSession,
)
from service.db.transactions import Lent, Settings, transaction


class Database:
    """Connections as the app's and as the matcher's role, and the sessions over them.

    Every session raises DatabaseUnavailable when the database is away: on opening, at any statement and at the end.
    """

    def __init__(
        self,
        *,
        app_url: str,
        matcher_url: str,
        limits: Limits | None = None,
        application: str = "commonground",
    ) -> None:
        limits = limits or Limits()
        self._limits = limits
        self._brief_reads = asyncio.Semaphore(limits.brief_reads)
        self._engines: dict[str, AsyncEngine] = {
            APP_ROLE: make_engine(app_url, limits=limits, application=application),
            MATCHER_ROLE: make_engine(matcher_url, limits=limits, application=application),
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            await engine.dispose()

    async def verify(self) -> None:
        """Refuse a server that is too old, or a role that row-level security would not bind: UnsafeDatabaseError."""
        for role in self._engines:
            async with self._transaction(role, {}) as lent:
                await refuse_unsafe(lent.driver)
                if role == MATCHER_ROLE:
                    await refuse_reader(lent.driver)

    async def ping(self) -> None:
        """Ask both roles for an answer: DatabaseUnavailable if there is none."""
        for role in self._engines:
            async with self._transaction(role, {}, read_only=True):
                pass

    def connections(self) -> dict[str, tuple[int, int]]:
        """How many connections of each role are in use, and how many are open and idle."""
        pools = {role: engine.pool for role, engine in self._engines.items()}
        return {
            role: (pool.checkedout(), pool.checkedin())
            for role, pool in pools.items()
            if isinstance(pool, QueuePool)
        }

    @asynccontextmanager
    async def tenant(self, org_id: UUID) -> AsyncIterator[TenantSession]:
        """Read and write as `org_id`."""
        async with (
            self._transaction(APP_ROLE, {ORG_SETTING: org_id}) as lent,
            TenantSession(lent, org_id=org_id) as session,
        ):
            yield session

    @asynccontextmanager
    async def tenant_read(self, org_id: UUID) -> AsyncIterator[TenantReadSession]:
        """Read as `org_id`, one snapshot for all statements."""
        async with (
            self._transaction(APP_ROLE, {ORG_SETTING: org_id}, read_only=True) as lent,
            TenantReadSession(lent, org_id=org_id) as session,
        ):
            yield session

    @asynccontextmanager
    async def brief_read(self, org_id: UUID) -> AsyncIterator[TenantReadSession]:
        """As `tenant_read`, for what reads one page and is over: takes its turn among the others of this process, first come first."""
        try:
            async with asyncio.timeout(self._limits.acquire):
                await self._brief_reads.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("The database is busy with other reads; try again shortly.") from error
        try:
            async with self.tenant_read(org_id) as session:
                yield session
        finally:
            self._brief_reads.release()

    @asynccontextmanager
    async def duty(self, org_id: UUID, duty: Duty) -> AsyncIterator[DutySession]:
        """Read and write as `org_id`, in a job that does this duty for it."""
        async with (
            self._transaction(APP_ROLE, {ORG_SETTING: org_id, DUTY_SETTING: duty}) as lent,
            DutySession(lent, org_id=org_id, duty=duty) as session,
        ):
            yield session

    @asynccontextmanager
    async def matcher(self, partnership_id: UUID) -> AsyncIterator[MatcherSession]:
        """Work on one partnership in the matcher's role."""
        async with (
            self._transaction(MATCHER_ROLE, {PARTNERSHIP_SETTING: partnership_id}) as lent,
            MatcherSession(lent, partnership_id=partnership_id) as session,
        ):
            yield session

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[DirectorySession]:
        """Work without a tenant on the tables that have none."""
        async with self._transaction(APP_ROLE, {}) as lent, DirectorySession(lent) as session:
            yield session

    @asynccontextmanager
    async def person_read(self, person_id: UUID) -> AsyncIterator[PersonReadSession]:
        """Read what is one person's in every organization, without a tenant."""
        async with (
            self._transaction(APP_ROLE, {PERSON_SETTING: person_id}, read_only=True) as lent,
            PersonReadSession(lent, person_id=person_id) as session,
        ):
            yield session

    @asynccontextmanager
    async def person(self, person_id: UUID) -> AsyncIterator[PersonWriteSession]:
        """As `person_read`; write to what has no tenant."""
        async with (
            self._transaction(APP_ROLE, {PERSON_SETTING: person_id}) as lent,
            PersonWriteSession(lent, person_id=person_id) as session,
        ):
            yield session

    def _transaction(
        self, role: str, settings: Settings, *, read_only: bool = False
    ) -> AbstractAsyncContextManager[Lent]:
        return transaction(self._engines[role], settings, read_only=read_only)
