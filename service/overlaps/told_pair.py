"""One overlap that an organization is told of, by the two references that stay when it is found anew."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from service.db.sessions import TenantReadSession
from service.overlaps.errors import DecisionRefusedError, UnknownOverlapError
from service.overlaps.told import OF_ONE, RELATED, TOLD, of_one
from service.overlaps.view import View, view_of

_OF = "SELECT o.id, o.lo_ref, o.hi_ref, o.{partner}_org_id AS partner_id" + TOLD + " AND o.id = ANY($7)"
_OF_ONE_OWNER = "SELECT o.level" + RELATED + " AND o.id = $7"


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


async def told_pair(
    session: TenantReadSession, partnership_id: UUID, overlap_id: UUID, *, to_write: bool = False
) -> ToldPair:
    """UnknownPartnershipError; whoever is `to_write` hears of a pause, PartnershipPausedError; DecisionRefusedError for a pair of one owner, UnknownOverlapError: also for one that stands, and of which the session's organization isn't told now."""
    view = await view_of(session, partnership_id)
    if to_write:
        view.require_active()
    found = await _told(session, view, [overlap_id])
    if not found:
        await refuse_related(session, view, overlap_id)
        raise UnknownOverlapError
    return found[overlap_id]


async def told_pairs(
    session: TenantReadSession, partnership_id: UUID, overlaps: Collection[UUID]
) -> dict[UUID, ToldPair]:
    """Those of the overlaps that the session's organization is told of. UnknownPartnershipError, PartnershipEndedError."""
    return await _told(session, await view_of(session, partnership_id), overlaps)


async def _told(session: TenantReadSession, view: View, overlaps: Collection[UUID]) -> dict[UUID, ToldPair]:
    driver: asyncpg.Connection = await session.raw()
    rows = await driver.fetch(view.sql(_OF, **OF_ONE), *of_one(session, view), list(overlaps))
    return {
        row["id"]: ToldPair(view.partnership_id, row["id"], row["lo_ref"], row["hi_ref"], row["partner_id"])
        for row in rows
    }


async def refuse_related(session: TenantReadSession, view: View, overlap_id: UUID) -> None:
    """DecisionRefusedError if this is a pair of one owner that the session's organization is told of: nobody says anything of those."""
    levels = ", ".join(repr(level.value) for level in view.level.upto()[1:])
    if not levels:
        return
    driver: asyncpg.Connection = await session.raw()
    found = await driver.fetchval(
        view.sql(_OF_ONE_OWNER, **OF_ONE, levels=levels), *of_one(session, view), overlap_id
    )
    if found is not None:
        raise DecisionRefusedError(
            f"The two are of one owner (`{found}`), not one company: decisions, comments and assignees are of pairs of one company alone."
        )
