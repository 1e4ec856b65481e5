"""Who of one's own members looks after an overlap. Each side has its own, and the other is told of none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from service.audit import record
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.clock import Clock
from service.organizations.members import get_member
from service.overlaps.told_pair import ToldPair

_GET: Final = """
    SELECT a.person_id, p.name, a.assigned_at FROM overlap_assignee a JOIN person p ON p.id = a.person_id
    WHERE a.partnership_id = $1 AND a.lo_ref = $2 AND a.hi_ref = $3 AND a.org_id = $4
"""
_PUT: Final = """
    INSERT INTO overlap_assignee AS a (partnership_id, lo_ref, hi_ref, org_id, person_id, assigned_at, partner_org_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (org_id, partnership_id, lo_ref, hi_ref) DO UPDATE SET person_id = $5, assigned_at = $6 WHERE a.person_id <> $5
"""
_TAKE: Final = """
    DELETE FROM overlap_assignee WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3 AND org_id = $4
"""


@dataclass(frozen=True, slots=True)
class Assignee:
    """Nobody: all are None."""

    person_id: UUID | None = None
    name: str | None = None
    assigned_at: datetime | None = None


async def assignee_of(session: TenantReadSession, pair: ToldPair) -> Assignee:
    driver = await session.raw()
    row = await driver.fetchrow(_GET, *pair.place, session.org_id)
    return Assignee(*row) if row else Assignee()


async def assign(session: TenantSession, clock: Clock, pair: ToldPair, person_id: UUID | None) -> Assignee:
    """Let this member look after the pair, or nobody. UnknownMemberError."""
    driver, place = await session.raw(), (*pair.place, session.org_id)
    if person_id is None:
        tag = await driver.execute(_TAKE, *place)
    else:
        await get_member(session, person_id)
        tag = await driver.execute(_PUT, *place, person_id, clock.now(), pair.partner_id)
    if not tag.endswith(" 0"):
        details = {"person_id": None if person_id is None else str(person_id)}
        await record(session, clock, "overlap.assigned", target=f"overlap:{pair.overlap_id}", details=details)
    return await assignee_of(session, pair)
