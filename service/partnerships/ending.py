"""Jobs that follow when a partnership pauses, goes on or ends: the other side is told, and what was in one that has ended goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel import select

from service.audit import record
from service.audit.repository import AuditLog, Wanted
from service.crypto import Erased, Keystore, Tombstone
from service.db.database import Database
from service.db.names import Duty
from service.db.turns import PATIENCE, Turn, take_turn
from service.jobs import enqueue, forget_failed
from service.kit.clock import Clock
from service.partnerships.lifecycle import OWN_ROWS, SideDeparture
from service.partnerships.models import Partnership, PartnershipStatus
from service.partnerships.pausing import PURGE_ENDED_JOB, RESUMED

AGAIN_AFTER: Final = timedelta(minutes=15)
"""Longer than any request or job that began before the end may write."""
_EVENTS: Final = {
    PartnershipStatus.ACTIVE: "partnership.activated",
    PartnershipStatus.PAUSED: "partnership.paused",
    PartnershipStatus.ENDED: "partnership.ended",
}
_EVENT: Final = """
    WITH newest AS (SELECT coalesce(max(sequence), 0) AS sequence FROM partnership_event WHERE partnership_id = $1)
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, by_org_id, to_org_id, created_at)
    SELECT $1, n.sequence + 1, $2, $3, '{}', $4, $5, $6, $7, $8 FROM newest n
    WHERE NOT EXISTS (SELECT FROM partnership_event WHERE partnership_id = $1 AND type = $3 AND id = $2)
"""
_END: Final = "UPDATE partnership SET status = 'ended', ended_at = $2 WHERE id = $1 AND status <> 'ended'"
_RECENT: Final = 100


@dataclass(frozen=True, slots=True)
class EndingParts:
    """`sides` are the rooms that keep something of a partnership, from above down."""

    database: Database
    keystore: Keystore
    clock: Clock
    sides: Sequence[SideDeparture] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What one side did: `what` for the other's log, and the state that the partnership is in since."""

    partnership_id: UUID
    by_org_id: UUID
    what: str
    status: PartnershipStatus
    event_id: UUID


async def tell(parts: EndingParts, told: Told) -> None:
    """One event of the partnership, where its state is another, and one entry in the other side's log; done again, none."""
    async with parts.database.matcher(told.partnership_id) as matcher:
        partnership = await matcher.scalar(select(Partnership).where(Partnership.id == told.partnership_id))
        if partnership is None:
            return
        partner_id = partnership.partner_of(told.by_org_id)
        await take_turn(matcher, Turn.DECIDE, told.partnership_id, wait=PATIENCE)
        sides = partnership.lo_org_id, partnership.hi_org_id, told.by_org_id, partner_id
        if told.what != RESUMED or told.status is PartnershipStatus.ACTIVE:
            event = _EVENTS[told.status]
            await (await matcher.raw()).execute(
                _EVENT, told.partnership_id, told.event_id, event, *sides, parts.clock.now()
            )
    target, details = (
        f"partnership:{told.partnership_id}",
        {"by": str(told.by_org_id), "event_id": str(told.event_id)},
    )
    async with parts.database.tenant(partner_id) as session:
        wanted = Wanted(action=told.what, target=target)
        noted = await AuditLog(session).page(limit=_RECENT, wanted=wanted)
        if all(one.details.get("event_id") != details["event_id"] for one in noted):
            await record(session, parts.clock, told.what, target=target, details=details)


async def purge(parts: EndingParts, partnership_id: UUID, *, again: bool = True) -> None:
    """Take away what was in a partnership that has ended: its keys, what matching found, what each side had in it.

    Who was under way when it ended may write once more: so it is done `again` later.
    """
    async with parts.database.matcher(partnership_id) as matcher:
        partnership = await matcher.scalar(select(Partnership).where(Partnership.id == partnership_id))
    if partnership is None or partnership.status is not PartnershipStatus.ENDED:
        return
    ended_at = partnership.ended_at or parts.clock.now()
    parts.keystore.bury(Tombstone(Erased.PARTNERSHIP, str(partnership_id), ended_at))
    parts.keystore.delete_partnership(str(partnership_id))
    async with parts.database.matcher(partnership_id) as matcher:
        await take_turn(matcher, Turn.MATCH, partnership_id, wait=PATIENCE)
        for side in parts.sides:
            await side.forget_found(matcher, partnership_id)
    for org_id in (partnership.lo_org_id, partnership.hi_org_id):
        async with parts.database.duty(org_id, Duty.END) as session:
            for side in parts.sides:
                await side.leave(session, partnership_id)
            for statement in OWN_ROWS:
                await session.sql(statement, partnership_id, org_id)
            await forget_failed(session, [str(partnership_id)])
    # once more: a job that was under way may have drawn one again
    parts.keystore.delete_partnership(str(partnership_id))
    if again:
        async with parts.database.directory() as session:
            place: dict[str, str | int] = {"partnership_id": str(partnership_id), "again": 1}
            await enqueue(session, PURGE_ENDED_JOB, place, dedupe_key=str(partnership_id), delay=AGAIN_AFTER)


async def end_again(parts: EndingParts) -> list[UUID]:
    """End what had ended and goes on after a restore from an older backup; the ids of those partnerships."""
    back = []
    for stone in parts.keystore.buried():
        if stone.what is Erased.PARTNERSHIP:
            async with parts.database.matcher(UUID(stone.id)) as matcher:
                driver = await matcher.raw()
                if await driver.execute(_END, UUID(stone.id), stone.at) != "UPDATE 0":
                    await enqueue(matcher, PURGE_ENDED_JOB, {"partnership_id": stone.id})
                    back.append(UUID(stone.id))
    return back
