"""The jobs of this room."""

from uuid import UUID

from service.jobs import JobContext, Payload, Registry
from service.partnerships.rotation import ROTATE_JOB, RotationParts, rotate


def register(registry: Registry, parts: RotationParts) -> None:
    """Let the registry open epochs."""

    async def open_next(_context: JobContext, payload: Payload) -> None:
        await rotate(
            parts, org_id=UUID(str(payload["org_id"])), partnership_id=UUID(str(payload["partnership_id"]))
        )

    registry.add(ROTATE_JOB, open_next)
