"""How far up the owners of accounts one side lets them meet the other's; the nearer of both sides' words holds."""

from collections.abc import Callable
from uuid import UUID

from sqlmodel import select

from service.audit import record
from service.db.sessions import TenantSession
from service.jobs import enqueue
from service.kit.clock import Clock
from service.matching.kinds import Level
from service.partnerships.epochs import Opened
from service.partnerships.models import PartnershipSide
from service.partnerships.operations import RULES_CHANGED_JOB
from service.partnerships.repository import Partnerships


async def choose_level(
    session: TenantSession,
    clock: Clock,
    *,
    partnership_id: UUID,
    level: Level,
    meets: Callable[[Opened], None] = lambda _: None,
) -> Opened:
    """Set the session's side's word; from this commit on nobody is shown more, and jobs of both sides do the rest.

    `meets` raises unless what stands is as the caller expects. UnknownPartnershipError, PartnershipEndedError.
    """
    partnership = await Partnerships(session).living(partnership_id)
    own = PartnershipSide.partnership_id == partnership_id, PartnershipSide.org_id == session.org_id
    side = (await session.scalars(select(PartnershipSide).where(*own).with_for_update())).one()
    opened = await Partnerships(session).opened(partnership_id)
    meets(opened)
    if side.hierarchy is not level:
        side.hierarchy = level
        await session.flush()
        # the other side's tokens of owners come or go with one's own
        for org_id in (partnership.lo_org_id, partnership.hi_org_id):
            place = {"org_id": str(org_id), "partnership_id": str(partnership_id)}
            await enqueue(session, RULES_CHANGED_JOB, place, dedupe_key=f"{partnership_id}:{org_id}")
        details = {"level": level.value}
        await record(
            session,
            clock,
            "partnership.hierarchy_changed",
            target=f"partnership:{partnership_id}",
            details=details,
        )
    return opened
