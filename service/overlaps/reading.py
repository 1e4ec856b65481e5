"""What an organization is told of its overlaps: rows for lists, and counts for the matrix."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import asyncpg
import numpy as np

from service.db.sessions import TenantReadSession
from service.linking.counts import Counts, counts_of
from service.overlaps.models import OverlapStatus
from service.overlaps.told import OF_ONE, TOLD, of_one
from service.overlaps.view import View

_OF_PAIR = (
    "g.org_id = $1 AND g.partnership_id = o.partnership_id AND g.lo_ref = o.lo_ref AND g.hi_ref = o.hi_ref"
)
_PAGE = """
    SELECT o.id, o.status, o.confidence, o.kinds, o.evidence, o.found_at, o.updated_at,
           a.id AS account_id, a.external_id, a.name, a.domain, a.country, a.owner, a.populations,
           s.fields::text AS partner_fields, s.populations & $3 AS partner_populations,
           (SELECT g.person_id FROM overlap_assignee g WHERE """ + _OF_PAIR + """) AS assignee_id
""" + TOLD + """
      AND o.status = '{status}'
"""  # fmt: skip
_ORDER = " ORDER BY o.confidence DESC, o.id DESC LIMIT {}"
_NUMBERS = (
    """
    SELECT o.lo_ref, o.hi_ref, a.populations, s.populations & $3
"""
    + TOLD
    + " AND o.status = 'auto'"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What to list. `after` is the confidence and id of the last row seen; bits are None for any population, `assignee` for any and none."""

    status: OverlapStatus = OverlapStatus.AUTO
    overlap_id: UUID | None = None
    own_bits: int | None = None
    partner_bits: int | None = None
    assignee: UUID | Literal["none"] | None = None
    after: tuple[float, UUID] | None = None
    limit: int = 50


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


async def page(session: TenantReadSession, view: View, wanted: Page) -> list[Mapping[str, Any]]:
    """Rows by confidence and id, highest first; their columns stand in the order of the statement's head."""
    driver: asyncpg.Connection = await session.raw()
    values = list(of_one(session, view))
    # State and limit stand in the text: with them known, PostgreSQL plans once and keeps the plan, and planning costs as
    # much as reading does.
    text = view.sql(_PAGE, **OF_ONE, status=wanted.status.value)
    for condition, given in _asked(wanted):
        values += given
        text += f" AND {condition.format(*range(len(values) - len(given) + 1, len(values) + 1))}"
    rows: list[Mapping[str, Any]] = await driver.fetch(text + _ORDER.format(int(wanted.limit)), *values)
    return rows


def _asked(wanted: Page) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Conditions with the places of their values. Only what is asked stands in the statement: an "or null" hides the index."""
    if wanted.overlap_id is not None:
        yield "o.id = ${}", (wanted.overlap_id,)
    if wanted.own_bits is not None:
        yield "a.populations & ${} <> 0", (wanted.own_bits,)
    if wanted.partner_bits is not None:
        yield "o.status <> 'review' AND s.populations & $3 & ${} <> 0", (wanted.partner_bits,)
    if wanted.assignee == "none":
        yield f"NOT EXISTS (SELECT FROM overlap_assignee g WHERE {_OF_PAIR})", ()
    elif wanted.assignee is not None:
        yield (
            f"EXISTS (SELECT FROM overlap_assignee g WHERE {_OF_PAIR} AND g.person_id = ${{}})",
            (wanted.assignee,),
        )
    if wanted.after is not None:
        yield "(o.confidence, o.id) < (${}, ${})", wanted.after


async def matrix(session: TenantReadSession, view: View, own_slugs: Mapping[int, str]) -> Matrix:
    """My populations (`own_slugs`: bit → slug) × those of the partner that show overlaps; `auto` pairs alone count."""
    driver: asyncpg.Connection = await session.raw()
    rows = await driver.fetch(view.sql(_NUMBERS, **OF_ONE), *of_one(session, view))
    told = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 4)
    mine, theirs = (0, 1) if view.side == "lo" else (1, 0)
    ordered = told[:, [mine, theirs, 2, 3]]
    shown = {r.bit: r.population for r in view.partner_rules if view.partner_bits >> r.bit & 1}
    cells = [
        Cell(own, partner, _counts(ordered[(ordered[:, 2] >> a & 1 == 1) & (ordered[:, 3] >> b & 1 == 1)]))
        for a, own in own_slugs.items()
        for b, partner in shown.items()
    ]
    return Matrix(list(own_slugs.values()), list(shown.values()), cells, _counts(ordered))


def _counts(rows: np.ndarray) -> Counts:
    return counts_of(rows[:, 0].astype(np.uint64), rows[:, 1].astype(np.uint64))
