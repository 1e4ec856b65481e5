"""Connected groups of pairs: how many distinct companies a set of overlaps stands for."""

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]


def company_groups(left: U64, right: U64) -> NDArray[np.int64]:
    """Label each pair (left[i], right[i]) with its connected group: (n,) → labels 0 … groups-1, in order of first appearance.

    Accounts of the two sides are different nodes even where their references are equal numbers. Labels spread by minimum
    over the edges, with pointer jumping between rounds, so long chains take a logarithmic number of rounds.
    """
    if len(left) == 0:
        return np.empty(0, dtype=np.int64)
    _, a = np.unique(left, return_inverse=True)
    _, b = np.unique(right, return_inverse=True)
    b = b + a.max() + 1
    parent = np.arange(b.max() + 1)
    while True:
        low = np.minimum(parent[a], parent[b])
        after = parent.copy()
        np.minimum.at(after, parent[a], low)
        np.minimum.at(after, parent[b], low)
        after = _roots(after)
        if np.array_equal(after, parent):
            break
        parent = after
    _, first, labels = np.unique(parent[a], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[labels]


def _roots(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    while True:
        jumped = parent[parent]
        if np.array_equal(jumped, parent):
            return jumped
        parent = jumped
