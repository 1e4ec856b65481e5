"""The job that lets filters decide of the accounts that stand."""

from uuid import UUID

from service.accounts.membership import SETTLE_JOB, settle
from service.db.database import Database
from service.jobs import JobContext, Payload, Registry


def register(registry: Registry, database: Database) -> None:
    async def settle_populations(_context: JobContext, payload: Payload) -> None:
        async with database.tenant(UUID(str(payload["org_id"]))) as session:
            await settle(session)

    registry.add(SETTLE_JOB, settle_populations)
