"""One overlap that an organization is told of, by the two references that stay when it is found anew."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from service.db.sessions import TenantReadSession
from service.overlaps.errors import UnknownOverlapError
from service.overlaps.told import OF_ONE, TOLD, of_one
from service.overlaps.view import view_of

_PAIR = "SELECT o.lo_ref, o.hi_ref, o.{partner}_org_id AS partner_id" + TOLD + " AND o.id = $7"


@dataclass(frozen=True, slots=True)
class ToldPair:
    partnership_id: UUID
    overlap_id: UUID
    lo_ref: int
    hi_ref: int
    partner_id: UUID

    @property
    def place(self) -> tuple[UUID, int, int]:
        """What names it for good."""
        return self.partnership_id, self.lo_ref, self.hi_ref


async def told_pair(session: TenantReadSession, partnership_id: UUID, overlap_id: UUID) -> ToldPair:
    """UnknownPartnershipError, UnknownOverlapError: also for one that stands, and of which the session's organization isn't told now."""
    view = await view_of(session, partnership_id)
    driver: asyncpg.Connection = await session.raw()
    row = await driver.fetchrow(view.sql(_PAIR, **OF_ONE), *of_one(session, view), overlap_id)
    if row is None:
        raise UnknownOverlapError
    return ToldPair(partnership_id, overlap_id, row["lo_ref"], row["hi_ref"], row["partner_id"])
