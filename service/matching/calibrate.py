"""Match weights from labelled pairs: a logistic regression over the terms of the score, with what is known beforehand as its prior.

The weight of a pair is a sum of terms (`weights`), its log odds of being one company in bits; that is a logistic model, and its
terms are those that make the labels most likely (Fellegi and Sunter's weights without their assumption that evidence is
independent). A term that was seen too rarely, or never where the two were different companies, keeps what it had.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from service.matching.kinds import Attribute, KeyKind
from service.matching.score import domain_alone, group_column, kind_counts, said
from service.matching.weights import (
    AGREES,
    ALONE,
    DIFFERS,
    EVERY_GROUP,
    GROUPS,
    JOINS,
    LEADS,
    NAMES,
    PRIOR,
    Weights,
)

Cell = tuple[str, str, str]
F64 = NDArray[np.float64]
FEWEST_CASES, FEWEST_OTHERS = 20.0, 5.0
"""Weighted cases that a term must have been seen in, and as many of different companies, to be learnt."""
STIFFNESS = 5.0
"""Pull of a term towards what was thought of it beforehand, per square bit; of 0.02 to 10 about the best on lists not learnt from."""
RIVALS_AT_MOST = 0.80
"""Confidence of namesakes with a domain each, whatever agrees: they are never taken by themselves."""
HEADS_AT_MOST = 0.85
"""Confidence of names that only begin alike, whatever agrees: subsidiaries and sisters do as well."""
WEAK_AT_MOST = 0.87
"""Confidence of a weak name, whatever agrees but the city: half the countries have one of that name in every trade."""
ALONE_AT_MOST = 0.80
"""Confidence of two names at a domain that others share, whatever agrees: brands of one owner stand in one country and trade."""
ELSEWHERE_AT_MOST = 0.87
"""Confidence of a name in two cities of one country, whatever else agrees: hotels, practices and craftsmen are called alike."""
ROUNDS, SETTLED = 60, 1e-6
_NO_PLACE = (Attribute.CITY.value, Attribute.DOMAIN.value)
_NOT_ALONE = (Attribute.DOMAIN.value, Attribute.SPACED_NAME.value)


@dataclass(frozen=True)
class Calibration:
    """`weights`, and per learnt cell how many (weighted) cases it was seen in; the others are as in the prior."""

    weights: Weights
    seen: Mapping[Cell, float]


def calibrate(cases: pl.DataFrame, prior: Weights) -> Calibration:
    """The weights that fit `cases` (`cases.cases_of_set`, `cases_of_lists`) best, near those thought of beforehand.

    Terms of which nothing was learnt are as in `prior`; the same cases and prior always give the same weights.
    """
    cells, design = design_matrix(cases)
    same, counted = cases["same"].to_numpy(), cases["weight"].to_numpy()
    seen = counted @ design
    others = (counted * (1 - same)) @ design
    learnt = (seen >= FEWEST_CASES) & (others >= FEWEST_OTHERS)
    bits = np.array([prior.of(*cell) for cell in cells])
    fixed = prior.prior + design[:, ~learnt] @ bits[~learnt]
    problem = _Problem(design[:, learnt], fixed, same, counted, bits[learnt], *_bounds(cells, learnt))
    bits[learnt] = problem.solved()
    found = dict(prior.bits) | {
        cell: value for cell, value in zip(cells, bits.tolist(), strict=True) if cell in prior.bits
    }
    numbers = dict(zip(cells, seen.tolist(), strict=True))
    kept = {cell: numbers[cell] for cell, is_learnt in zip(cells, learnt, strict=True) if is_learnt}
    return Calibration(Weights(_bounded(found)), kept)


def design_matrix(cases: pl.DataFrame) -> tuple[list[Cell], F64]:
    """The cells of the weight table and which of them each case sums: (n, cells), 0 or 1."""
    grouped = cases.with_columns(group_column().alias("_group"))
    columns: dict[Cell, pl.Expr] = {}
    for kind in KeyKind:
        leads, joins = kind_counts(kind)
        columns[EVERY_GROUP, kind.value, LEADS] = leads
        columns[EVERY_GROUP, kind.value, JOINS] = joins
    columns[EVERY_GROUP, KeyKind.DOMAIN.value, ALONE] = domain_alone()
    for group in GROUPS:
        for attribute in Attribute:
            value, inside = said(attribute), pl.col("_group") == group
            columns[group, attribute.value, AGREES] = inside & (value > 0)
            columns[group, attribute.value, DIFFERS] = inside & (value < 0)
    table = grouped.select(expr.cast(pl.Float64).alias("|".join(cell)) for cell, expr in columns.items())
    return list(columns), table.to_numpy()


def _bounds(cells: list[Cell], learnt: NDArray[np.bool_]) -> tuple[F64, F64]:
    """Agreement never speaks against a pair, contradiction never for it."""
    kept = [cell for cell, is_learnt in zip(cells, learnt, strict=True) if is_learnt]
    lowest = np.array([0.0 if outcome in {AGREES, JOINS} else -np.inf for _, _, outcome in kept])
    highest = np.array([0.0 if outcome == DIFFERS else np.inf for _, _, outcome in kept])
    return lowest, highest


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Labels `same`, counted `counted` times, to be told from `fixed` bits and `design` times those looked for, near `aim`."""

    design: F64
    fixed: F64
    same: F64
    counted: F64
    aim: F64
    lowest: F64
    highest: F64

    def solved(self) -> F64:
        """Newton's method within the bounds; the loss is convex, so where it ends doesn't depend on where it begins."""
        bits, scale = np.clip(self.aim, self.lowest, self.highest), np.log(2)
        for _ in range(ROUNDS):
            odds = np.clip(scale * (self.fixed + self.design @ bits), -50, 50)
            likely = 1 / (1 + np.exp(-odds))
            slope = scale * self.design.T @ (self.counted * (likely - self.same))
            slope += 2 * STIFFNESS * (bits - self.aim)
            free = ~((bits <= self.lowest) & (slope > 0) | (bits >= self.highest) & (slope < 0))
            curve = scale**2 * (self.design.T * (self.counted * likely * (1 - likely))) @ self.design
            curve += np.eye(len(bits)) * 2 * STIFFNESS
            step = np.zeros(len(bits))
            step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
            moved = np.clip(bits - np.clip(step, -1, 1), self.lowest, self.highest)
            if np.abs(moved - bits).max(initial=0) < SETTLED:
                break
            bits = moved
        return bits


