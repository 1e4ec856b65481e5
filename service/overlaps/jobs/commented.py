"""Comments after they were written: the event of one that is shown, and the end of those whose overlap is gone."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from service.db.database import Database
from service.db.names import Duty
from service.db.sessions import WriteSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.jobs import JobContext, Payload, Registry, enqueue
from service.kit.clock import Clock
from service.organizations.repository import Directory
from service.overlaps.forgetting import forget_decided, forget_proposals
from service.overlaps.jobs.parts import Parts
from service.partnerships.repository import MatchedPartnership

FORGET_JOB: Final = "overlaps.forget"
EVERY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=90)
"""How long what was written on a pair waits for the pair to be found again."""
COMMENTED: Final = "overlap.commented"
# Numbers ascend and a job is repeated soon or never, so an event of this comment stands among the last or nowhere.
_TELL: Final = """
    WITH newest AS (SELECT coalesce(max(sequence), 0) AS sequence FROM partnership_event WHERE partnership_id = $1)
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, created_at)
    SELECT $1, n.sequence + 1, $2, $3, jsonb_build_object('overlap_id', $4::uuid, 'comment_id', $2::uuid, 'organization_id', $5::uuid), $6, $7, now()
    FROM newest n WHERE NOT EXISTS (
        SELECT FROM partnership_event e WHERE e.partnership_id = $1 AND e.sequence > n.sequence - 10000 AND e.id = $2)
"""
_STANDS: Final = """
    EXISTS (SELECT FROM overlap o WHERE o.partnership_id = t.partnership_id AND o.lo_ref = t.lo_ref AND o.hi_ref = t.hi_ref)
"""
_FORGET: Final = (
    "UPDATE {table} t SET gone_at = NULL WHERE org_id = $1 AND gone_at IS NOT NULL AND " + _STANDS,
    "UPDATE {table} t SET gone_at = $2 WHERE org_id = $1 AND gone_at IS NULL AND NOT " + _STANDS,
    "DELETE FROM {table} WHERE org_id = $1 AND gone_at < $2",
)


async def commented(
    parts: Parts, *, partnership_id: UUID, overlap_id: UUID, comment_id: UUID, org_id: UUID
) -> None:
    """One event of a comment that is shown to the partner, under the partnership's lock; done again, none."""
    async with parts.database.matcher(partnership_id) as session:
        partnership = await MatchedPartnership(session).living()
        if partnership is not None:
            sides = partnership.lo_org_id, partnership.hi_org_id
            # whoever decides numbers events as well
            await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
            await session.sql(_TELL, partnership_id, comment_id, COMMENTED, overlap_id, org_id, *sides)


def register(registry: Registry, *, database: Database, clock: Clock) -> None:
    async def forget_all(_context: JobContext, _payload: Payload) -> None:
        # first, so that a day which fails is not the last one
        async with database.directory() as session:
            await plan(session, delay=EVERY)
        async with database.directory() as session:
            directory = Directory(session)
            everyone = [*await directory.everyone(), *await directory.everyone(sandbox=True)]
        for organization in everyone:
            await forget(database, organization.id, clock.now())

    registry.add(FORGET_JOB, forget_all, at_once=1)


async def plan(session: WriteSession, *, delay: timedelta | None = None) -> None:
    """Have the next round run, unless one waits already."""
    await enqueue(session, FORGET_JOB, {}, dedupe_key="daily", delay=delay)


async def forget(database: Database, org_id: UUID, now: datetime) -> None:
    """Delete what the organization wrote on pairs, and whom it gave them to, once there was no such overlap for so long; and what was
    decided or proposed of accounts that have been out of its list for so long.
    """
    async with database.duty(org_id, Duty.PUBLISH) as session:
        for table in ("overlap_comment", "overlap_assignee"):
            again, gone, over = (statement.format(table=table) for statement in _FORGET)
            await session.sql(again, org_id)
            await session.sql(gone, org_id, now)
            await session.sql(over, org_id, now - KEPT)
        await forget_decided(session, now=now, until=now - KEPT)
    async with database.tenant(org_id) as session:
        await forget_proposals(session, now=now, until=now - KEPT)
