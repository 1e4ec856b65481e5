"""Labelled candidate pairs to calibrate match weights on: whether the two are one company, beside what met and what agreed."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from service.matching.evaluate import LabelledSet
from service.matching.kinds import Attribute, KeyKind
from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.score import evidence_column

MOST_ALIKE = 50.0
"""What the pairs of one set that met and agree alike count for at most: a large set of easy pairs doesn't outvote the hard ones."""
OUTCOMES = [*(kind.value for kind in KeyKind), *(evidence_column(attribute) for attribute in Attribute)]


@dataclass(frozen=True)
class ListPair:
    """Two lists whose domains label their pairs: equal ones are one company. `left` and `right` have `website` and more of `ACCOUNT_FIELDS`.

    `namesakes` is the share of pairs with one name and two domains that are one company all the same, as a reader judged a sample.
    """

    name: str
    left: pl.DataFrame
    right: pl.DataFrame
    namesakes: float


def cases_of_set(labelled: LabelledSet) -> pl.DataFrame:
    """The cases  of a set joined by ids: as it is, and with the websites left out."""
    mine, theirs = labelled.left["id"], labelled.right["id"]

    def label(pairs: pl.DataFrame) -> pl.DataFrame:
        ids = pairs.with_columns(mine=mine.gather(pairs["left"]), theirs=theirs.gather(pairs["right"]))
        known = pl.col("mine").is_in(theirs.implode()) & pl.col("theirs").is_in(mine.implode())
        return ids.filter(known).with_columns(same=(pl.col("mine") == pl.col("theirs")).cast(pl.Float64))

    without = [frame.drop("website") for frame in (labelled.left, labelled.right)]
    whole = _cases(f"{labelled.name}/whole", (labelled.left, labelled.right), label)
    return pl.concat([whole, _cases(f"{labelled.name}/names", (without[0], without[1]), label)])


def cases_of_lists(pair: ListPair) -> pl.DataFrame:
    """The cases  of two lists: met by their names alone, and namesakes of two domains."""
    domains = [normalise(frame.select("website", "name"))["domain"] for frame in (pair.left, pair.right)]

    def label(pairs: pl.DataFrame) -> pl.DataFrame:
        named = pairs.with_columns(
            mine=domains[0].gather(pairs["left"]), theirs=domains[1].gather(pairs["right"])
        )
        equal = pl.col("mine") == pl.col("theirs")
        return named.filter(equal.is_not_null()).with_columns(
            same=pl.when(equal).then(1.0).otherwise(pair.namesakes)
        )

    without = [frame.drop("website") for frame in (pair.left, pair.right)]
    by_name = _cases(f"{pair.name}/names", (without[0], without[1]), label)
    rivals = _cases(f"{pair.name}/rivals", (pair.left, pair.right), label)
    return pl.concat([by_name, rivals.filter(pl.col(evidence_column(Attribute.DOMAIN)) < 0)])


def _cases(
    name: str, lists: tuple[pl.DataFrame, pl.DataFrame], label: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """One row a candidate pair: `set`, `same` (0-1), `weight`, a Boolean a kind and an Int8 `ev_<attribute>` each."""
    labelled = label(meet_plain(*map(normalise, lists)))
    size = pl.len().over(OUTCOMES).cast(pl.Float64)
    counted = labelled.with_columns(set=pl.lit(name), weight=pl.min_horizontal(size, MOST_ALIKE) / size)
    return counted.select("set", "same", "weight", *OUTCOMES)
