"""Meetings and both sides' codes → scored pairs."""

import polars as pl

from service.linking.evidence import compare
from service.matching.score import score

DEFAULT_THRESHOLD = 0.90


def score_pairs(
    meetings: pl.DataFrame,
    left: pl.DataFrame,
    right: pl.DataFrame,
    *,
    threshold: float = DEFAULT_THRESHOLD,
    one_list: bool = False,
) -> pl.DataFrame:
    """One row a pair, by (left, right): the Booleans and agreements of `compare`, with `weight`, `confidence`, `status`, `rules`."""
    return score(compare(meetings, left, right, one_list=one_list), threshold=threshold)
