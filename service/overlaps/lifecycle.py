"""What this room forgets of a partnership that is erased with one of its sides."""

from uuid import UUID

from service.db.sessions import DutySession

_OF_THE_SIDE = ("token_segment", "token_change", "evidence_request", "account_reference")
_OF_BOTH = ("overlap", "match_run", "publish_request")
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


class OverlapsSide:
    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        """Tokens, evidence, overlaps and references. A job of the side that was under way is waited for; the next finds an end."""
        await session.sql("SET LOCAL lock_timeout = '10min'")
        for turn in (f"push:{partnership_id}:{session.org_id}", f"publish:{partnership_id}"):
            await session.sql(_LOCK, turn)
        for table in _OF_THE_SIDE:
            await session.sql(
                f"DELETE FROM {table} WHERE partnership_id = $1 AND org_id = $2",
                partnership_id,
                session.org_id,
            )
        for table in _OF_BOTH:
            await session.sql(f"DELETE FROM {table} WHERE partnership_id = $1", partnership_id)
