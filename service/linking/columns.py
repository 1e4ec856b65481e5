"""A side's tokens of one kind: sorted 16-byte big-endian tokens as u64 pairs, each beside the reference of its account."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
TOKEN_BYTES = 16
REF_BYTES = 8
_ENDS = np.uint64((1 << 20) - 1)


class References:
    """A set of references (u64, (n,)), to be looked for in long columns. They are keyed hashes: their last bits tell most apart."""

    def __init__(self, refs: U64) -> None:
        self.refs = np.unique(refs)
        self._ends = np.zeros(int(_ENDS) + 1, dtype=bool)
        self._ends[self.refs & _ENDS] = True

    def __len__(self) -> int:
        return len(self.refs)

    def among(self, refs: U64) -> NDArray[np.bool_]:
        """Which of `refs` (Boolean, (m,)) are in the set."""
        found: NDArray[np.bool_] = self._ends[refs & _ENDS]
        at = np.flatnonzero(found)
        found[at] = np.isin(refs[at], self.refs)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class TokenColumn:
    """`high`, `low`: u64 (n,), the two halves of each token; `refs`: u64 (n,). Sorted by (high, low, ref), each triple once."""

    high: U64
    low: U64
    refs: U64

    def __len__(self) -> int:
        return len(self.high)

    @classmethod
    def empty(cls) -> "TokenColumn":
        none = np.empty(0, dtype=np.uint64)
        return cls(none, none, none)

    @classmethod
    def of(cls, tokens: NDArray[np.uint8], refs: U64) -> "TokenColumn":
        """Sort `tokens` (uint8, (n, 16)) and `refs` (u64, (n,)) into a column.

        The high words decide all but about n²/2⁶⁵ of the order, so one sort of them and a repair of equal runs is ten
        times faster than sorting 16-byte values.
        """
        words = np.ascontiguousarray(tokens).view(">u8").reshape(-1, 2)
        return cls._sorted(words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64), refs)

    @classmethod
    def _sorted(cls, high: U64, low: U64, refs: U64) -> "TokenColumn":
        order = np.argsort(high)
        high, low, refs = high[order], low[order], refs[order]
        equal = high[1:] == high[:-1]
        if equal.any():
            tied = np.zeros(len(high), dtype=bool)
            tied[1:] |= equal
            tied[:-1] |= equal
            at = np.flatnonzero(tied)
            within = at[np.lexsort((refs[at], low[at], high[at]))]
            low[at], refs[at], high[at] = low[within], refs[within], high[within]
            same = equal & (low[1:] == low[:-1]) & (refs[1:] == refs[:-1])
            keep = np.concatenate(([True], ~same))
            # `equal` was taken before the repair, but the repair permutes only inside runs of equal high words
            high, low, refs = high[keep], low[keep], refs[keep]
        return cls(high, low, refs)

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> "TokenColumn":
        """Columns `high`, `low`, `ref` (UInt64) in any order."""
        return cls._sorted(*(frame[name].to_numpy() for name in ("high", "low", "ref")))

    def union(self, other: "TokenColumn") -> "TokenColumn":
        """The rows of both, each once."""
        mine, theirs = (self.high, self.low, self.refs), (other.high, other.low, other.refs)
        return self._sorted(*(np.concatenate(both) for both in zip(mine, theirs, strict=True)))

    def without(self, other: "TokenColumn") -> "TokenColumn":
        """The rows that `other` doesn't have."""
        if not len(self) or not len(other):
            return self
        rows = self.frame().with_row_index("at").join(other.frame(), on=["high", "low", "ref"], how="semi")
        kept = np.ones(len(self), dtype=bool)
        kept[rows["at"].to_numpy()] = False
        return self.where(kept)

    def where(self, kept: NDArray[np.bool_]) -> "TokenColumn":
        """The rows at which `kept` (Boolean, (n,)) is true."""
        return TokenColumn(self.high[kept], self.low[kept], self.refs[kept])

    def at(self, rows: NDArray[np.intp]) -> "TokenColumn":
        """The rows at these places, which ascend."""
        return TokenColumn(self.high[rows], self.low[rows], self.refs[rows])

    def of_refs(self, refs: References) -> "TokenColumn":
        """The rows that name one of `refs`."""
        return self.where(refs.among(self.refs))

    def with_high(self, words: U64) -> "TokenColumn":
        """The rows whose tokens begin with one of the sorted `words`, found without looking at the others."""
        if not len(self):
            return self
        start = np.searchsorted(words, self.high[0])
        words = words[start : np.searchsorted(words, self.high[-1], side="right")]
        first, behind = (np.searchsorted(self.high, words, side=side) for side in ("left", "right"))
        counts = behind - first
        starts = np.repeat(first - np.cumsum(counts) + counts, counts)
        return self.at(starts + np.arange(len(starts)))

    def frame(self) -> pl.DataFrame:
        """Columns `high`, `low`, `ref` (UInt64)."""
        return pl.DataFrame({"high": self.high, "low": self.low, "ref": self.refs})

    def token_bytes(self) -> bytes:
        return np.column_stack((self.high, self.low)).astype(">u8").tobytes()

    def ref_bytes(self) -> bytes:
        return self.refs.astype(">u8").tobytes()

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the column takes."""
        return self.high.nbytes + self.low.nbytes + self.refs.nbytes

    @classmethod
    def concat(cls, parts: Sequence["TokenColumn"]) -> "TokenColumn":
        """Consecutive parts of a column, in their order, as one."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty()
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("high", "low", "refs")))

    @classmethod
    def from_bytes(cls, tokens: bytes, refs: bytes) -> "TokenColumn":
        words = np.frombuffer(tokens, dtype=">u8").reshape(-1, 2)
        return cls(
            words[:, 0].astype(np.uint64),
            words[:, 1].astype(np.uint64),
            np.frombuffer(refs, dtype=">u8").astype(np.uint64),
        )
