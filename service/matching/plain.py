"""How two normalised lists meet in plain text: the reference for meeting by tokens, and what evaluation runs on.

Equal plain keys are equal tokens, so both give the same pairs.
"""

import polars as pl

from service.matching.keys import MatchKeys, evidence, match_keys
from service.matching.kinds import Attribute, KeyKind
from service.matching.score import evidence_column


def meet_plain(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Candidate pairs of two frames that `normalise` gave, ready for `score`.

    Columns: `left`, `right` (UInt32 rows), a Boolean per `KeyKind`, an Int8 `ev_<attribute>` per `Attribute`;
    sorted by left and right row, each pair once.
    """
    pairs = meet_keys(match_keys(left), match_keys(right))
    return compare(pairs, evidence(left), evidence(right))


def meet_keys(left: MatchKeys, right: MatchKeys) -> pl.DataFrame:
    """`left`, `right` and a Boolean per kind for every pair of rows that shares a key."""
    met = [
        left.columns[kind]
        .join(right.columns[kind], on="key", suffix="_right")
        .select(left="index", right="index_right", kind=pl.lit(1 << place, dtype=pl.UInt8))
        .unique()
        for place, kind in enumerate(KeyKind)
    ]
    pairs = (
        pl.concat(met)
        .group_by("left", "right")
        .agg(pl.col("kind").sum().alias("kinds"))
        .sort("left", "right")
    )
    bits = [(pl.col("kinds") & (1 << place) != 0).alias(kind) for place, kind in enumerate(KeyKind)]
    return pairs.select("left", "right", *bits)


def compare(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """`pairs` with an Int8 column per attribute: 1 where the two values are equal, -1 where they differ, 0 where one is unknown."""
    return pairs.with_columns(
        _agreement(left[attribute].gather(pairs["left"]), right[attribute].gather(pairs["right"])).alias(
            evidence_column(attribute)
        )
        for attribute in Attribute
    )


def _agreement(mine: pl.Series, theirs: pl.Series) -> pl.Series:
    equal = mine == theirs
    return equal.cast(pl.Int8).fill_null(0) - (~equal).cast(pl.Int8).fill_null(0)
