"""How well pairs are found: recall and precision with their denominators, beside plain baselines.

Precision is over the cross product of both lists: a predicted pair whose two ids differ is wrong. Recall is over the labelled
pairs. Records whose id is on one side only are left out of both, since nobody knows whether they have a partner.
"""

from dataclasses import dataclass

import polars as pl

from service.matching import tables
from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.score import AUTO, score

BASELINES = ("byte-equal name", "domain", "stripped name")
MATCHER = ("auto", "auto+review")


@dataclass(frozen=True)
class LabelledSet:
    """Two lists with ids. `left` and `right` have `id`, `name`, `website` and whatever else of `ACCOUNT_FIELDS` is known;
    `truth` holds the labelled pairs as rows `left`, `right` (UInt32).
    """

    name: str
    left: pl.DataFrame
    right: pl.DataFrame
    truth: pl.DataFrame


@dataclass(frozen=True)
class Measure:
    """What one method found: `found` of `labelled` pairs, `correct` of `predicted` pairs. Ratios are null over nothing."""

    method: str
    found: int
    labelled: int
    correct: int
    predicted: int

    @property
    def recall(self) -> float | None:
        return self.found / self.labelled if self.labelled else None

    @property
    def precision(self) -> float | None:
        return self.correct / self.predicted if self.predicted else None


def evaluate_set(labelled: LabelledSet, *, threshold: float = 0.90) -> list[Measure]:
    """The baselines, then `auto` and `auto+review` of the matcher, over one labelled set."""
    pairs = score(meet_plain(normalise(labelled.left), normalise(labelled.right)), threshold=threshold)
    predictions = {
        BASELINES[0]: _equal(labelled, pl.col("name")),
        BASELINES[1]: _equal(labelled, pl.col("website").str.to_lowercase()),
        BASELINES[2]: _equal(labelled, stripped_name("name")),
        MATCHER[0]: pairs.filter(pl.col("status") == AUTO),
        MATCHER[1]: pairs,
    }
    return [measure(method, predicted, labelled) for method, predicted in predictions.items()]


def measure(method: str, predicted: pl.DataFrame, labelled: LabelledSet) -> Measure:
    """Recall and precision of `predicted` (`left`, `right`, each pair once) over a labelled set."""
    ids = pl.DataFrame(
        {
            "mine": labelled.left["id"].gather(predicted["left"]),
            "theirs": labelled.right["id"].gather(predicted["right"]),
        }
    )
    known = ids.filter(
        pl.col("mine").is_in(labelled.right["id"].implode())
        & pl.col("theirs").is_in(labelled.left["id"].implode())
    )
    found = labelled.truth.join(predicted.select("left", "right"), on=["left", "right"], how="semi")
    correct = known.filter(pl.col("mine") == pl.col("theirs"))
    return Measure(method, len(found), len(labelled.truth), len(correct), len(known))


def stripped_name(column: str) -> pl.Expr:
    """A plain baseline: lower case, punctuation to spaces, legal forms off at the end. Not the normaliser's key."""
    forms = "|".join(tables.legal_forms("end", spaceless=False))
    words = pl.col(column).str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(" ")
    return words.str.replace(rf"(?: (?:{forms}))+$", "")


def _equal(labelled: LabelledSet, key: pl.Expr) -> pl.DataFrame:
    left, right = (
        frame.select(key.alias("key"))
        .with_row_index("row")
        .filter(pl.col("key").is_not_null() & (pl.col("key") != ""))
        for frame in (labelled.left, labelled.right)
    )
    return left.join(right, on="key", suffix="_right").select(left="row", right="row_right")
