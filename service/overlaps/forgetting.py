"""What people said of accounts that have left the list goes some time after them."""

from datetime import datetime

import asyncpg

from service.db.names import Duty
from service.db.sessions import DutySession, TenantSession

_STILL_LISTED = """
    UPDATE decided_account t SET gone_at = $2 WHERE org_id = $1 AND gone_at IS NOT NULL
    AND EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.id = t.account_id)
"""
_OVER = """
    DELETE FROM decision d USING decided_account t, partnership p WHERE t.org_id = $1 AND t.gone_at < $2 AND p.id = t.partnership_id
    AND d.partnership_id = t.partnership_id AND t.ref = CASE WHEN p.lo_org_id = $1 THEN d.lo_ref ELSE d.hi_ref END
"""
_FORGET = "DELETE FROM decided_account WHERE org_id = $1 AND gone_at < $2"
_IS_LISTED = "EXISTS (SELECT FROM account a WHERE a.org_id = $1 AND a.id = p.account_id)"
_AGAIN = f"UPDATE link_proposal p SET gone_at = NULL WHERE org_id = $1 AND sent AND gone_at IS NOT NULL AND {_IS_LISTED}"
_GONE = f"UPDATE link_proposal p SET gone_at = $2 WHERE org_id = $1 AND sent AND gone_at IS NULL AND NOT {_IS_LISTED}"
_OVER_PROPOSALS = """
    DELETE FROM link_proposal c USING link_proposal p
    WHERE p.org_id = $1 AND p.sent AND p.gone_at < $2 AND c.partnership_id = p.partnership_id AND c.id = p.id
"""


async def forget_decided(session: DutySession, *, now: datetime, until: datetime) -> None:
    """Decisions on accounts of the session's organization that have been out of its list since `until`. One that takes part in
    nothing and is still listed isn't gone.
    """
    driver: asyncpg.Connection = await session.raw()
    await driver.execute(_STILL_LISTED, session.org_id, now)
    await driver.execute(_OVER, session.org_id, until)
    await driver.execute(_FORGET, session.org_id, until)


async def forget_proposals(session: TenantSession, *, now: datetime, until: datetime) -> None:
    """Both copies of what the session's organization proposed of accounts that have been out of its list since `until`."""
    await session.sql(_AGAIN, session.org_id)
    await session.sql(_GONE, session.org_id, now)
    async with session.on_duty(Duty.DECIDE):
        await session.sql(_OVER_PROPOSALS, session.org_id, until)
