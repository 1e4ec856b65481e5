"""Uploading a list and looking at what became of it."""

from typing import Any
from uuid import UUID

from service.imports.models import Import
from service.imports.operations import RUN_JOB
from service.imports.repository import Imports
from tests.factories.world import Member, World

FIRST = "Account ID,Company,Website,Country,Status\n1,Siemens AG,siemens.com,DE,Customer\n2,Bosch,bosch.com,DE,Prospect\n"


async def imported(world: World, member: Member, text: str | bytes, **how: Any) -> Import:
    import_id = await world.upload(member, text, **{"population": None, **how})
    await world.work(RUN_JOB)  # nothing that follows it: partners and populations have tests of their own
    return await one(world, member, import_id)


async def one(world: World, member: Member, import_id: UUID) -> Import:
    async with world.database.tenant_read(member.id) as session:
        found = await Imports(session).by_id(import_id)
    assert found is not None
    return found


async def fetch(world: World, member: Member, query: str) -> list[dict[str, Any]]:
    async with world.database.tenant_read(member.id) as session:
        return [dict(row) for row in await (await session.raw()).fetch(query)]


def counts(record: Import) -> tuple[int, int, int, int, int]:
    return record.created, record.updated, record.unchanged, record.removed, record.rejected
