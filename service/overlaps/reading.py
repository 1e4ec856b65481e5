"""What an organization is told of its overlaps: rows for lists, and counts for the matrix."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
import numpy as np

from service.db.sessions import TenantReadSession
from service.linking.counts import Counts, counts_of
from service.matching.kinds import Level, nearer
from service.overlaps.models import COUNTED, OverlapStatus
from service.overlaps.told import (
    CONDITIONS,
    OF_ONE,
    PAIRS,
    RELATED,
    SAID,
    STANDS,
    STATUS,
    TOLD,
    WAITS,
    of_one,
)
from service.overlaps.view import View, on_side

_OF_PAIR = (
    "g.org_id = $1 AND g.partnership_id = o.partnership_id AND g.lo_ref = o.lo_ref AND g.hi_ref = o.hi_ref"
)
_PAGE = """
    SELECT o.id, {status} AS status, o.confidence, o.kinds, o.evidence, o.found_at, o.updated_at, o.unmet_since,
           a.id AS account_id, a.external_id, a.name, a.domain, a.country, a.owner, a.populations,
           s.fields::text AS partner_fields, s.populations & $3 AS partner_populations,
           (SELECT g.person_id FROM overlap_assignee g WHERE """ + _OF_PAIR + """) AS assignee_id, {level} AS level,
           {words}
"""  # fmt: skip
_SILENT = "NULL AS own_word, NULL AS own_word_at, NULL AS actor_kind, NULL::uuid AS actor_id, NULL AS partner_word, NULL AS partner_word_at"
_SAID = (
    "w.word AS own_word, w.decided_at AS own_word_at, w.actor_kind, w.actor_id,"
    " v.word AS partner_word, v.decided_at AS partner_word_at"
)
_RELATED_PAGE = (
    _PAGE.replace("{status}", "o.status").replace("{words}", _SILENT).replace("{level}", "o.level") + RELATED
)
_PAGE = _PAGE.replace("{level}", f"'{Level.SAME_COMPANY}'")
_UNSAID_PAGE = _PAGE.replace("{status}", "o.status").replace("{words}", _SILENT) + PAIRS + CONDITIONS
"""Of pairs that nobody has said anything of."""
_SAID_PAGE = _PAGE.replace("{status}", STATUS).replace("{words}", _SAID) + PAIRS + SAID + CONDITIONS + STANDS
_WHERE: Mapping[OverlapStatus, str] = {
    OverlapStatus.AUTO: "o.status = 'auto'",
    OverlapStatus.CONFIRMED: "o.status = 'confirmed'",
    OverlapStatus.REVIEW: f"o.status = 'review' AND {STATUS} = 'review'",
    OverlapStatus.DISPUTED: f"o.status = 'disputed' AND {STATUS} = 'disputed'",
    OverlapStatus.REJECTED: f"o.status IN ('rejected', 'disputed', 'review') AND {STATUS} = 'rejected'",
}
JUDGED = (OverlapStatus.DISPUTED, OverlapStatus.REVIEW)
"""What people are to speak of."""
BY_VALUE = (OverlapStatus.REVIEW,)
"""The statuses of a page that goes by what a pair is worth: the queue of pairs to judge."""
_ORDER = " ORDER BY confidence DESC, id DESC LIMIT {}"
_VALUE = ("coalesce(d.amount, 0)::float8", "coalesce(a.revenue_amount, 0)::float8")
_VALUED_PAGE = (
    _PAGE.replace("{status}", STATUS).replace("{words}", f"{_SAID}, {_VALUE[0]} AS deals, {_VALUE[1]} AS revenue")
    + PAIRS + SAID + """
    CROSS JOIN LATERAL (SELECT sum(q.amount) AS amount FROM opportunity q WHERE q.org_id = $1 AND q.account_id = a.id AND q.outcome = 'open') d
