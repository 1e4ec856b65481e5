"""Comments and assignees of a merged account go to the account that is left, with the partner's, and back when the merge is undone; what
was said of it is said of that account too, until then.

Each row keeps where it stood before: the references of its accounts, the last one last.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from service.partnerships.models import Partnership

_HAS_MOVED: Final = "cardinality(t.lo_was) + cardinality(t.hi_was) > 0"
_CARRY_COMMENTS: Final = """
    UPDATE overlap_comment t SET {side}_ref = m.into_ref, {side}_was = array_append(t.{side}_was, m.ref)
    FROM unnest($2::bigint[], $3::bigint[]) AS m (ref, into_ref) WHERE t.partnership_id = $1 AND t.{side}_ref = m.ref
"""
_COMMENTS_BACK: Final = f"""
    UPDATE overlap_comment t SET {{side}}_ref = b.ref, {{side}}_was = t.{{side}}_was[:(b.at - 1)::int] FROM (
        SELECT DISTINCT ON (t.id) t.id, w.ref, w.at FROM overlap_comment t, unnest(t.{{side}}_was) WITH ORDINALITY AS w (ref, at)
        WHERE t.partnership_id = $1 AND {_HAS_MOVED} AND w.ref = ANY($2::bigint[]) ORDER BY t.id, w.at
    ) b WHERE t.partnership_id = $1 AND t.id = b.id
"""
_IS_FREE: Final = """
    NOT EXISTS (SELECT FROM overlap_assignee o WHERE o.org_id = t.org_id AND o.partnership_id = t.partnership_id
                AND o.{side}_ref = {to} AND o.{partner}_ref = t.{partner}_ref)
"""
_MEANT: Final = (
    "t.org_id = b.org_id AND t.partnership_id = $1 AND t.lo_ref = b.lo_ref AND t.hi_ref = b.hi_ref"
)
_CARRY_ASSIGNEES: Final = f"""
    UPDATE overlap_assignee t SET {{side}}_ref = b.into_ref, {{side}}_was = array_append(t.{{side}}_was, b.{{side}}_ref) FROM (
        SELECT DISTINCT ON (t.org_id, m.into_ref, t.{{partner}}_ref) t.org_id, t.lo_ref, t.hi_ref, m.into_ref
        FROM overlap_assignee t JOIN unnest($2::bigint[], $3::bigint[]) AS m (ref, into_ref) ON t.{{side}}_ref = m.ref
        WHERE t.org_id = ANY($4::uuid[]) AND t.partnership_id = $1 AND {_IS_FREE.replace("{to}", "m.into_ref")}
        ORDER BY t.org_id, m.into_ref, t.{{partner}}_ref, t.assigned_at DESC
    ) b WHERE {_MEANT}
"""
"""A pair that somebody looks after already keeps them."""
_ASSIGNEES_BACK: Final = f"""
    UPDATE overlap_assignee t SET {{side}}_ref = b.ref, {{side}}_was = t.{{side}}_was[:(b.at - 1)::int] FROM (
        SELECT DISTINCT ON (t.org_id, t.lo_ref, t.hi_ref) t.org_id, t.lo_ref, t.hi_ref, w.ref, w.at
        FROM overlap_assignee t, unnest(t.{{side}}_was) WITH ORDINALITY AS w (ref, at)
        WHERE t.org_id = ANY($3::uuid[]) AND t.partnership_id = $1 AND {_HAS_MOVED} AND w.ref = ANY($2::bigint[])
            AND {_IS_FREE.replace("{to}", "w.ref")}
        ORDER BY t.org_id, t.lo_ref, t.hi_ref, w.at
    ) b WHERE {_MEANT}
"""
_CARRY_WORDS: Final = """
    INSERT INTO decision (partnership_id, {side}_ref, {partner}_ref, org_id, partner_org_id, word, open, kinds, actor_kind, actor_id, decided_at,
                          {side}_was, {partner}_was)
    SELECT DISTINCT ON (m.into_ref, d.{partner}_ref, d.org_id) $1, m.into_ref, d.{partner}_ref, d.org_id, d.partner_org_id, d.word, false,
           d.kinds, d.actor_kind, d.actor_id, d.decided_at, array_append(d.{side}_was, m.ref), d.{partner}_was
    FROM decision d JOIN unnest($2::bigint[], $3::bigint[]) AS m (ref, into_ref) ON d.{side}_ref = m.ref
    WHERE d.partnership_id = $1 AND d.word <> 'offer' AND NOT d.learned
    ORDER BY m.into_ref, d.{partner}_ref, d.org_id, d.decided_at DESC
    ON CONFLICT (partnership_id, lo_ref, hi_ref, org_id) DO UPDATE
    SET word = excluded.word, kinds = excluded.kinds, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id,
        decided_at = excluded.decided_at, learned = false, stands = true, lo_was = excluded.lo_was, hi_was = excluded.hi_was
    WHERE decision.learned
    RETURNING {side}_ref
"""
_WORDS_BACK: Final = """
    DELETE FROM decision t USING decision said
    WHERE said.partnership_id = $1 AND said.{side}_ref = ANY($2::bigint[]) AND t.partnership_id = $1 AND t.org_id = said.org_id
        AND t.{partner}_ref = said.{partner}_ref AND said.{side}_ref = ANY(t.{side}_was)
    RETURNING t.{side}_ref
"""
"""By what was said of them themselves, which is still there: neither of the accounts is looked for among all words."""


async def carry_notes(
    driver: asyncpg.Connection, partnership: Partnership, own: UUID, refs: Sequence[int], into: Sequence[int]
) -> None:
    """What both sides noted on pairs of each of `refs`, accounts of the `own` side, stands on those of its `into` from now on."""
    sides = [partnership.lo_org_id, partnership.hi_org_id]
    await driver.execute(_sql(_CARRY_COMMENTS, partnership, own), partnership.id, refs, into)
    await driver.execute(_sql(_CARRY_ASSIGNEES, partnership, own), partnership.id, refs, into, sides)


async def bring_notes_back(
    driver: asyncpg.Connection, partnership: Partnership, own: UUID, refs: Sequence[int]
) -> None:
    """These accounts of the `own` side are there: what was noted on their pairs before is there again."""
    sides = [partnership.lo_org_id, partnership.hi_org_id]
    await driver.execute(_sql(_COMMENTS_BACK, partnership, own), partnership.id, refs)
    await driver.execute(_sql(_ASSIGNEES_BACK, partnership, own), partnership.id, refs, sides)


async def carry_words(
    driver: asyncpg.Connection, partnership: Partnership, own: UUID, refs: Sequence[int], into: Sequence[int]
) -> list[int]:
    """Copy what both sides said of pairs of each of `refs`, as above, to those of its `into` of which nothing was said: the references of
    those. The words of `refs` stay where they are.
    """
    rows = await driver.fetch(_sql(_CARRY_WORDS, partnership, own), partnership.id, refs, into)
    return [row[0] for row in rows]


async def take_words_back(
    driver: asyncpg.Connection, partnership: Partnership, own: UUID, refs: Sequence[int]
) -> list[int]:
    """These accounts are there, with what was said of them: what their words made of other accounts is no longer said of those, whose
    references these are. What anybody said of such a pair since stays.
    """
    rows = await driver.fetch(_sql(_WORDS_BACK, partnership, own), partnership.id, refs)
    return [row[0] for row in rows]


def _sql(statement: str, partnership: Partnership, own: UUID) -> str:
    side = partnership.side_of(own)
    return statement.format(side=side, partner="hi" if side == "lo" else "lo")
