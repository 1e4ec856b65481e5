"""What this room forgets of a partnership that has ended, or is erased with one of its sides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from service.db.sessions import DutySession, MatcherSession
from service.db.turns import PATIENCE, Turn, take_turn

_OF_THE_SIDE = (
    "token_segment",
    "token_change",
    "account_reference",
    "overlap_assignee",
    "decided_account",
    "publish_request",
    "decision",
    "link_proposal",
    "overlap_comment",
)
_FOUND = ("match_run", "overlap", "related_pair")
"""Requests for evidence go with the runs that asked."""


class Warm(Protocol):
    """`warm.WarmSegments`, which what only erases does without."""

    def drop(self, which: Callable[[Any], bool]) -> None: ...


@dataclass(frozen=True, slots=True)
class OverlapsSide:
    warm: Warm | None = None
    """What this process has read of the token store, where it reads any."""

    async def forget_found(self, session: DutySession | MatcherSession, partnership_id: UUID) -> None:
        """Runs and pairs. Whoever decides on them is waited for; the next finds an end."""
        await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
        for table in _FOUND:
            await session.sql(f"DELETE FROM {table} WHERE partnership_id = $1", partnership_id)

    async def leave(self, session: DutySession, partnership_id: UUID) -> None:
        """The side's tokens, references, words and comments. A job of the side that was under way is waited for; the next finds an end."""
        await take_turn(session, Turn.PUSH, partnership_id, session.org_id, wait=PATIENCE)
        await take_turn(session, Turn.PUBLISH, partnership_id, wait=PATIENCE)
        await take_turn(session, Turn.DECIDE, partnership_id, wait=PATIENCE)
        for table in _OF_THE_SIDE:
            await session.sql(
                f"DELETE FROM {table} WHERE partnership_id = $1 AND org_id = $2",
                partnership_id,
                session.org_id,
            )
        if self.warm is not None:
            self.warm.drop(lambda name: name.partnership_id == partnership_id)
