"""One list against itself: accounts of it that the engine takes for one company. The way of two lists, with one side's work."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from service.linking.columns import U64
from service.linking.evidence import codes_for, wanted
from service.linking.keys import LinkKeys
from service.linking.local import LocalMatch, local_keys
from service.linking.meet import TokenSet, meet
from service.linking.prepare import Prepared
from service.linking.score import DEFAULT_THRESHOLD, score_pairs
from service.linking.tokens import tokenise, tokens_of
from service.matching.keys import match_keys

TOKEN = ("kind", "high", "low", "ref")


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """`meetings` as of `meet`, of each two accounts once: `left` and `right` are positions, the lower one left. `crowded` tokens
    stood for so many accounts that they tell nothing.
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
    return _met(tokens)


def match_within(prepared: Prepared, *, threshold: float = DEFAULT_THRESHOLD) -> LocalMatch:
    """A prepared list against itself on the spot, as `match_locally` does with two: each pair once, the earlier account left."""
    link, refs = local_keys(), np.arange(prepared.accounts, dtype=np.uint64)
    found = _met(tokenise(prepared, refs, link))
    concerned = prepared.subset(pl.Series(found.positions, dtype=pl.UInt32))
    scored = score_alike(found.meetings, concerned, found.positions, link, threshold=threshold)
    placed = scored.select(
        pl.exclude("left", "right"),
        *(pl.col(side).cast(pl.UInt32).alias(f"{side}_index") for side in ("left", "right")),
    )
    best = ["confidence", "weight", "left_index", "right_index"]
    return LocalMatch(placed.sort(best, descending=[True, True, False, False]), found.crowded)


def _met(tokens: TokenSet) -> Alike:
    candidates = meet(tokens, tokens)
    return Alike(candidates.meetings.filter(pl.col("left") < pl.col("right")), candidates.crowded)


def score_alike(
    meetings: pl.DataFrame,
    prepared: Prepared,
    refs: U64,
    link: LinkKeys,
    *,
    threshold: float = DEFAULT_THRESHOLD,
) -> pl.DataFrame:
    """`meetings` → what `score_pairs` gives. `prepared` and its `refs` are of the accounts in them, or of more."""
    asked = pl.concat([wanted(meetings, side) for side in ("left", "right")]).unique().sort(TOKEN)
    codes = codes_for(asked, prepared, refs, link)
    return score_pairs(meetings, codes, codes, threshold=threshold)


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
