"""Renaming and removing the custom attributes of an organization; imports define them, `attribute_removal.py` takes their values away."""

from service.accounts.attribute_removal import request_purge
from service.accounts.attributes import Attributes
from service.accounts.models import AccountAttribute
from service.db.sessions import TenantSession
from service.kit.clock import Clock


async def rename(session: TenantSession, key: str, name: str) -> AccountAttribute:
    """Call an attribute otherwise; its key stays. UnknownAttributeError."""
    attribute = await Attributes(session).one(key)
    attribute.name = name
    await session.flush()
    return attribute


async def remove(session: TenantSession, clock: Clock, key: str) -> None:
    """It is gone from this commit on, with its values; a job takes them out of accounts and past ones. UnknownAttributeError."""
    attribute = await Attributes(session).one(key)
    attribute.removed_at = clock.now()
    await session.flush()
    await request_purge(session)
