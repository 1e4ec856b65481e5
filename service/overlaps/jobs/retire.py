"""A population was removed, and no account bears its bit: once no rule and no shared record does either, the bit is free for another."""

from uuid import UUID

from service.db.names import Duty
from service.db.turns import PATIENCE, Turn, take_turn
from service.overlaps.jobs.parts import Parts
from service.partnerships.repository import Partnerships

_GONE = """
    SELECT id, bit FROM population WHERE org_id = $1 AND removed_at IS NOT NULL AND settled = version
"""
_END = "DELETE FROM sharing_rule WHERE owner_org_id = $1 AND bit = ANY($2)"
_NARROW = """
    UPDATE shared_record SET populations = populations & ~$3::bigint
    WHERE partnership_id = $1 AND owner_org_id = $2 AND populations & $3::bigint <> 0
"""
_FREE = "DELETE FROM population WHERE org_id = $1 AND id = ANY($2)"


async def retire(parts: Parts, *, org_id: UUID) -> None:
    """Free the bits of removed populations. What is shown is narrowed in every partnership, whatever its state: a record of the old
    population mustn't be taken for one of the next that gets the bit, nor a rule on it hold for the next.
    """
    async with parts.database.duty(org_id, Duty.PUBLISH) as session:
        driver = await session.raw()
        gone = await driver.fetch(_GONE, org_id)
        bits = sum(1 << row["bit"] for row in gone)
        await driver.execute(_END, org_id, [row["bit"] for row in gone])
        for partnership in await Partnerships(session).everyone() if gone else ():
            # whoever publishes meanwhile may have read the accounts and rules of before
            await take_turn(session, Turn.PUBLISH, partnership.id, wait=PATIENCE)
            await driver.execute(_NARROW, partnership.id, org_id, bits)
        await driver.execute(_FREE, org_id, [row["id"] for row in gone])
