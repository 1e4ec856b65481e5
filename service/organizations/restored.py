"""Organizations that were erased and are in the database again, because it was restored from an older backup.

Until they are erased again nobody is served: `commonground org erase-again` does it, and so does a start on the embedded database.
"""

from uuid import UUID

from sqlmodel import col, select

from service.crypto import Erased, Keystore
from service.db.database import Database
from service.organizations.models import Organization
from service.organizations.standing import standing_of


async def brought_back(database: Database, keystore: Keystore) -> list[UUID]:
    """Their ids, in the order of their erasure. One whose erasure is under way lets nobody in and isn't among them.

    TombstonesError if it can't be told what was erased.
    """
    buried = [UUID(stone.id) for stone in keystore.buried() if stone.what is Erased.ORGANIZATION]
    if not buried:
        return []
    async with database.directory() as session:
        known = set(await session.scalars(select(Organization.id).where(col(Organization.id).in_(buried))))
    return [org_id for org_id in buried if org_id in known and await _lets_in(database, org_id)]


async def _lets_in(database: Database, org_id: UUID) -> bool:
    async with database.tenant_read(org_id) as session:
        return (await standing_of(session)).erased_at is None
