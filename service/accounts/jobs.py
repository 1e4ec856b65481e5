"""Jobs over the accounts that stand: filters decide of them, and values of removed attributes go."""

from uuid import UUID

from service.accounts.attribute_removal import PURGE_JOB, purge
from service.accounts.membership import SETTLE_JOB, settle
from service.db.database import Database
from service.jobs import JobContext, Payload, Registry


def register(registry: Registry, database: Database) -> None:
    async def settle_populations(_context: JobContext, payload: Payload) -> None:
        async with database.tenant(UUID(str(payload["org_id"]))) as session:
            await settle(session)

    async def purge_attributes(_context: JobContext, payload: Payload) -> None:
        await purge(database, UUID(str(payload["org_id"])))

    registry.add(SETTLE_JOB, settle_populations)
    registry.add(PURGE_JOB, purge_attributes)