""" + CONDITIONS + STANDS
)  # fmt: skip
"""Of pairs to judge: what one's own open deals at the account are worth, then what it turns over. Amounts are taken as they are written."""
_VALUED_ORDER = " ORDER BY deals DESC, revenue DESC, confidence DESC, id DESC LIMIT {}"
_NUMBERS = (
    """
    SELECT o.lo_ref, o.hi_ref, a.populations, s.populations & $3, 0
"""
    + TOLD
    + " AND o.status IN ('auto', 'confirmed')"
)
_TO_JUDGE = f"""
    SELECT count(*) FILTER (WHERE o.status = 'review'), count(*) FILTER (WHERE o.status = 'disputed'), count(*) FILTER (WHERE {WAITS})
    {PAIRS} {SAID} {CONDITIONS} {STANDS} AND o.status IN ('review', 'disputed') AND {STATUS} <> 'rejected'
"""
_RANK = " ".join(f"WHEN '{level.value}' THEN {level.rank}" for level in Level)
_RELATED_NUMBERS = f"""
    SELECT o.lo_ref, o.hi_ref, a.populations, s.populations & $3, CASE o.level {_RANK} END
{RELATED}"""


@dataclass(frozen=True, slots=True)
class Page:
    """What to list: pairs that count, or those of some statuses; `waiting`, of those to judge, for one's own word. `after` is the confidence and id of the last row seen, of pairs in review
    behind their `deals` and `revenue`; bits are None for any population, `assignee` for any and none. One pair (`overlap_id`) is given
    whatever its status. Where `level` is above `same_company`, pairs of one owner stand among those that count, as far up as both sides look.
    """

    status: OverlapStatus | Sequence[OverlapStatus] | None = None
    waiting: bool = False
    level: Level = Level.SAME_COMPANY
    overlap_id: UUID | None = None
    own_bits: int | None = None
    partner_bits: int | None = None
    assignee: UUID | Literal["none"] | None = None
    after: tuple[float | UUID, ...] | None = None
    limit: int = 50

    @property
    def statuses(self) -> Sequence[OverlapStatus]:
        """Those that are named."""
        named = [self.status] if isinstance(self.status, OverlapStatus) else sorted({*(self.status or ())})
        return [one for one in named or JUDGED if one in JUDGED] if self.waiting else named

    @property
    def is_by_value(self) -> bool:
        """The most valuable first: of pairs in review alone."""
        return tuple(self.statuses) == BY_VALUE


@dataclass(frozen=True, slots=True)
class Cell:
    """`population` is one's own slug, `partner_population` the partner's."""

    population: str
    partner_population: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Matrix:
    populations: Sequence[str]
    partner_populations: Sequence[str]
    cells: Sequence[Cell]
    total: Counts
    levels: Mapping[Level, int]
    """How many of the pairs hold at each level that was looked at, nearest first."""


async def page(session: TenantReadSession, view: View, wanted: Page) -> list[Mapping[str, Any]]:
    """Rows by confidence and id, highest first, of pairs in review the most valuable first; their columns stand in the order of the statement's head."""
    driver: asyncpg.Connection = await session.raw()
    values, conditions = list(of_one(session, view)), ""
    for condition, given in _asked(wanted):
        values += given
        conditions += f" AND {condition.format(*range(len(values) - len(given) + 1, len(values) + 1))}"
    statuses, levels = tuple(wanted.statuses), _above(view, wanted.level)
    shape = _Shape(statuses, wanted.overlap_id is not None, view.side, levels, conditions, int(wanted.limit))
    rows: list[Mapping[str, Any]] = await driver.fetch(_statement(shape), *values)
    return rows


class _Shape(NamedTuple):
    """What a page's statement is made of; its values aren't among it."""

    statuses: tuple[OverlapStatus, ...]
    is_one_pair: bool
    side: str
    levels: str
    conditions: str
    limit: int


@lru_cache(maxsize=512)
def _statement(shape: _Shape) -> str:
    # State and limit stand in the text: with them known, PostgreSQL plans once and keeps the plan, and planning costs as
    # much as reading does. Of each state the surest are read along the index.
    by_value = shape.statuses == BY_VALUE
    order = (_VALUED_ORDER if by_value else _ORDER).format(shape.limit)
    texts = [f"{_VALUED_PAGE} AND {_WHERE[OverlapStatus.REVIEW]}"] if by_value else _texts(shape)
    if shape.levels and not shape.statuses:
        texts = [*texts, _RELATED_PAGE]
    words = {**OF_ONE, "levels": shape.levels}
    parts = [on_side(shape.side, text, **words) + shape.conditions + order for text in texts]
    if len(parts) == 1:
        return parts[0]
    return "SELECT * FROM ((" + ") UNION ALL (".join(parts) + ")) told" + order


