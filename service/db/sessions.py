"""Session types: what a repository is built with says what it may do and for whom.

    ReadSession ─┬─ TenantReadSession ─┐
                 │                     ├─ TenantSession ── DutySession
                 └─ WriteSession ──────┤
                                       ├─ MatcherSession
                                       └─ DirectorySession

A session is one open transaction. It is opened by `service.db.database.Database` and ends with its `async with`:
committed, or rolled back if an error leaves the block. Nothing here commits.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple, overload
from uuid import UUID

import asyncpg
from sqlalchemy import CursorResult, Executable, Result, ScalarResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.sql.selectable import TypedReturnsRows

from service.db.faults import calling
from service.db.names import Duty
from service.kit.actors import SERVICE

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class ReadSession:
    """Statements of one transaction, through SQLAlchemy's ORM, its Core, or asyncpg itself."""

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self.connection = connection
        """For Core statements on hot paths: no identity map, no flush before."""
        self._driver = driver

    @cached_property
    def orm(self) -> AsyncSession:
        """The ORM session, made when first asked for; it never expires what it has loaded."""
        return AsyncSession(bind=self.connection, expire_on_commit=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write out what was added, unless an error ends the transaction."""
        if "orm" not in self.__dict__:
            return
        if error is None:
            with calling(self._driver):
                await self.orm.flush()
        self.orm.expunge_all()
        await self.orm.close()

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Ts], parameters: Parameters | None = None
    ) -> Result[*Ts]: ...
    @overload
    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Result[*tuple[Any, ...]]: ...
    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Result[*tuple[Any, ...]]:
        """Run `statement`, after writing out what was added. Raises DatabaseUnavailable."""
        with calling(self._driver):
            return await self.orm.execute(statement, parameters)

    @overload
    async def scalars(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> ScalarResult[T]: ...
    @overload
    async def scalars(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> ScalarResult[Any]: ...
    async def scalars(self, statement: Executable, parameters: Parameters | None = None) -> ScalarResult[Any]:
        """Run `statement` and give the first column of each row."""
        with calling(self._driver):
            return await self.orm.scalars(statement, parameters)

    @overload
    async def scalar(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> T | None: ...
    @overload
    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any: ...
    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """Run `statement` and give the first column of the first row, or None."""
        with calling(self._driver):
            return await self.orm.scalar(statement, parameters)

    async def sql(self, text: str, *values: Any) -> CursorResult[*tuple[Any, ...]]:
        """Run SQL with `$1`, `$2` … as asyncpg takes it, inside this transaction."""
        with calling(self._driver):
            return await self.connection.exec_driver_sql(text, values)

    async def raw(self) -> asyncpg.Connection:
        """Give asyncpg's own connection, for COPY and streams; what the ORM holds is written out first."""
        if "orm" in self.__dict__:
            with calling(self._driver):
                await self.orm.flush()
        return self._driver


class WriteSession(ReadSession):
    def add(self, record: object) -> None:
        """Insert `record` with the next statement, or at the end."""
        self.orm.add(record)

    def add_all(self, records: Iterable[object]) -> None:
        self.orm.add_all(records)

    async def delete(self, record: object) -> None:
        await self.orm.delete(record)

    async def flush(self) -> None:
        """Write out what was added or changed, so that its errors show here."""
        with calling(self._driver):
            await self.orm.flush()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Run statements that may fail: an error that leaves the block undoes only what the block did."""
        async with self.orm.begin_nested():
            yield


class TenantReadSession(ReadSession):
    """Reads as one organization, one unchanging snapshot; PostgreSQL refuses writes."""

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection, *, org_id: UUID) -> None:
        super().__init__(connection, driver)
        self.org_id = org_id
        self.actor = SERVICE
        """Who acts in this transaction; set once it is known."""
        self.request_id: str | None = None


class TenantSession(WriteSession, TenantReadSession):
    """Reads and writes as one organization."""


class DutySession(TenantSession):
    """Like a TenantSession, in a job that writes for the organization what its people may not."""

    def __init__(
        self, connection: AsyncConnection, driver: asyncpg.Connection, *, org_id: UUID, duty: Duty
    ) -> None:
        super().__init__(connection, driver, org_id=org_id)
        self.duty = duty


class MatcherSession(WriteSession):
    """Works on one partnership as neither side, without a right on any account."""

    def __init__(
        self, connection: AsyncConnection, driver: asyncpg.Connection, *, partnership_id: UUID
    ) -> None:
        super().__init__(connection, driver)
        self.partnership_id = partnership_id


class DirectorySession(WriteSession):
    """No tenant set: sees the tables of `UNSCOPED_TABLES` and nothing of any other."""
