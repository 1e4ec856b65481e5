"""Pausing a partnership, taking it up again and ending it: the state changes with this commit, and every read and job asks for it.

Nobody waits for a match that is under way: it finds at its end what has become of the partnership, and is undone.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from service.audit import record
from service.db.sessions import TenantSession
from service.jobs import enqueue
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.partnerships.epochs import Opened
from service.partnerships.errors import PartnershipEndedError
from service.partnerships.models import Partnership, PartnershipStatus
from service.partnerships.repository import Partnerships
from service.partnerships.rotation import enqueue_rotation

PAUSED: Final = "partnership.paused"
RESUMED: Final = "partnership.resumed"
ENDED: Final = "partnership.ended"
RESUMED_JOB: Final = "partnerships.resumed"
"""Enqueued by name for whoever matches: {partnership_id}."""
TELL_JOB: Final = "partnerships.tell"
PURGE_ENDED_JOB: Final = "partnerships.purge"

Meets = Callable[[Opened], None]
"""Raises unless what stands, which nobody changes meanwhile, is as the caller expects."""


def _whatever(_: Opened) -> None:
    pass


async def pause(
    session: TenantSession, clock: Clock, ids: Ids, *, partnership_id: UUID, meets: Meets = _whatever
) -> Opened:
    """Let the partnership rest until the session's side, and the other if it has paused it too, take it up again.

    UnknownPartnershipError, PartnershipEndedError.
    """
    opened = await _alone(session, partnership_id, meets)
    own, partnership = opened.side(session.org_id), opened.partnership
    if own.paused_at is None:
        own.paused_at, partnership.status = clock.now(), PartnershipStatus.PAUSED
        await session.flush()
        await _note(session, clock, ids, partnership, PAUSED)
    return opened


async def resume(
    session: TenantSession, clock: Clock, ids: Ids, *, partnership_id: UUID, meets: Meets = _whatever
) -> Opened:
    """Take back one's own pause. What changed meanwhile is matched once neither side has it paused any more. Errors as of `pause`."""
    opened = await _alone(session, partnership_id, meets)
    own, partnership = opened.side(session.org_id), opened.partnership
    if own.paused_at is not None:
        own.paused_at = None
        goes_on = opened.other(session.org_id).paused_at is None
        if goes_on:
            partnership.status = PartnershipStatus.ACTIVE
        await session.flush()
        await _note(session, clock, ids, partnership, RESUMED)
        if goes_on:
            place = {"partnership_id": str(partnership_id)}
            await enqueue(session, RESUMED_JOB, place, dedupe_key=str(partnership_id))
            if partnership.next_epoch is not None:
                await enqueue_rotation(session, partnership)
    return opened


async def end(
    session: TenantSession, clock: Clock, ids: Ids, *, partnership_id: UUID, meets: Meets = _whatever
) -> Opened:
    """End it for good. From this commit on neither side is told of anything in it; a job takes everything away, its keys first.

    One that has ended stays as it is. UnknownPartnershipError.
    """
    opened = await _locked(session, partnership_id)
    partnership = opened.partnership
    meets(opened)
    if partnership.status is not PartnershipStatus.ENDED:
        partnership.status, partnership.ended_at = PartnershipStatus.ENDED, clock.now()
        partnership.ended_by = session.org_id
        await session.flush()
        await _note(session, clock, ids, partnership, ENDED)
        await enqueue(session, PURGE_ENDED_JOB, {"partnership_id": str(partnership_id)})
    return opened


async def _alone(session: TenantSession, partnership_id: UUID, meets: Meets) -> Opened:
    opened = await _locked(session, partnership_id)
    if opened.partnership.status is PartnershipStatus.ENDED:
        raise PartnershipEndedError
    meets(opened)
    return opened


async def _locked(session: TenantSession, partnership_id: UUID) -> Opened:
    """Nobody else changes its state until the transaction ends."""
    return await Partnerships(session).opened(partnership_id, alone=True)


async def _note(session: TenantSession, clock: Clock, ids: Ids, partnership: Partnership, what: str) -> None:
    """One's own log says who did it; a job tells the other side's, and writes the event that both sides get."""
    await record(session, clock, what, target=f"partnership:{partnership.id}")
    told = {
        "partnership_id": str(partnership.id),
        "by_org_id": str(session.org_id),
        "what": what,
        "status": partnership.status.value,
        "event_id": str(ids.new()),
    }
    await enqueue(session, TELL_JOB, told)
