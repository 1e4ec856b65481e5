"""What this room forgets of an organization that is erased."""

from service.db.sessions import DutySession
from service.db.turns import PATIENCE, Turn, take_turn

TABLES = (
    "record_history",
    "contact",
    "opportunity_stage",
    "opportunity",
    "account_alias",
    "account",
    "account_departure",
    "account_footprint",
    "account_merge",
    "account_duplicate",
    "account_distinct",
    "account_duplicate_search",
    "account_attribute",
    "population",
)


async def forget(session: DutySession) -> None:
    """Accounts, what is kept at them, what all were before, and populations; nobody stores accounts meanwhile."""
    await take_turn(session, Turn.STORING, session.org_id, wait=PATIENCE)
    for table in TABLES:
        await session.sql(f"DELETE FROM {table} WHERE org_id = $1", session.org_id)
