"""An organization's end. Rooms above declare here what they do then; entry points put them together.

Erasing is a row of short steps, each done again after a crash without harm: nothing lets the organization in any more, its
partnerships end, every room removes what it keeps, twice, since a job may have been under way; at last its log and its name go.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from service.crypto import Erased, Keystore, Tombstone
from service.db.database import Database
from service.db.erasing import Eraser
from service.db.sessions import DutySession
from service.kit.clock import Clock
from service.organizations.erasing import (
    belonging_to,
    forget_log_and_name,
    forget_member,
    forget_person,
    forget_rows,
    members,
)
from service.organizations.standing import begin_erasing


class Departure(Protocol):
    """What a room does when an organization goes. Done again, it finds nothing left."""

    async def erase(self, org_id: UUID) -> None:
        """Remove all that the room keeps of the organization: rows, files, secrets."""
        ...


class Rows(Protocol):
    """Deletes rows of the session's organization."""

    async def __call__(self, session: DutySession) -> object: ...


@dataclass(frozen=True, slots=True)
class RowsDeparture:
    """The departure of a room that keeps nothing but rows of its own."""

    eraser: Eraser
    delete: Rows

    async def erase(self, org_id: UUID) -> None:
        async with self.eraser.of(org_id) as session:
            await self.delete(session)


@dataclass(frozen=True, slots=True)
class PeopleDeparture:
    """Members, and those of them who belong nowhere else; keys, invitations and whatever else this room keeps."""

    eraser: Eraser
    database: Database

    async def erase(self, org_id: UUID) -> None:
        await let_members_go(self.database, partial(self.eraser.of, org_id), org_id)
        async with self.eraser.of(org_id) as session:
            await forget_rows(session)


async def let_members_go(
    database: Database, open_duty: Callable[[], AbstractAsyncContextManager[DutySession]], org_id: UUID
) -> None:
    """End every membership of the organization, and remove the people who belong nowhere else."""
    async with open_duty() as session:
        everyone = await members(session)
    for person_id in everyone:
        async with database.person(person_id) as leaving:
            await forget_person(leaving, but_for=org_id)
        async with open_duty() as session:  # after: a run that was ended between finds them again
            await forget_member(session, person_id)


@dataclass(frozen=True, slots=True)
class Erasing:
    """`departures`, from the rooms above down."""

    eraser: Eraser
    keystore: Keystore
    clock: Clock
    departures: Sequence[Departure]

    async def run(self, org_id: UUID) -> None:
        """Erase the organization, or go on where a run before was ended. What it made up to try things out goes first."""
        for belonging in await self._begin(org_id):
            await self.run(belonging)
        for _ in range(2):
            for departure in self.departures:
                await departure.erase(org_id)
        self.keystore.delete_owner(str(org_id))
        async with self.eraser.of(org_id) as session:
            await forget_log_and_name(session)

    async def _begin(self, org_id: UUID) -> list[UUID]:
        """From this commit on nobody gets in; the sandbox organizations that belong to this one."""
        async with self.eraser.of(org_id) as session:
            await begin_erasing(session, self.clock)
            # before the commit: a restored database must not bring back what was to go
            self.keystore.bury(Tombstone(Erased.ORGANIZATION, str(org_id), self.clock.now()))
            return await belonging_to(session)
