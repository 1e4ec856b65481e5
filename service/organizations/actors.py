"""How an organization's own people and keys are called, where it reads what they did."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import asyncpg

from service.db.sessions import TenantReadSession

_NAMES = """
    SELECT p.id, p.name FROM membership m JOIN person p ON p.id = m.person_id WHERE m.org_id = $1 AND m.person_id = ANY($2)
    UNION ALL
    SELECT id, name FROM api_key WHERE org_id = $1 AND id = ANY($2)
"""


async def actor_names(session: TenantReadSession, actors: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """Id → name of the people and keys that the session's organization has; others, and those who have left, are missing."""
    wanted = {actor for actor in actors if actor is not None}
    if not wanted:
        return {}
    driver: asyncpg.Connection = await session.raw()
    return {row["id"]: row["name"] for row in await driver.fetch(_NAMES, session.org_id, list(wanted))}
