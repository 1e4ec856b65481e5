"""What this room forgets of an organization that is erased."""

from service.db.sessions import DutySession

TABLES = ("idempotency_record", "rate_budget")


async def forget(session: DutySession) -> None:
    """Answers that were kept for repetitions, and budgets."""
    for table in TABLES:
        await session.sql(f"DELETE FROM {table} WHERE org_id = $1", session.org_id)
