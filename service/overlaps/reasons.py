"""Why pairs are rejected: private comments of one's own, for up to a thousand pairs with a few statements.

They are made ready before the partnership's turn is taken, so that nobody waits for them.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from service.audit import record
from service.crypto import DataKeys, Keystore
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.overlaps import comments
from service.overlaps.models import SEALED_COMMENT, Audience, OverlapComment
from service.overlaps.told_pair import ToldPair, told_pairs

_FULL = """
    SELECT c.lo_ref, c.hi_ref
    FROM unnest($3::bigint[], $4::bigint[]) AS wanted (lo_ref, hi_ref) JOIN overlap_comment c USING (lo_ref, hi_ref)
    WHERE c.partnership_id = $1 AND c.org_id = $2 GROUP BY c.lo_ref, c.hi_ref HAVING count(*) >= $5
"""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Of the pairs that one is told of; `full` are the overlaps that have as many comments of one's own as may be."""

    written: Mapping[UUID, OverlapComment]
    full: frozenset[UUID]

    async def keep(self, session: TenantSession, clock: Clock, overlaps: Collection[UUID]) -> None:
        """Store those of these overlaps, with an entry in one's own log each."""
        kept = {overlap_id: self.written[overlap_id] for overlap_id in overlaps if overlap_id in self.written}
        session.add_all(kept.values())
        await session.flush()
        for overlap_id, comment in kept.items():
            details = {"overlap_id": str(overlap_id), "visible_to": comment.visible_to.value}
            target = f"overlap_comment:{comment.id}"
            await record(session, clock, "comment.created", target=target, details=details)


async def make_ready(
    session: TenantSession,
    keystore: Keystore,
    clock: Clock,
    ids: Ids,
    *,
    partnership_id: UUID,
    reasons: Mapping[UUID, str],
) -> Reasons:
    """Seal the reason of each overlap. UnknownPartnershipError, PartnershipEndedError."""
    if not reasons:
        return Reasons({}, frozenset())
    pairs = await told_pairs(session, partnership_id, reasons)
    full = await _full(session, partnership_id, pairs)
    keys, written = DataKeys(keystore, str(session.org_id)), {}
    for overlap_id in pairs.keys() - full:
        pair, comment_id = pairs[overlap_id], ids.new()
        text = json.dumps(reasons[overlap_id]).encode()
        written[overlap_id] = OverlapComment(
            partnership_id=partnership_id, id=comment_id, lo_ref=pair.lo_ref, hi_ref=pair.hi_ref, org_id=session.org_id,
            partner_org_id=pair.partner_id, visible_to=Audience.ORGANIZATION, author_kind=session.actor.kind,
            author_id=session.actor.id, body=keys.seal(text, SEALED_COMMENT.place(comment_id)), created_at=clock.now(),
        )  # fmt: skip
    return Reasons(written, full)


async def _full(
    session: TenantReadSession, partnership_id: UUID, pairs: Mapping[UUID, ToldPair]
) -> frozenset[UUID]:
    driver: asyncpg.Connection = await session.raw()
    refs = [pair.lo_ref for pair in pairs.values()], [pair.hi_ref for pair in pairs.values()]
    rows = await driver.fetch(_FULL, partnership_id, session.org_id, *refs, comments.MOST)
    places = {tuple(row) for row in rows}
    return frozenset(one for one, pair in pairs.items() if (pair.lo_ref, pair.hi_ref) in places)
