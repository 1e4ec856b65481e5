"""A token column as it is stored: a base, and a short list of changes that are merged into it when they grow."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import polars as pl

from service.linking.columns import TokenColumn

MERGE_FROM = 0.1
"""Changes of this share of the base, counted in tokens, are merged into it: a reader reads at most so much more."""
MOST_CHANGES = 16
"""A longer list of changes becomes one, so that many small ones aren't many reads."""
_ROW = ["high", "low", "ref"]


@dataclass(frozen=True, slots=True, eq=False)
class Delta:
    """What came to a column and what left it; no (token, reference) is in both."""

    added: TokenColumn
    removed: TokenColumn

    def __len__(self) -> int:
        return len(self.added) + len(self.removed)


def difference(before: TokenColumn, after: TokenColumn) -> Delta:
    """What makes `after` of `before`."""
    return Delta(after.without(before), before.without(after))


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """`changes` are in their order: a later one undoes what an earlier one did."""

    base: TokenColumn
    changes: Sequence[Delta] = ()

    def whole(self) -> TokenColumn:
        """The column as it stands."""
        if not self.changes:
            return self.base
        said = _last_words(self.changes)
        gone, come = (TokenColumn.of_frame(said.filter(pl.col("come") == way)) for way in (False, True))
        return self.base.without(gone).union(come)


def _last_words(changes: Sequence[Delta]) -> pl.DataFrame:
    """What the last change that names it says of each (token, reference): `come` or not."""
    parts = [
        column.frame().with_columns(come=pl.lit(come))
        for change in changes
        for come, column in ((False, change.removed), (True, change.added))
    ]
    return pl.concat(parts).unique(_ROW, keep="last", maintain_order=True)


class Writing(Enum):
    """How a column takes up what changed."""

    NOTHING = "nothing changed"
    CHANGE = "one change more"
    CHANGES = "one change in place of all"
    BASE = "a new base in place of all"


def writing(layers: Layers, delta: Delta) -> Writing:
    """What is to be written so that few bytes are, and few are read beside the base."""
    if not len(delta):
        return Writing.NOTHING
    if len(delta) + sum(map(len, layers.changes)) > MERGE_FROM * len(layers.base):
        return Writing.BASE
    return Writing.CHANGE if len(layers.changes) < MOST_CHANGES else Writing.CHANGES