def _bounded(bits: Mapping[Cell, float]) -> dict[Cell, float]:
    """`bits` with what agrees made smaller where it would say more than the bounds above."""
    kept = dict(bits)
    for kind in NAMES:
        group = f"{kind}_rivals"
        against: Cell = (group, Attribute.DOMAIN.value, DIFFERS)
        _cap(kept, [against, *_facts_that_agree(bits, group)], kind, RIVALS_AT_MOST)
    head = KeyKind.NAME_HEAD
    _cap(kept, _facts_that_agree(bits, head.value), head, HEADS_AT_MOST)
    weak, name = KeyKind.NAME_WEAK, KeyKind.NAME
    nowhere = [cell for cell in _facts_that_agree(bits, weak.value) if cell[1] not in _NO_PLACE]
    _cap(kept, nowhere, weak, WEAK_AT_MOST)
    alone: Cell = (EVERY_GROUP, KeyKind.DOMAIN.value, ALONE)
    facts = [cell for cell in _facts_that_agree(bits, "identifier") if cell[1] not in _NOT_ALONE]
    saying = kept[EVERY_GROUP, PRIOR, ""] + sum(kept[cell] for cell in facts)
    kept[alone] = min(kept[alone], np.log2(ALONE_AT_MOST / (1 - ALONE_AT_MOST)) - saying)
    elsewhere: Cell = (name.value, Attribute.CITY.value, DIFFERS)
    facts = [cell for cell in _facts_that_agree(bits, name.value) if cell[1] not in _NO_PLACE]
    saying = sum(kept[cell] for cell in [(EVERY_GROUP, PRIOR, ""), (EVERY_GROUP, name.value, LEADS), *facts])
    kept[elsewhere] = min(kept[elsewhere], np.log2(ELSEWHERE_AT_MOST / (1 - ELSEWHERE_AT_MOST)) - saying)
    return {cell: round(float(value), 2) + 0.0 for cell, value in kept.items()}


def _facts_that_agree(bits: Mapping[Cell, float], group: str) -> list[Cell]:
    """What speaks for a pair of `group`, but for a number that names one company."""
    return [
        cell
        for cell in bits
        if cell[0] == group and cell[1:] != (Attribute.REGISTRY_ID.value, AGREES) and cell[2] == AGREES
    ]


def _cap(bits: dict[Cell, float], cells: list[Cell], kind: KeyKind, confidence: float) -> None:
    """Make the terms of `cells` that speak for a pair smaller until `kind` and all of them say `confidence` at most."""
    most = np.log2(confidence / (1 - confidence)) - bits[EVERY_GROUP, PRIOR, ""] - bits[EVERY_GROUP, kind.value, LEADS]  # fmt: skip
    against = sum(min(bits.get(cell, 0.0), 0.0) for cell in cells)
    speaking = [cell for cell in cells if bits.get(cell, 0.0) > 0]
    total = sum(bits[cell] for cell in speaking)
    if against + total > most:
        share = max(0.0, most - against) / total if total else 0.0
        bits |= {cell: bits[cell] * share for cell in speaking}
    if against > most:
        bits[cells[0]] -= against - most


def log_loss(confidence: F64, same: F64, counted: F64) -> float:
    """Mean surprise in bits at the labels `same` (0-1) of pairs said to be one company with `confidence`."""
    likely = np.clip(confidence, 1e-9, 1 - 1e-9)
    surprise = -(same * np.log2(likely) + (1 - same) * np.log2(1 - likely))
    return float((surprise * counted).sum() / counted.sum())


@dataclass(frozen=True)
class Bin:
    """Pairs of like confidence: what was said of them on average, what was so, and how many (weighted) there are."""

    said: float
    was: float
    cases: float


def reliability(confidence: F64, same: F64, counted: F64, *, edges: tuple[float, ...]) -> list[Bin]:
    """Bins between `edges`, those that hold anything."""
    at = np.digitize(confidence, edges)
    found = []
    for number in range(len(edges) + 1):
        inside = at == number
        total = float(counted[inside].sum())
        if total:
            means = [float((column[inside] * counted[inside]).sum() / total) for column in (confidence, same)]
            found.append(Bin(means[0], means[1], total))
    return found
