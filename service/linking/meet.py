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
    refs). `left_out`: the tokens (`kind`, `high`, `low`) that would have joined more than `MAX_PAIRS_PER_TOKEN` pairs.
    """

    meetings: pl.DataFrame
    left_out: pl.DataFrame

    @property
    def crowded(self) -> int:
        return self.left_out.height


KIND_TYPE = pl.Enum([k.value for k in KeyKind])
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": KIND_TYPE,
    "high": pl.UInt64,
    "low": pl.UInt64,
    "left": pl.UInt64,
    "right": pl.UInt64,
}


TOKEN = ["kind", "high", "low"]


def meet_column(left: TokenColumn, right: TokenColumn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Equal tokens of two sorted columns: `high`, `low`, `left`, `right`, and the crowded tokens left out (`high`, `low`)."""
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
    fits = pl.col("pairs") <= MAX_PAIRS_PER_TOKEN
    fit = sizes.filter(fits).select(token)
    pairs = a.join(fit, on=token, how="semi").join(b, on=token)
    return pairs.select("high", "low", "left", "right"), sizes.filter(~fits).select(token)


def _among(words: U64, others: U64) -> pl.Series:
    """Whether each of the sorted `words` is one of the sorted `others`."""
    if not len(others):
        return pl.Series(np.zeros(len(words), dtype=bool))
    at = np.minimum(np.searchsorted(others, words), len(others) - 1)
    return pl.Series(others[at] == words)


def meet(left: TokenSet, right: TokenSet) -> Candidates:
    """Join two sides kind by kind; only kinds that both have can meet."""
    parts = [pl.DataFrame(schema=SCHEMA)]
    crowded = [pl.DataFrame(schema={column: SCHEMA[column] for column in TOKEN})]
    for kind in KeyKind:
        if kind in left and kind in right:
            named = pl.lit(kind.value, dtype=KIND_TYPE).alias("kind")
            pairs, left_out = meet_column(left[kind], right[kind])
            parts.append(pairs.select(named, pl.all()))
            crowded.append(left_out.select(named, pl.all()))
    return Candidates(pl.concat(parts).sort("kind", "high", "low", "left", "right"), pl.concat(crowded))


def moved_tokens(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The tokens that are left out now and weren't, or were and aren't: `left_out` twice."""
    return pl.concat([before.join(now, on=TOKEN, how="anti"), now.join(before, on=TOKEN, how="anti")])


def moved_by_crowding(sides: tuple[TokenSet, TokenSet], before: pl.DataFrame, now: pl.DataFrame) -> list[U64]:
    """References, a side each, whose pairs changed because a token is left out now and wasn't, or was and isn't: `left_out` twice."""
    flipped = moved_tokens(before, now)
    return [
        np.concatenate([_NONE, *(_bearers(tokens, kind, flipped) for kind in tokens)]) for tokens in sides
    ]


_NONE = np.empty(0, dtype=np.uint64)


def _bearers(tokens: TokenSet, kind: KeyKind, wanted: pl.DataFrame) -> U64:
    asked = wanted.filter(pl.col("kind") == kind.value)
    if not asked.height:
        return _NONE
    return tokens[kind].frame().join(asked, on=["high", "low"], how="semi")["ref"].to_numpy()


def between(meetings: pl.DataFrame, left: U64 | None, right: U64 | None) -> pl.DataFrame:
    """Those of `meetings`, or of pairs, in which `left` has the left account or `right` the right one; None stands for all."""
    if left is None or right is None:
        return meetings
    named = pl.col("left").is_in(pl.Series(left).implode()) | pl.col("right").is_in(
        pl.Series(right).implode()
    )
    return meetings.filter(named)


def with_context(meetings: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """The `judged` ones of `meetings`, and all of pairs that share a domain with one of them: what its domain says goes by who bears it."""
    domain = pl.col("kind") == KeyKind.DOMAIN.value
    at = judged.filter(domain).select("high", "low").unique()
    beside = meetings.filter(domain).join(at, on=["high", "low"], how="semi")
    pairs = pl.concat([two.select("left", "right") for two in (judged, beside)]).unique()
    return meetings.join(pairs, on=["left", "right"], how="semi", maintain_order="left")
