"""One list against itself: accounts of it that the engine takes for one company. The way of two lists, with one side's work."""

from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from service.linking.columns import U64, TokenColumn
from service.linking.evidence import codes_for, wanted
from service.linking.keys import LinkKeys
from service.linking.local import LocalMatch, local_keys
from service.linking.meet import KIND_TYPE, MAX_PAIRS_PER_TOKEN, SCHEMA, TOKEN, TokenSet
from service.linking.prepare import Prepared
from service.linking.score import DEFAULT_THRESHOLD, score_pairs
from service.linking.tokens import tokenise, tokens_of
from service.matching.keys import match_keys
from service.matching.kinds import KeyKind

MEETINGS_PER_ACCOUNT: Final = 4
"""Where a list would meet itself more often, accounts of the most common tokens meet the first of each alone."""
FEW_MEETINGS: Final = 50_000
"""So many are bearable in any list."""
_MOST_BEARERS: Final = isqrt(MAX_PAIRS_PER_TOKEN)
_ASKED: Final = (*TOKEN, "ref")


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """`meetings` as of `meet`, of each two accounts once: `left` and `right` are positions, the lower one left. `crowded` tokens
    stood for so many accounts that they tell nothing. Accounts that a token joins are joined by its meetings, if not each with each.
    """

    meetings: pl.DataFrame
    crowded: int

    @property
    def positions(self) -> NDArray[np.uint64]:
        """Of accounts in a meeting, ascending, each once."""
        return np.unique(np.concatenate([self.meetings[side].to_numpy() for side in ("left", "right")]))


def alike(normalised: pl.DataFrame, link: LinkKeys) -> Alike:
    """Where keys of a list meet, of what `normalise` gave for all of it; columns of evidence alone aren't asked for."""
    found = match_keys(normalised).columns
    tokens = tokens_of(found, np.arange(normalised.height, dtype=np.uint64), link)
    del found
    return _met(tokens, normalised.height)


def match_within(prepared: Prepared, *, threshold: float = DEFAULT_THRESHOLD) -> LocalMatch:
    """A prepared list against itself on the spot, as `match_locally` does with two: each pair once, the earlier account left."""
    link, refs = local_keys(), np.arange(prepared.accounts, dtype=np.uint64)
    found = _met(tokenise(prepared, refs, link), prepared.accounts)
    concerned = prepared.subset(pl.Series(found.positions, dtype=pl.UInt32))
    scored = score_alike(found.meetings, concerned, found.positions, link, threshold=threshold)
    placed = scored.select(
        pl.exclude("left", "right"),
        *(pl.col(side).cast(pl.UInt32).alias(f"{side}_index") for side in ("left", "right")),
    )
    best = ["confidence", "weight", "left_index", "right_index"]
    return LocalMatch(placed.sort(best, descending=[True, True, False, False]), found.crowded)


def _met(tokens: TokenSet, accounts: int) -> Alike:
    runs = {kind: _runs(tokens[kind]) for kind in KeyKind if kind in tokens}
    bearers = [np.diff(starts) for starts in runs.values()]
    met_in_full = _in_full(bearers, budget=max(FEW_MEETINGS, MEETINGS_PER_ACCOUNT * accounts))
    parts = [_meetings_of(kind, tokens[kind], starts, met_in_full) for kind, starts in runs.items()]
    crowded = sum(int((counts > _MOST_BEARERS).sum()) for counts in bearers)
    return Alike(pl.concat([pl.DataFrame(schema=SCHEMA), *parts]), crowded)


def _runs(column: TokenColumn) -> NDArray[np.int64]:
    """Where each token's bearers begin in a sorted column, and its end."""
    other = (column.high[1:] != column.high[:-1]) | (column.low[1:] != column.low[:-1])
    return (
        np.concatenate([[0], np.flatnonzero(other) + 1, [len(column)]])
        if len(column)
        else np.zeros(1, np.int64)
    )


def _in_full(bearers: list[NDArray[np.int64]], *, budget: int) -> int:
    """The most bearers of a token whose pairs all meet, so that there are at most `budget` such pairs of all tokens."""
    size = np.arange(_MOST_BEARERS + 1)
    tokens = sum(
        (np.bincount(b[b <= _MOST_BEARERS], minlength=len(size)) for b in bearers), np.zeros_like(size)
    )
    return int(np.flatnonzero(np.cumsum(tokens * (size * (size - 1) // 2)) <= budget)[-1])


def _meetings_of(
    kind: KeyKind, column: TokenColumn, starts: NDArray[np.int64], met_in_full: int
) -> pl.DataFrame:
    bearers = np.diff(starts)
    of = np.repeat(bearers, bearers)
    place = np.arange(len(column)) - np.repeat(starts[:-1], bearers)
    after = of - 1 - place
    met = np.where((of <= met_in_full) | (place == 0), after, 0) * (of <= _MOST_BEARERS)
    left = np.repeat(np.arange(len(column)), met)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(met) - met, met)
    named = pl.lit(kind.value, dtype=KIND_TYPE).alias("kind")
    at = {
        "high": column.high[left],
        "low": column.low[left],
        "left": column.refs[left],
        "right": column.refs[right],
    }
    return pl.DataFrame(at).select(named, pl.all())


def score_alike(
    meetings: pl.DataFrame,
    prepared: Prepared,
    refs: U64,
    link: LinkKeys,
    *,
    threshold: float = DEFAULT_THRESHOLD,
) -> pl.DataFrame:
    """`meetings` → what `score_pairs` gives. `prepared` and its `refs` are of the accounts in them, or of more."""
    asked = pl.concat([wanted(meetings, side) for side in ("left", "right")]).unique().sort(_ASKED)
    codes = codes_for(asked, prepared, refs, link)
    return score_pairs(meetings, codes, codes, threshold=threshold, one_list=True)


def components(left: U64, right: U64) -> tuple[U64, NDArray[np.int64]]:
    """Nodes in an edge (left[i], right[i]), ascending; and the label of each node's connected component, the lowest position in it."""
    nodes, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    a, b = places[: len(left)], places[len(left) :]
    label = np.arange(len(nodes))
    while True:
        low = np.minimum(label[a], label[b])
        after = label.copy()
        np.minimum.at(after, label[a], low)
        np.minimum.at(after, label[b], low)
        after = np.minimum(after, after[after])
        if np.array_equal(after, label):
            return nodes, label
        label = after
