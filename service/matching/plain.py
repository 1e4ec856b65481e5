"""How two normalised lists meet in plain text: the reference for meeting by tokens, and what evaluation runs on.

Equal plain keys are equal tokens, so both give the same pairs.
"""

import polars as pl

from service.matching.keys import MatchKeys, evidence, match_keys
from service.matching.kinds import Attribute, KeyKind
from service.matching.numbers import EVIDENCE, numbers_agree
from service.matching.score import evidence_column
from service.matching.shared import SHARED, shared_domains, told_besides


def meet_plain(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Candidate pairs of two frames that `normalise` gave, ready for `score`.

    Columns: `left`, `right` (UInt32 rows), a Boolean per `KeyKind`, an Int8 `ev_<attribute>` per `Attribute`;
    sorted by left and right row, each pair once.
    """
    mine, theirs = match_keys(left), match_keys(right)
    pairs = compare(meet_keys(mine, theirs), evidence(left), evidence(right))
    domains = mine.columns[KeyKind.DOMAIN].join(theirs.columns[KeyKind.DOMAIN], on="key", suffix="_right")
    met = (
        domains.select("key", left="index", right="index_right")
        .with_columns(
            left_name=left["spaced_name"].gather(domains["index"]),
            right_name=right["spaced_name"].gather(domains["index_right"]),
            left_shown=True,
            right_shown=True,
        )
        .join(pairs.select("left", "right", *told_besides()), on=["left", "right"])
    )
    told = pairs.join(shared_domains(met, ["key"]), on=["left", "right"], how="left", maintain_order="left")
    agreeing = pl.when(pl.col("settled").is_null()).then(1).otherwise(SHARED).cast(pl.Int8)
    domain = evidence_column(Attribute.DOMAIN)
    kept = told.filter(~pl.col("settled").fill_null(value=False))
    return kept.with_columns(pl.when(KeyKind.DOMAIN).then(agreeing).otherwise(domain).alias(domain)).drop(
        "settled"
    )


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
    said = pairs.with_columns(
        _agreement(left[value].gather(pairs["left"]), right[value].gather(pairs["right"])).alias(
            f"ev_{value}"
        )
        for value in EVIDENCE
    )
    return said.with_columns(numbers_agree()).select(*pairs.columns, *map(evidence_column, Attribute))


def _agreement(mine: pl.Series, theirs: pl.Series) -> pl.Series:
    equal = mine == theirs
    return equal.cast(pl.Int8).fill_null(0) - (~equal).cast(pl.Int8).fill_null(0)
