"""Which pairs are to be judged anew after changes: met by the tokens of what was touched, or by all tokens."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from service.linking.columns import U64
from service.linking.meet import (
    Candidates,
    TokenSet,
    between,
    meet,
    moved_by_crowding,
    moved_tokens,
    with_context,
)

Words = Mapping[str, U64]
"""By kind of key, the first halves of tokens, sorted."""
_NONE = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """`left` and `right`: references whose pairs may have changed. `words`: what their tokens begin with, and those of accounts that share
    a domain with them, as they are now, or more; None where nobody knows. `left_out`: the tokens that were left out when all were met last.
    """

    left: U64
    right: U64
    words: Words | None
    left_out: pl.DataFrame

    def concerned(self) -> Words | None:
        """What the tokens begin with at which anything can have changed; None for any."""
        if self.words is None:
            return None
        before = {str(kind): part["high"].to_numpy() for (kind,), part in self.left_out.group_by("kind")}
        kinds = {*self.words, *before}
        return {k: np.union1d(self.words.get(k, _NONE), before.get(k, _NONE)) for k in kinds}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """`meetings` of the pairs to be judged: those of which one account is in `left` or `right`, None for all of them; and of the pairs that
    share a domain with one of these, which are not judged. `left_out` are all tokens that are left out now.
    """

    meetings: pl.DataFrame
    left_out: pl.DataFrame
    left: U64 | None
    right: U64 | None


def judge_few(sides: tuple[TokenSet, TokenSet], touched: Touched) -> Found | None:
    """What `judge_all` finds, from the tokens that begin with `touched.concerned()` alone.

    A token whose accounts nobody touched is as crowded as it was. None if one comes to be left out or ceases to: that concerns all its
    accounts, whose other tokens aren't among these.
    """
    candidates = meet(*sides)
    if moved_tokens(touched.left_out, candidates.left_out).height:
        return None
    return _found(candidates, touched.left, touched.right)


def judge_all(sides: tuple[TokenSet, TokenSet], touched: Touched | None) -> Found:
    """From all tokens of both sides; every pair if nobody knows what was touched."""
    candidates = meet(*sides)
    if touched is None:
        return Found(candidates.meetings, candidates.left_out, None, None)
    moved = moved_by_crowding(sides, touched.left_out, candidates.left_out)
    left, right = (
        np.union1d(refs, more) for refs, more in zip((touched.left, touched.right), moved, strict=True)
    )
    return _found(candidates, left, right)


def _found(candidates: Candidates, left: U64, right: U64) -> Found:
    judged = between(candidates.meetings, left, right)
    return Found(with_context(candidates.meetings, judged), candidates.left_out, left, right)
