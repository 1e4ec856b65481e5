"""Renaming and removing the custom attributes of an organization; imports define them."""

from typing import Final

from service.accounts.attributes import Attributes
from service.accounts.membership import number_before, settle_since
from service.accounts.models import AccountAttribute
from service.db.sessions import TenantSession
from service.imports.operations import CHANGED_JOB
from service.jobs import enqueue

_TAKE_TURN: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_FORGET_VALUES: Final = (
    "UPDATE account SET attributes = attributes - $2, digest = '' WHERE org_id = $1 AND attributes ? $2",
    "UPDATE record_history SET before = before #- ARRAY['attributes', $2] WHERE org_id = $1 AND before -> 'attributes' ? $2",
)
"""Without its digest an account is compared in full with the next file, which may define the attribute anew."""


async def rename(session: TenantSession, key: str, name: str) -> AccountAttribute:
    """Call an attribute otherwise; its key stays. UnknownAttributeError."""
    attribute = await Attributes(session).one(key)
    attribute.name = name
    await session.flush()
    return attribute


async def remove(session: TenantSession, key: str) -> None:
    """Delete an attribute with its values, those before past imports too; populations follow. UnknownAttributeError."""
    driver = await session.raw()
    await driver.execute(_TAKE_TURN, f"storing:{session.org_id}")
    attribute = await Attributes(session).one(key)
    before = await number_before(session)
    for statement in _FORGET_VALUES:
        await driver.execute(statement, session.org_id, key)
    await session.delete(attribute)
    await session.flush()
    if await settle_since(session, before):
        org_id = str(session.org_id)
        await enqueue(session, CHANGED_JOB, {"org_id": org_id}, dedupe_key=org_id)
