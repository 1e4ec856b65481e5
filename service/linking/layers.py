"""A token column as it is stored: a base, and a short list of changes that are merged into it when they grow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from service.linking.columns import U64, References, TokenColumn

MERGE_FROM = 0.1
"""Changes of this share of the base, counted in tokens, are merged into it: a reader reads at most so much more."""
MOST_CHANGES = 16
"""Of a longer list the newest become one, so that many small ones aren't many reads."""
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
    """`base` are consecutive parts of a column; `changes` are in their order: a later one undoes what an earlier one did."""

    base: Sequence[TokenColumn]
    changes: Sequence[Delta] = ()

    def __len__(self) -> int:
        """Rows of the column as it stands: a change adds only what isn't there, and removes only what is."""
        moved = sum(len(change.added) - len(change.removed) for change in self.changes)
        return sum(map(len, self.base)) + moved

    def whole(self) -> TokenColumn:
        """The column as it stands."""
        base = TokenColumn.concat(self.base)
        if not any(map(len, self.changes)):
            return base
        said = _by_row(self.changes)
        gone, come = (TokenColumn.of_frame(said.filter(pl.col("last") == way)) for way in (False, True))
        return base.without(gone).union(come)

    def with_high(self, words: U64) -> TokenColumn:
        """The rows of the column as it stands whose tokens begin with one of the sorted `words`."""
        return self._where(lambda part: part.with_high(words))

    def of_refs(self, refs: References) -> TokenColumn:
        """The rows of the column as it stands that name one of `refs`."""
        return self._where(lambda part: part.of_refs(refs))

    def _where(self, pick: Callable[[TokenColumn], TokenColumn]) -> TokenColumn:
        """What `pick` chooses row by row in the column as it stands, chosen before it is put together."""
        changes = [Delta(pick(change.added), pick(change.removed)) for change in self.changes]
        return Layers([pick(part) for part in self.base], changes).whole()


def _by_row(changes: Sequence[Delta]) -> pl.DataFrame:
    """What the `first` and the `last` change that name it say of each (token, reference): it comes, or goes."""
    parts = [
        column.frame().with_columns(come=pl.lit(come))
        for change in changes
        for come, column in ((False, change.removed), (True, change.added))
        if len(column)
    ]
    said = pl.concat(parts).group_by(_ROW, maintain_order=True)
    return said.agg(pl.col("come").first().alias("first"), pl.col("come").last().alias("last"))


def squashed(changes: Sequence[Delta]) -> Delta:
    """What several changes come to, one after the other."""
    if not any(map(len, changes)):
        return Delta(TokenColumn.empty(), TokenColumn.empty())
    lasting = _by_row(changes).filter(pl.col("first") == pl.col("last"))
    come, gone = (TokenColumn.of_frame(lasting.filter(pl.col("last") == way)) for way in (True, False))
    return Delta(come, gone)


def merging(layers: Layers, delta: Delta) -> int | None:
    """How many of the newest changes become one with `delta`; None if a new base is to be written in place of all.

    So that few bytes are written, and few are read beside the base. What is written again isn't larger than what came since.
    """
    if len(delta) + sum(map(len, layers.changes)) > MERGE_FROM * sum(map(len, layers.base)):
        return None
    if len(layers.changes) < MOST_CHANGES:
        return 0
    count, size = 1, len(delta) + len(layers.changes[-1])
    for change in reversed(layers.changes[:-1]):
        if len(change) > size:
            break
        count, size = count + 1, size + len(change)
    return count
