"""What this room forgets of an organization that is erased."""

from service.db.sessions import DutySession

TABLES = (
    "record_history",
    "contact",
    "opportunity_stage",
    "opportunity",
    "account_alias",
    "account",
    "account_departure",
    "account_footprint",
    "account_attribute",
    "population",
)


async def forget(session: DutySession) -> None:
    """Accounts, what is kept at them, what all were before, and populations; nobody stores accounts meanwhile."""
    await session.sql("SET LOCAL lock_timeout = '10min'")
    await session.sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"storing:{session.org_id}")
    for table in TABLES:
        await session.sql(f"DELETE FROM {table} WHERE org_id = $1", session.org_id)
