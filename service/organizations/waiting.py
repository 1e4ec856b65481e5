"""Jobs of a suspended organization wait until it goes on; those of an erased one are dropped."""

from datetime import timedelta
from uuid import UUID

from service.db.database import Database
from service.jobs import Handler, JobContext, Payload, enqueue
from service.organizations.standing import standing_of

AGAIN_IN = timedelta(minutes=1)
"""How soon a job that waits asks again."""


def waiting_for_its_organization(handler: Handler) -> Handler:
    """Run a job that names an organization only while that may go on."""

    async def run(context: JobContext, payload: Payload) -> None:
        if "org_id" not in payload or await _may_run(context, UUID(str(payload["org_id"])), payload):
            await handler(context, payload)

    return run


async def _may_run(context: JobContext, org_id: UUID, payload: Payload) -> bool:
    """False where the job was put back, or where nothing of the organization is left to work on."""
    database: Database = context.database
    async with database.tenant(org_id) as session:
        standing = await standing_of(session)
        if standing.erased_at is None and standing.suspended_at is not None:
            key = ":".join(str(value) for _, value in sorted(payload.items()))
            await enqueue(session, context.name, payload, dedupe_key=f"waiting:{key}", delay=AGAIN_IN)
        return standing.erased_at is None and standing.suspended_at is None
