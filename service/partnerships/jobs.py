"""The jobs of this room."""

from collections.abc import Sequence
from uuid import UUID

from service.jobs import JobContext, Payload, Registry
from service.partnerships.ending import EndingParts, Told, purge, tell
from service.partnerships.lifecycle import SideDeparture
from service.partnerships.models import PartnershipStatus
from service.partnerships.pausing import PURGE_ENDED_JOB, TELL_JOB
from service.partnerships.rotation import ROTATE_JOB, ROUND_JOB, RotationParts, rotate
from service.partnerships.schedule import EVERY, Waiting, begin_next, look_round, plan

__all__ = ["plan", "register"]


def register(registry: Registry, parts: RotationParts, sides: Sequence[SideDeparture] = ()) -> None:
    """Let the registry open epochs, asked for or due, and follow what sides do with a partnership. `sides` keep something of one."""
    waiting = Waiting()
    ending = EndingParts(parts.database, parts.keystore, parts.clock, sides)

    async def open_next(_context: JobContext, payload: Payload) -> None:
        await rotate(
            parts, org_id=UUID(str(payload["org_id"])), partnership_id=UUID(str(payload["partnership_id"]))
        )

    async def look(_context: JobContext, payload: Payload) -> None:
        if "again" in payload:
            # first, so that an hour which fails is not the last one
            async with parts.database.directory() as session:
                await plan(session, delay=EVERY)
            await look_round(parts, waiting)
        else:
            await begin_next(parts, waiting)

    async def tell_partner(_context: JobContext, payload: Payload) -> None:
        partnership_id, by, event = (
            UUID(str(payload[name])) for name in ("partnership_id", "by_org_id", "event_id")
        )
        status = PartnershipStatus(str(payload["status"]))
        await tell(ending, Told(partnership_id, by, str(payload["what"]), status, event))

    async def purge_ended(_context: JobContext, payload: Payload) -> None:
        await purge(ending, UUID(str(payload["partnership_id"])), again="again" not in payload)

    registry.add(ROTATE_JOB, open_next)
    registry.add(TELL_JOB, tell_partner)
    registry.add(PURGE_ENDED_JOB, purge_ended)
    registry.add(ROUND_JOB, look, at_once=1)
