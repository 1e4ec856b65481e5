"""The jobs of this room."""

from uuid import UUID

from service.jobs import JobContext, Payload, Registry
from service.partnerships.rotation import ROTATE_JOB, ROUND_JOB, RotationParts, rotate
from service.partnerships.schedule import EVERY, Waiting, begin_next, look_round, plan

__all__ = ["plan", "register"]


def register(registry: Registry, parts: RotationParts) -> None:
    """Let the registry open epochs, asked for or due."""
    waiting = Waiting()

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

    registry.add(ROTATE_JOB, open_next)
    registry.add(ROUND_JOB, look, at_once=1)
