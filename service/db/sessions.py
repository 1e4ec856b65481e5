"""Session types: what a repository is built with says what it may do and for whom.

    ReadSession ─┬─ PersonReadSession ─┬─ PersonWriteSession
                 ├─ TenantReadSession ─┼─ TenantSession ── DutySession
                 └─ WriteSession ──────┼─ MatcherSession
                                       └─ DirectorySession

A session is one open transaction. It is opened by `service.db.database.Database` and ends with its `async with`:
committed, or rolled back if an error leaves the block. Nothing here commits.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple, overload
from uuid import UUID

import asyncpg
from sqlalchemy import CursorResult, Executable, Result, ScalarResult
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import TypedReturnsRows

from service.db.faults import calling
from service.db.names import DUTY_SETTING, INVITATION_SETTING, INVITER_SETTING, Duty
from service.db.transactions import Lent, set_local
from service.kit.actors import SERVICE

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Ending = Callable[[Any, list[Any]], Awaitable[None]]
"""Something to be done at the end of a transaction: takes its session and the items given for it."""


class ReadSession:
    """Statements of one transaction, through SQLAlchemy's ORM, its Core, or asyncpg itself."""

    def __init__(self, lent: Lent) -> None:
        self._lent, self._driver = lent, lent.driver

    @cached_property
    def orm(self) -> AsyncSession:
        """The ORM session, made when first asked for; it never expires what it has loaded."""
        return AsyncSession(bind=self._lent.connection, expire_on_commit=False)

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
            return await self._lent.connection.exec_driver_sql(text, values)

    async def raw(self) -> asyncpg.Connection:
        """Give asyncpg's own connection, for COPY and streams; what the ORM holds is written out first."""
        if "orm" in self.__dict__:
            with calling(self._driver):
                await self.orm.flush()
        return self._driver


class WriteSession(ReadSession):
    @cached_property
    def _endings(self) -> list[tuple[Ending, Any]]:
        return []

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._end()
        except BaseException as failed:
            await super().__aexit__(type(failed), failed, failed.__traceback__)
            raise
        await super().__aexit__(kind, error, trace)

    def at_end(self, work: Ending, item: Any) -> None:
        """Have `work` called with the session and every item given for it, as the last thing before the commit.

        For what takes a lock that the whole organization waits for. Not called if the transaction is rolled back.
        """
        self._endings.append((work, item))

    async def _end(self) -> None:
        if not self._endings:
            return
        await self.raw()  # writes out what was added
        by_work: dict[Ending, list[Any]] = {}
        for work, item in self._endings:
            by_work.setdefault(work, []).append(item)
        for work, items in by_work.items():
            await work(self, items)

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
        before = len(self._endings)
        try:
            async with self.orm.begin_nested():
                await self.orm.connection()  # sets the savepoint now, for statements of the driver's own too
                yield
        except BaseException:
            del self._endings[before:]
            raise


class TenantReadSession(ReadSession):
    """Reads as one organization, one unchanging snapshot; PostgreSQL refuses writes."""

    def __init__(self, lent: Lent, *, org_id: UUID) -> None:
        super().__init__(lent)
        self.org_id = org_id
        self.actor = SERVICE
        """Who acts in this transaction; set once it is known."""
        self.request_id: str | None = None


class TenantSession(WriteSession, TenantReadSession):
    """Reads and writes as one organization."""

    @asynccontextmanager
    async def on_duty(self, duty: Duty) -> AsyncIterator[None]:
        """Let the block write for the organization what its people may not; nothing that it reads there is for them."""
        await self.sql(f"SET LOCAL {DUTY_SETTING} = '{duty.value}'")
        yield
        await self.sql(f"SET LOCAL {DUTY_SETTING} = ''")

    @asynccontextmanager
    async def admitted(self, invitation: UUID, inviter: UUID) -> AsyncIterator[None]:
        """Let the block read and answer the one invitation of `inviter` that `invitation` admits to, and ask how `inviter` stands.

        For whoever has shown the invitation's secret; of `inviter` itself nothing else is seen.
        """
        await self.sql(set_local(INVITATION_SETTING, invitation))
        await self.sql(set_local(INVITER_SETTING, inviter))
        yield
        await self.flush()
        await self.sql(f"SET LOCAL {INVITATION_SETTING} = ''")
        await self.sql(f"SET LOCAL {INVITER_SETTING} = ''")


class DutySession(TenantSession):
    """Like a TenantSession, in a job that writes for the organization what its people may not."""

    def __init__(self, lent: Lent, *, org_id: UUID, duty: Duty) -> None:
        super().__init__(lent, org_id=org_id)
        self.duty = duty


class PersonReadSession(ReadSession):
    """Reads as one person, of the tables that have a tenant only where this person stands in them."""

    def __init__(self, lent: Lent, *, person_id: UUID) -> None:
        super().__init__(lent)
        self.person_id = person_id


class PersonWriteSession(WriteSession, PersonReadSession):
    """Reads as one person, and writes to the tables that have no tenant."""


class MatcherSession(WriteSession):
    """Works on one partnership as neither side, without a right on any account."""

    def __init__(self, lent: Lent, *, partnership_id: UUID) -> None:
        super().__init__(lent)
        self.partnership_id = partnership_id


class DirectorySession(WriteSession):
    """No tenant set: sees the tables of `UNSCOPED_TABLES` and nothing of any other."""
