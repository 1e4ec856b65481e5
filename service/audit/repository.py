"""SQL of the audit log. Entries are added and read; the app's role may do nothing else with them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.audit.models import AuditCheckpoint, AuditEntry
from service.audit.rules import START, as_json, next_hash
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import Turn, take_turn
from service.kit.actors import ActorKind

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain stands: its last entry."""

    number: int = 0
    hash: bytes = START


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Filters of a page."""

    action: str | None = None
    actor_id: UUID | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def narrow(self, statement: SelectOfScalar[AuditEntry]) -> SelectOfScalar[AuditEntry]:
        equal = (
            (AuditEntry.action, self.action),
            (AuditEntry.actor_id, self.actor_id),
            (AuditEntry.target, self.target),
        )
        for column, value in equal:
            if value is not None:
                statement = statement.where(col(column) == value)
        if self.since is not None:
            statement = statement.where(col(AuditEntry.at) >= self.since)
        return statement if self.until is None else statement.where(col(AuditEntry.at) < self.until)


class AuditLog:
    """The log of one organization, read."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    def _own(self) -> SelectOfScalar[AuditEntry]:
        return select(AuditEntry).where(AuditEntry.org_id == self._session.org_id)

    async def lock(self) -> None:
        """Until the transaction ends nobody adds an entry of the organization. Take it last."""
        await take_turn(self._session, Turn.AUDIT, self._session.org_id)

    async def head(self) -> Head:
        statement = (
            select(AuditEntry.number, AuditEntry.hash)
            .where(AuditEntry.org_id == self._session.org_id)
            .order_by(col(AuditEntry.number).desc())
            .limit(1)
        )
        found = (await self._session.execute(statement)).first()
        return Head() if found is None else Head(found[0], found[1])

    async def page(
        self, *, limit: int, before: int | None = None, wanted: Wanted | None = None
    ) -> list[AuditEntry]:
        """Up to `limit` entries, newest first, below the number `before`."""
        statement = (wanted or Wanted()).narrow(self._own())
        if before is not None:
            statement = statement.where(col(AuditEntry.number) < before)
        return list(
            await self._session.scalars(statement.order_by(col(AuditEntry.number).desc()).limit(limit))
        )

    async def after(self, number: int, *, limit: int = BATCH) -> list[AuditEntry]:
        """Up to `limit` entries above `number`, oldest first."""
        statement = self._own().where(col(AuditEntry.number) > number).order_by(col(AuditEntry.number))
        return list(await self._session.scalars(statement.limit(limit)))

    async def everything(self) -> AsyncIterator[AuditEntry]:
        """Every entry, oldest first, a batch in memory at a time."""
        number = 0
        while batch := await self.after(number):
            for entry in batch:
                yield entry
            number = batch[-1].number

    async def checkpoints(
        self, *, limit: int | None = 100, before: int | None = None
    ) -> list[AuditCheckpoint]:
        """The newest checkpoints first, of entries below the number `before`."""
        statement = select(AuditCheckpoint).where(AuditCheckpoint.org_id == self._session.org_id)
        if before is not None:
            statement = statement.where(col(AuditCheckpoint.number) < before)
        return list(
            await self._session.scalars(statement.order_by(col(AuditCheckpoint.number).desc()).limit(limit))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An action that waits for the end of its transaction to get its number."""

    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    request_id: str | None
    action: str
    target: str | None
    details: dict[str, str | int | bool | None]


async def append(session: TenantSession, noted: list[Noted]) -> None:
    """Put what the transaction noted at the end of the chain, as the last thing that it does.

    The organization's log is locked from here to the commit: whoever waits for the lock reads the head that this leaves.
    Nothing else is locked after it, so that two transactions never wait for each other here.
    """
    log = AuditLog(session)
    await log.lock()
    head = await log.head()
    rows = []
    for one in noted:
        entry = AuditEntry(
            org_id=session.org_id, number=head.number + 1, hash=START, at=one.at, actor_kind=one.actor_kind,
            actor_id=one.actor_id, request_id=one.request_id, action=one.action, target=one.target, details=dict(one.details),
        )  # fmt: skip
        entry.hash = next_hash(head.hash, as_json(entry))
        head = Head(entry.number, entry.hash)
        rows.append(entry.model_dump())
    await session.execute(insert(AuditEntry), rows)
