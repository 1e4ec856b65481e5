"""Where two sides' tokens meet: the candidate pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from service.linking.columns import U64, TokenColumn
from service.matching.kinds import KeyKind

MAX_PAIRS_PER_TOKEN = 10_000
"""A token that would join more pairs than this (100 × 100 accounts of one name) tells nothing and is left out, counted."""

TokenSet = Mapping[KeyKind, TokenColumn]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """`meetings`: one row per (kind, token, left account, right account): `kind`, `high`, `low`, `left`, `right` (UInt64
    refs). `crowded`: how many tokens were left out because they would have joined more than `MAX_PAIRS_PER_TOKEN` pairs.
    """

    meetings: pl.DataFrame
    crowded: int


KIND_TYPE = pl.Enum([k.value for k in KeyKind])
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": KIND_TYPE,
    "high": pl.UInt64,
    "low": pl.UInt64,
    "left": pl.UInt64,
    "right": pl.UInt64,
}


def meet_column(left: TokenColumn, right: TokenColumn) -> tuple[pl.DataFrame, int]:
    """Equal tokens of two sorted columns: `high`, `low`, `left`, `right`, and the number of crowded tokens left out."""
    # The high words tell all but a few chance equals apart; both columns are sorted by them, so the many tokens that meet
    # nothing go by one search in order, and the joins see the rest.
    a = left.frame().filter(_among(left.high, right.high)).rename({"ref": "left"})
    b = right.frame().filter(_among(right.high, left.high)).rename({"ref": "right"})
    token = ["high", "low"]
    sizes = (
        a.group_by(token)
        .len("of_left")
        .join(b.group_by(token).len("of_right"), on=token)
        .with_columns(pairs=pl.col("of_left").cast(pl.UInt64) * pl.col("of_right"))
    )
    fit = sizes.filter(pl.col("pairs") <= MAX_PAIRS_PER_TOKEN).select(token)
    pairs = a.join(fit, on=token, how="semi").join(b, on=token)
    return pairs.select("high", "low", "left", "right"), len(sizes) - len(fit)


def _among(words: U64, others: U64) -> pl.Series:
    """Whether each of the sorted `words` is one of the sorted `others`."""
    if not len(others):
        return pl.Series(np.zeros(len(words), dtype=bool))
    at = np.minimum(np.searchsorted(others, words), len(others) - 1)
    return pl.Series(others[at] == words)


def meet(left: TokenSet, right: TokenSet) -> Candidates:
    """Join two sides kind by kind; only kinds that both have can meet."""
    parts, crowded = [pl.DataFrame(schema=SCHEMA)], 0
    for kind in KeyKind:
        if kind in left and kind in right:
            pairs, left_out = meet_column(left[kind], right[kind])
            parts.append(pairs.select(pl.lit(kind.value, dtype=KIND_TYPE).alias("kind"), pl.all()))
            crowded += left_out
    return Candidates(pl.concat(parts).sort("kind", "high", "low", "left", "right"), crowded)
