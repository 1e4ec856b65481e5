"""The token store: one side's tokens as rows of sorted segments."""

from dataclasses import dataclass
from uuid import UUID

from service.db.sessions import MatcherSession, TenantSession
from service.linking.meet import TokenSet
from service.linking.segments import Segment, cut, join
from service.matching.kinds import KeyKind

_NEXT = """
    SELECT coalesce(max(number), 0) + 1 FROM token_change WHERE partnership_id = $1 AND org_id = $2
"""
_ADD_SEGMENT = """
    INSERT INTO token_segment (partnership_id, org_id, change, kind, number, epoch, first, last, count, tokens, refs)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_ADD_CHANGE = """
    INSERT INTO token_change (partnership_id, org_id, number, accounts, tokens, created_at) VALUES ($1, $2, $3, $4, $5, now())
"""
_DROP_OLDER = "DELETE FROM token_segment WHERE partnership_id = $1 AND org_id = $2 AND change < $3"
_NEWEST = """
    SELECT DISTINCT ON (org_id) org_id, number, tokens FROM token_change WHERE partnership_id = $1 ORDER BY org_id, number DESC
"""
_READ = """
    SELECT kind, number, first, last, count, tokens, refs FROM token_segment
    WHERE partnership_id = $1 AND org_id = $2 AND change = $3 AND epoch = $4
"""


async def replace_tokens(
    session: TenantSession, *, partnership_id: UUID, epoch: int, tokens: TokenSet, accounts: int
) -> int:
    """Write the session's side anew as the next numbered change; the number. Pushes of one side take turns."""
    driver = await session.raw()
    change: int = await driver.fetchval(_NEXT, partnership_id, session.org_id)
    place = (partnership_id, session.org_id, change)
    rows = [
        (*place, kind.value, s.number, epoch, s.first, s.last, s.count, s.tokens, s.refs)
        for kind, column in tokens.items()
        for s in cut(column)
    ]
    await driver.executemany(_ADD_SEGMENT, rows)
    await driver.execute(_DROP_OLDER, *place)
    await driver.execute(_ADD_CHANGE, *place, accounts, sum(len(column) for column in tokens.values()))
    return change


@dataclass(frozen=True, slots=True)
class Newest:
    """One side's newest token change: its number, and how many tokens it left."""

    change: int
    tokens: int


async def newest_changes(session: MatcherSession) -> dict[UUID, Newest]:
    """Organization → its newest token change; a side that never pushed is missing."""
    driver = await session.raw()
    rows = await driver.fetch(_NEWEST, session.partnership_id)
    return {row["org_id"]: Newest(row["number"], row["tokens"]) for row in rows}


async def read_tokens(session: MatcherSession, *, org_id: UUID, change: int, epoch: int) -> TokenSet:
    """One side's tokens as of a change, kind by kind."""
    driver = await session.raw()
    by_kind: dict[str, list[Segment]] = {}
    for row in await driver.fetch(_READ, session.partnership_id, org_id, change, epoch):
        by_kind.setdefault(row["kind"], []).append(
            Segment(row["number"], row["first"], row["last"], row["count"], row["tokens"], row["refs"])
        )
    return {KeyKind(kind): join(segments) for kind, segments in by_kind.items()}
