"""SQL of imports and their refused rows."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import col, select

from service.db.sessions import TenantReadSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.imports.models import Import, ImportKind, ImportStatus, Origin

_ERRORS = """
    SELECT "row", line, "column", reason, message, original, text FROM import_error
    WHERE org_id = $1 AND import_id = $2 AND "row" > $3 ORDER BY "row" LIMIT $4
"""

_FORGET_DIRECT = """
    DELETE FROM import WHERE org_id = $1 AND origin = 'api' AND finished_at < (
        SELECT max(finished_at) FROM import WHERE org_id = $1 AND origin = 'api' AND finished_at < $2
    )
"""
_HEAVY = (
    defer(Import.preview),  # type: ignore[arg-type]  # a column, which SQLModel types as its value
    defer(Import.made),  # type: ignore[arg-type]  # the same
)
_MADE = "SELECT made FROM import WHERE org_id = $1 AND id = $2"
UNFINISHED = (ImportStatus.RECEIVED, ImportStatus.RUNNING, ImportStatus.HELD)


class Imports:
    """The imports of one organization, read."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def by_id(self, import_id: UUID) -> Import | None:
        return await self._session.scalar(
            select(Import).where(Import.org_id == self._session.org_id, Import.id == import_id)
        )

    async def some(self, import_ids: Collection[UUID]) -> dict[UUID, Import]:
        """Those of the ids that are there, without their previews and what they made."""
        statement = (
            select(Import)
            .options(*_HEAVY)
            .where(Import.org_id == self._session.org_id, col(Import.id).in_(import_ids))
        )
        return {record.id: record for record in await self._session.scalars(statement)}

    async def made(self, import_id: UUID) -> list[UUID] | None:
        """The ids of what it created; None where that was too much to be kept, or it is from before this was."""
        driver = await self._session.raw()
        found: list[UUID] | None = await driver.fetchval(_MADE, self._session.org_id, import_id)
        return found

    async def page(
        self, *, limit: int, before: UUID | None = None, origin: Origin | None = None
    ) -> list[Import]:
        """Up to `limit` imports, newest first, older than `before`; of one `origin` if it is given."""
        statement = select(Import).options(*_HEAVY).where(Import.org_id == self._session.org_id)
        if before is not None:
            statement = statement.where(col(Import.id) < before)
        if origin is not None:
            statement = statement.where(Import.origin == origin)
        return list(await self._session.scalars(statement.order_by(col(Import.id).desc()).limit(limit)))

    async def first_unfinished(self) -> UUID | None:
        """The oldest import that has still to be read, or is being read."""
        return await self._session.scalar(
            select(Import.id)
            .where(
                Import.org_id == self._session.org_id,
                col(Import.status).in_([ImportStatus.RECEIVED, ImportStatus.RUNNING]),
            )
            .order_by((col(Import.status) == ImportStatus.RUNNING).desc(), col(Import.number))
            .limit(1)
        )

    async def next_number(self) -> int:
        """For whoever has taken the turn."""
        newest = await self._session.scalar(
            select(func.max(Import.number)).where(Import.org_id == self._session.org_id)
        )
        return int(newest or 0) + 1

    async def newest_unfinished(self, kind: ImportKind) -> int | None:
        """The number of the newest import of such records that may still be stored: it waits, is being read, or is held."""
        found: int | None = await self._session.scalar(
            select(func.max(Import.number)).where(
                Import.org_id == self._session.org_id,
                Import.kind == kind,
                col(Import.dry_run).is_(False),
                col(Import.status).in_(UNFINISHED),
            )
        )
        return found

    async def unfinished(self) -> list[UUID]:
        """Imports whose files are needed: they wait, are being read, or are held."""
        return list(
            await self._session.scalars(
                select(Import.id).where(
                    Import.org_id == self._session.org_id,
                    col(Import.status).in_(UNFINISHED),
                )
            )
        )

    async def held(self, newer: Import) -> list[UUID]:
        """Imports of such records that wait for somebody's word since before `newer` was accepted."""
        statement = select(Import.id).where(
            Import.org_id == self._session.org_id,
            Import.kind == newer.kind,
            Import.status == ImportStatus.HELD,
            col(Import.number) < newer.number,
        )
        return list(await self._session.scalars(statement))

    async def held_since(self, moment: datetime) -> list[UUID]:
        """Imports that were accepted before `moment` and wait for somebody's word."""
        statement = select(Import.id).where(
            Import.org_id == self._session.org_id,
            Import.status == ImportStatus.HELD,
            col(Import.created_at) < moment,
        )
        return list(await self._session.scalars(statement))

    async def is_overtaken(self, record: Import) -> bool:
        """Whether a file of such records that was accepted later is stored already. What came over the API is no whole list."""
        found = await self._session.scalar(
            select(Import.id)
            .where(
                Import.org_id == self._session.org_id,
                Import.kind == record.kind,
                Import.origin == Origin.FILE,
                Import.status == ImportStatus.COMPLETED,
                col(Import.dry_run).is_(False),
                col(Import.number) > record.number,
            )
            .limit(1)
        )
        return found is not None

    async def written_after(self, record: Import) -> list[UUID]:
        """What came over the API after `record` was accepted, and is stored already."""
        statement = select(Import.id).where(
            Import.org_id == self._session.org_id,
            Import.kind == record.kind,
            Import.origin == Origin.API,
            col(Import.number) > record.number,
        )
        return list(await self._session.scalars(statement))

    async def stored_after(self, moment: datetime, kind: ImportKind) -> list[UUID]:
        """Imports of such records that were stored after `moment`."""
        statement = select(Import.id).where(
            Import.org_id == self._session.org_id,
            Import.kind == kind,
            Import.status == ImportStatus.COMPLETED,
            col(Import.dry_run).is_(False),
            col(Import.finished_at) > moment,
        )
        return list(await self._session.scalars(statement))

    async def known_since(self, until: datetime, count: int) -> datetime | None:
        """From when on nothing is forgotten of what records were: what was changed before `until` is, but for the last `count` files.

        None where nothing was ever forgotten.
        """
        oldest = await self.oldest_of_the_last(count)
        forgotten = col(Import.origin) == Origin.API
        if oldest is not None:
            forgotten = forgotten | (col(Import.id) < oldest)
        return await self._session.scalar(
            select(func.max(Import.finished_at)).where(
                Import.org_id == self._session.org_id,
                Import.status == ImportStatus.COMPLETED,
                col(Import.dry_run).is_(False),
                col(Import.finished_at) < until,
                forgotten,
            )
        )

    async def last_stored_at(self) -> datetime | None:
        """When the newest import was stored, of whatever records."""
        return await self._session.scalar(
            select(func.max(Import.finished_at)).where(Import.org_id == self._session.org_id)
        )

    async def forget_direct(self, until: datetime) -> None:
        """Those that came over the API and were stored before `until`, but for the newest of them: it tells from when all is known."""
        await self._session.sql(_FORGET_DIRECT, self._session.org_id, until)

    async def oldest_of_the_last(self, count: int) -> UUID | None:
        """The oldest of the newest `count` files that were stored; None where there are fewer.

        What came over the API doesn't count: it would push the files out within the hour.
        """
        return await self._session.scalar(
            select(Import.id)
            .where(
                Import.org_id == self._session.org_id,
                Import.origin == Origin.FILE,
                col(Import.dry_run).is_(False),
                Import.status == ImportStatus.COMPLETED,
            )
            .order_by(col(Import.id).desc())
            .offset(count - 1)
            .limit(1)
        )

    async def newest(self, kind: ImportKind) -> Import | None:
        """The newest import of such records that counts: not a dry run, not one that failed or was given up."""
        return await self._session.scalar(
            select(Import)
            .where(
                Import.org_id == self._session.org_id,
                Import.kind == kind,
                col(Import.dry_run).is_(False),
                col(Import.cancelling).is_(False),
                col(Import.status).in_(
                    [ImportStatus.RECEIVED, ImportStatus.RUNNING, ImportStatus.HELD, ImportStatus.COMPLETED]
                ),
            )
            .order_by(col(Import.number).desc())
            .limit(1)
        )

    async def ids(self) -> list[UUID]:
        return list(
            await self._session.scalars(select(Import.id).where(Import.org_id == self._session.org_id))
        )

    async def waiting_bytes(self) -> int:
        """Of all uploads that have still to be read, or are being read."""
        found = await self._session.scalar(
            select(func.sum(Import.bytes_received)).where(
                Import.org_id == self._session.org_id,
                col(Import.status).in_(UNFINISHED),
            )
        )
        return int(found or 0)

    async def lock_storing(self, *, wait: str = PATIENCE) -> None:
        """Until the transaction ends, nobody else stores records of the organization. A refused statement after the `wait`."""
        await take_turn(self._session, Turn.STORING, self._session.org_id, wait=wait)

    async def take_turn(self) -> None:
        """Until the transaction ends, nobody else decides which import of the organization comes next."""
        await take_turn(self._session, Turn.IMPORTS, self._session.org_id)

    async def errors(self, import_id: UUID, *, limit: int, after_row: int = 0) -> list[Mapping[str, Any]]:
        driver = await self._session.raw()
        rows: list[Mapping[str, Any]] = await driver.fetch(
            _ERRORS, self._session.org_id, import_id, after_row, limit
        )
        return rows
