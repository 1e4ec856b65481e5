"""Saving how the lists of one source are read."""

from collections.abc import Callable
from typing import Any, Final

from sqlmodel import col, select

from service.audit import record
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import Turn, take_turn
from service.imports.errors import NoSuchMappingError, TooManyMappingsError
from service.imports.models import ImportMapping
from service.kit.clock import Clock

MOST: Final = 100


class ImportMappings:
    """The saved mappings of one organization."""

    def __init__(self, session: TenantReadSession) -> None:
        self._session = session

    async def everyone(self) -> list[ImportMapping]:
        """By name."""
        mine = select(ImportMapping).where(ImportMapping.org_id == self._session.org_id)
        return list(await self._session.scalars(mine.order_by(col(ImportMapping.name))))

    async def by_name(self, name: str) -> ImportMapping | None:
        return await self._session.scalar(
            select(ImportMapping).where(
                ImportMapping.org_id == self._session.org_id, ImportMapping.name == name
            )
        )


Meets = Callable[[ImportMapping | None], None]
"""Raises unless the mapping that stands, which nobody else changes meanwhile, is as the caller expects."""


async def save_mapping(
    session: TenantSession, clock: Clock, name: str, said: dict[str, Any], *, meets: Meets
) -> ImportMapping:
    """Save what is `said` of every column of the table but its name, in place of what stood under it. TooManyMappingsError."""
    found = await _changing(session, name)
    meets(found)
    if found is None:
        if len(await ImportMappings(session).everyone()) >= MOST:
            raise TooManyMappingsError(MOST)
        now = clock.now()
        found = ImportMapping(
            org_id=session.org_id, name=name, **said, version=0, created_at=now, updated_at=now
        )
        session.add(found)
    for field, value in said.items():
        setattr(found, field, value)
    found.version, found.updated_at = found.version + 1, clock.now()
    await session.flush()
    await record(
        session,
        clock,
        "import_mapping.saved",
        target=f"import_mapping:{name}",
        details={"version": found.version},
    )
    return found


async def remove_mapping(session: TenantSession, clock: Clock, name: str, *, meets: Meets) -> None:
    """Imports that were read by it stay as they are. NoSuchMappingError."""
    found = await _changing(session, name)
    if found is None:
        raise NoSuchMappingError
    meets(found)
    await session.delete(found)
    await session.flush()
    await record(session, clock, "import_mapping.removed", target=f"import_mapping:{name}")


async def _changing(session: TenantSession, name: str) -> ImportMapping | None:
    await take_turn(session, Turn.IMPORT_MAPPINGS, session.org_id)
    return await ImportMappings(session).by_name(name)
