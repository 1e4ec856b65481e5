"""Why pairs are rejected: private comments of one's own, for up to a thousand pairs with a few statements.

They are made ready before the partnership's turn is taken, so that nobody waits for them.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from service.audit import record
from service.crypto import DataKeys, Keystore
from service.crypto.errors import RecordError
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.overlaps import comments
from service.overlaps.models import SEALED_COMMENT, Audience, OverlapComment
from service.overlaps.told_pair import ToldPair, told_pairs

_OWN = """
    SELECT newest.*, c.body, c.visible_to
    FROM (
        SELECT DISTINCT ON (c.lo_ref, c.hi_ref) c.lo_ref, c.hi_ref, c.id, count(*) OVER (PARTITION BY c.lo_ref, c.hi_ref) AS written
        FROM unnest($3::bigint[], $4::bigint[]) AS wanted (lo_ref, hi_ref) JOIN overlap_comment c USING (lo_ref, hi_ref)
        WHERE c.partnership_id = $1 AND c.org_id = $2 ORDER BY c.lo_ref, c.hi_ref, c.id DESC
    ) newest JOIN overlap_comment c ON c.partnership_id = $1 AND c.id = newest.id
"""


@dataclass(frozen=True, slots=True)
class _Own:
    """Of one's own comments on a pair: how many there are, and the text of the newest if it is private."""

    written: int
    newest: str | None


@dataclass(frozen=True, slots=True)
class Reasons:
    """Of the pairs that one is told of; `full` are the overlaps that have as many comments of one's own as may be, and whose reason
    isn't the newest of them already.
    """

    keys: DataKeys
    pairs: Mapping[UUID, ToldPair]
    texts: Mapping[UUID, str]
    written: Mapping[UUID, OverlapComment]
    full: frozenset[UUID]

    async def keep(self, session: TenantSession, clock: Clock, overlaps: Collection[UUID]) -> None:
        """Store those of these overlaps, with an entry in one's own log each; none that was given in the same words meanwhile."""
        asked = {overlap_id: self.pairs[overlap_id] for overlap_id in overlaps if overlap_id in self.written}
        own = await _own(session, self.keys, asked)
        kept = {one: self.written[one] for one in asked if not _is_repeated(one, own, self.texts)}
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
    """Seal the reason of each overlap. UnknownPartnershipError, PartnershipEndedError.

    A reason in the words of one's newest private comment on the pair stands there already: whoever asks again writes nothing more.
    """
    keys = DataKeys(keystore, str(session.org_id))
    if not reasons:
        return Reasons(keys, {}, {}, {}, frozenset())
    pairs = await told_pairs(session, partnership_id, reasons)
    own = await _own(session, keys, pairs)
    new = {one for one in pairs if not _is_repeated(one, own, reasons)}
    full = frozenset(one for one in new if one in own and own[one].written >= comments.MOST)
    written = {}
    for overlap_id in new - full:
        pair, comment_id = pairs[overlap_id], ids.new()
        text = json.dumps(reasons[overlap_id]).encode()
        written[overlap_id] = OverlapComment(
            partnership_id=partnership_id, id=comment_id, lo_ref=pair.lo_ref, hi_ref=pair.hi_ref, org_id=session.org_id,
            partner_org_id=pair.partner_id, visible_to=Audience.ORGANIZATION, author_kind=session.actor.kind,
            author_id=session.actor.id, body=keys.seal(text, SEALED_COMMENT.place(comment_id)), created_at=clock.now(),
        )  # fmt: skip
    return Reasons(keys, pairs, reasons, written, full)


def _is_repeated(overlap_id: UUID, own: Mapping[UUID, _Own], texts: Mapping[UUID, str]) -> bool:
    return overlap_id in own and own[overlap_id].newest == texts[overlap_id]


async def _own(
    session: TenantReadSession, keys: DataKeys, pairs: Mapping[UUID, ToldPair]
) -> Mapping[UUID, _Own]:
    """Of those of the pairs, all of one partnership, on which one's organization has comments."""
    if not pairs:
        return {}
    driver: asyncpg.Connection = await session.raw()
    refs = [pair.lo_ref for pair in pairs.values()], [pair.hi_ref for pair in pairs.values()]
    partnership_id = next(iter(pairs.values())).partnership_id
    rows = await driver.fetch(_OWN, partnership_id, session.org_id, *refs)
    found = {(row["lo_ref"], row["hi_ref"]): _Own(row["written"], _text(keys, row)) for row in rows}
    places = {one: (pair.lo_ref, pair.hi_ref) for one, pair in pairs.items()}
    return {one: found[place] for one, place in places.items() if place in found}


def _text(keys: DataKeys, row: Mapping[str, Any]) -> str | None:
    """None of one that the partner reads; and of one that doesn't open, which keeps nobody from deciding."""
    if row["visible_to"] != Audience.ORGANIZATION:
        return None
    try:
        return str(json.loads(keys.open(bytes(row["body"]), SEALED_COMMENT.place(row["id"]))))
    except RecordError:
        return None