def _above(view: View, level: Level) -> str:
    """The levels above `same_company` as far as `level` and both sides look, as SQL names them."""
    return ", ".join(repr(one.value) for one in nearer(view.level, level).upto()[1:])


def _texts(shape: _Shape) -> list[str]:
    if shape.is_one_pair and not shape.statuses:
        return [_SAID_PAGE]
    statuses = shape.statuses or sorted(COUNTED)
    return [
        (_UNSAID_PAGE if status is OverlapStatus.AUTO else _SAID_PAGE) + f" AND {_WHERE[status]}"
        for status in statuses
    ]


def _asked(wanted: Page) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Conditions with the places of their values. Only what is asked stands in the statement: an "or null" hides the index."""
    if wanted.overlap_id is not None:
        yield "o.id = ${}", (wanted.overlap_id,)
    if wanted.waiting:
        yield WAITS, ()
    if wanted.own_bits is not None:
        yield "a.populations & ${} <> 0", (wanted.own_bits,)
    if wanted.partner_bits is not None:
        yield (
            "o.status NOT IN ('review', 'rejected') AND s.populations & $3 & ${} <> 0",
            (wanted.partner_bits,),
        )
    if wanted.assignee == "none":
        yield f"NOT EXISTS (SELECT FROM overlap_assignee g WHERE {_OF_PAIR})", ()
    elif wanted.assignee is not None:
        yield (
            f"EXISTS (SELECT FROM overlap_assignee g WHERE {_OF_PAIR} AND g.person_id = ${{}})",
            (wanted.assignee,),
        )
    if wanted.after is not None:
        value = [*_VALUE] if wanted.is_by_value else []
        place = ", ".join([*value, "o.confidence", "o.id"])
        yield f"({place}) < ({', '.join(['${}'] * len(wanted.after))})", wanted.after


@dataclass(frozen=True, slots=True)
class ToJudge:
    """Pairs that one may judge: in review, disputed, and of both those that wait for one's own word."""

    review: int
    disputed: int
    waiting: int


async def to_judge(session: TenantReadSession, view: View) -> ToJudge:
    driver: asyncpg.Connection = await session.raw()
    return ToJudge(*await driver.fetchrow(view.sql(_TO_JUDGE, **OF_ONE), *of_one(session, view)))


async def matrix(
    session: TenantReadSession,
    view: View,
    own_slugs: Mapping[int, str],
    level: Level = Level.SAME_COMPANY,
) -> Matrix:
    """My populations (`own_slugs`: bit → slug) × those of the partner that show overlaps, over the pairs that count, and those of one
    owner as far up as `level` and both sides look.
    """
    driver: asyncpg.Connection = await session.raw()
    text, levels = view.sql(_NUMBERS, **OF_ONE), _above(view, level)
    if levels:
        text += " UNION ALL " + view.sql(_RELATED_NUMBERS, **OF_ONE, levels=levels)
    rows = await driver.fetch(text, *of_one(session, view))
    told = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 5)
    mine, theirs = (0, 1) if view.side == "lo" else (1, 0)
    ordered = told[:, [mine, theirs, 2, 3]]
    at_level = {one: int((told[:, 4] == one.rank).sum()) for one in nearer(view.level, level).upto()}
    shown = {r.bit: r.population for r in view.partner_rules if view.partner_bits >> r.bit & 1}
    cells = [
        Cell(own, partner, _counts(ordered[(ordered[:, 2] >> a & 1 == 1) & (ordered[:, 3] >> b & 1 == 1)]))
        for a, own in own_slugs.items()
        for b, partner in shown.items()
    ]
    return Matrix(list(own_slugs.values()), list(shown.values()), cells, _counts(ordered), at_level)


def _counts(rows: np.ndarray) -> Counts:
    return counts_of(rows[:, 0].astype(np.uint64), rows[:, 1].astype(np.uint64))
