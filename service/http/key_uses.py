"""When API keys were last used: noted in memory by the request, written now and then by a task of its own.

A request that reads writes nothing for this, and a busy key costs one write a minute. What a crash loses is the last minute of it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.kit.actors import ActorKind
from service.organizations.operations import Caller
from service.organizations.repository import ApiKeys

EXACT_TO: Final = timedelta(minutes=1)
WRITE_EVERY_SECONDS: Final = 15.0
log = structlog.get_logger(__name__)

Place = tuple[UUID, UUID]
"""Organization and key."""


class KeyUses:
    """What one process has seen of its keys."""

    def __init__(self) -> None:
        self._unwritten: dict[Place, datetime] = {}
        self._written: dict[Place, datetime] = {}

    def note(self, caller: Caller, now: datetime) -> None:
        """Remember a use, unless one was written or waits to be within this minute."""
        if caller.actor.kind is not ActorKind.API_KEY or caller.actor.id is None:
            return
        place = caller.org_id, caller.actor.id
        known = self._unwritten.get(place) or self._written.get(place)
        if known is None or now - known >= EXACT_TO:
            self._unwritten[place] = now

    async def write(self, database: Database) -> int:
        """Write what was noted, one transaction an organization; how many keys. What can't be written is tried again later."""
        waiting, self._unwritten = self._unwritten, {}
        by_org: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
        for (org_id, key_id), at in waiting.items():
            by_org[org_id][key_id] = at
        for org_id, uses in by_org.items():
            try:
                async with database.tenant(org_id) as session:
                    await ApiKeys(session).used(uses, exact_to=EXACT_TO)
            except DatabaseUnavailable:
                for key_id, at in uses.items():
                    self._unwritten.setdefault((org_id, key_id), at)
        self._forget_before(max(waiting.values(), default=None))
        self._written.update({place: at for place, at in waiting.items() if place not in self._unwritten})
        return len(waiting)

    def _forget_before(self, newest: datetime | None) -> None:
        if newest is not None:
            self._written = {place: at for place, at in self._written.items() if newest - at < EXACT_TO}

    @asynccontextmanager
    async def writing(self, database: Database) -> AsyncIterator[None]:
        """Write every few seconds while the block runs, and once at its end."""
        task = asyncio.create_task(self._write_for_ever(database))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.write(database)

    async def _write_for_ever(self, database: Database) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_SECONDS)
            try:
                await self.write(database)
            except Exception as error:  # whatever it is, requests must not notice
                log.warning("the last use of keys could not be written", exc_info=error)
