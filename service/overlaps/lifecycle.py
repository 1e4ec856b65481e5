"""What this room forgets of a partnership that is erased with one of its sides."""

from uuid import UUID

from service.db.sessions import DutySession
from service.db.turns import PATIENCE, Turn, take_turn

_OF_THE_SIDE = (
    "token_segment",
    "token_change",
    "evidence_request",
    "account_reference",
    "overlap_assignee",
    "decided_account",
)
_OF_BOTH = (
    "overlap",
    "related_pair",
    "match_run",
    "publish_request",
    "decision",
    "link_proposal",
    "overlap_comment",
)


class OverlapsSide:
    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        """Tokens, evidence, overlaps, decisions, comments and references. A job of the side that was under way is waited for; the next finds an end."""
        await take_turn(session, Turn.PUSH, partnership_id, session.org_id, wait=PATIENCE)
        await take_turn(session, Turn.PUBLISH, partnership_id, wait=PATIENCE)
        await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
        for table in _OF_THE_SIDE:
            await session.sql(
                f"DELETE FROM {table} WHERE partnership_id = $1 AND org_id = $2",
                partnership_id,
                session.org_id,
            )
        for table in _OF_BOTH:
            await session.sql(f"DELETE FROM {table} WHERE partnership_id = $1", partnership_id)
