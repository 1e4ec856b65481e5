"""How well pairs are found: recall and precision with their denominators, beside plain baselines.

Precision is over the cross product of both lists: a predicted pair whose two ids differ is wrong. Recall is over the labelled
pairs, and over those of them that share a domain or the name without its legal form, which any matcher could find. Records whose id
is on one side only are left out of both, since nobody knows whether they have a partner; so are labels known to be wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from service.matching import tables
from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.score import AUTO, score
from service.matching.weights import Weights

SHARED = "domain or name"
BASELINES = ("byte-equal name", "domain", "stripped name", SHARED)
MATCHER = ("auto", "auto+review")
MOST_WITHOUT_DOMAIN = 0.5
"""A set of which more records have no domain isn't pooled with those that do."""


@dataclass(frozen=True)
class LabelledSet:
    """Two lists with ids. `left` and `right` have `id`, `name`, `website` and whatever else of `ACCOUNT_FIELDS` is known;
    `truth` holds the labelled pairs as rows `left`, `right` (UInt32); `errors`: `left_name`, `right_name` of labels that are wrong.
    """

    name: str
    left: pl.DataFrame
    right: pl.DataFrame
    truth: pl.DataFrame
    errors: pl.DataFrame | None = None

    @property
    def has_domains(self) -> bool:
        """Whether it is pooled with the other sets that have domains."""
        nulls = [frame["website"].null_count() / max(len(frame), 1) for frame in (self.left, self.right)]
        return max(nulls) <= MOST_WITHOUT_DOMAIN


@dataclass(frozen=True)
class Measure:
    """What one method found: `found` of `labelled` pairs, `correct` of `predicted` pairs. Ratios are null over nothing.

    `found_shared` of `shared`: the same over the labelled pairs that share a domain or a stripped name.
    """

    method: str
    found: int
    labelled: int
    correct: int
    predicted: int
    found_shared: int = 0
    shared: int = 0

    @property
    def recall(self) -> float | None:
        return self.found / self.labelled if self.labelled else None

    @property
    def precision(self) -> float | None:
        return self.correct / self.predicted if self.predicted else None

    @property
    def recall_shared(self) -> float | None:
        return self.found_shared / self.shared if self.shared else None


@dataclass(frozen=True)
class CurvePoint:
    """Everything from `confidence` on: `found` of `labelled` pairs, `correct` of `predicted`."""

    confidence: float
    found: int
    labelled: int
    correct: int
    predicted: int


def evaluate_set(
    labelled: LabelledSet, *, threshold: float = 0.90, weights: Weights | None = None
) -> list[Measure]:
    """The baselines, then `auto` and `auto+review` of the matcher, over one labelled set."""
    pairs = scored(labelled, threshold=threshold, weights=weights)
    domain, name = _equal(_domains(labelled)), _equal(_names(labelled))
    either = pl.concat([domain, name]).unique()
    predictions = {
        BASELINES[0]: _equal((labelled.left["name"], labelled.right["name"])),
        BASELINES[1]: domain,
        BASELINES[2]: name,
        SHARED: either,
        MATCHER[0]: pairs.filter(pl.col("status") == AUTO),
        MATCHER[1]: pairs,
    }
    shared = labelled.truth.join(either, on=["left", "right"], how="semi")
    return [measure(method, predicted, labelled, shared) for method, predicted in predictions.items()]


def scored(labelled: LabelledSet, *, threshold: float = 0.90, weights: Weights | None = None) -> pl.DataFrame:
    """The candidate pairs of a set with `confidence` and `status`."""
    met = meet_plain(normalise(labelled.left), normalise(labelled.right))
    return score(met, threshold=threshold, weights=weights)


def measure(
    method: str, predicted: pl.DataFrame, labelled: LabelledSet, shared: pl.DataFrame | None = None
) -> Measure:
    """Recall and precision of `predicted` (`left`, `right`, each pair once) over a labelled set."""
    known = _known(predicted, labelled)
    pairs = predicted.select("left", "right")
    found = labelled.truth.join(pairs, on=["left", "right"], how="semi")
    correct = known.filter(pl.col("mine") == pl.col("theirs"))
    of_shared = (
        labelled.truth.head(0) if shared is None else shared.join(pairs, on=["left", "right"], how="semi")
    )
    return Measure(
        method, len(found), len(labelled.truth), len(correct), len(known), len(of_shared),
        0 if shared is None else len(shared),
    )  # fmt: skip


def _known(predicted: pl.DataFrame, labelled: LabelledSet) -> pl.DataFrame:
    """The predicted pairs with the ids `mine` and `theirs`, as far as both are on both sides and no label of theirs is wrong."""
    ids = predicted.with_columns(
        mine=labelled.left["id"].gather(predicted["left"]),
        theirs=labelled.right["id"].gather(predicted["right"]),
        left_name=labelled.left["name"].gather(predicted["left"]),
        right_name=labelled.right["name"].gather(predicted["right"]),
    )
    known = ids.filter(
        pl.col("mine").is_in(labelled.right["id"].implode())
        & pl.col("theirs").is_in(labelled.left["id"].implode())
    )
    if labelled.errors is None:
        return known
    wrong = known.filter(pl.col("mine") != pl.col("theirs")).join(
        labelled.errors, on=["left_name", "right_name"], how="semi"
    )
    return known.join(wrong.select("left", "right"), on=["left", "right"], how="anti")


def pooled(sets: Sequence[Sequence[Measure]]) -> list[Measure]:
    """The measures of several sets as those of one, method by method."""
    return [
        Measure(
            lines[0].method,
            *(
                sum(getattr(line, name) for line in lines)
                for name in ("found", "labelled", "correct", "predicted", "found_shared", "shared")
            ),
        )
        for lines in zip(*sets, strict=True)
    ]


def curve(
    sets: Sequence[LabelledSet], levels: Sequence[float], *, weights: Weights | None = None
) -> list[CurvePoint]:
    """What is found and predicted from each confidence of `levels` on, over several sets."""
    points = []
    pairs = [scored(labelled, weights=weights) for labelled in sets]
    for level in levels:
        lines = [
            measure("", found.filter(pl.col("confidence") >= level), labelled)
            for labelled, found in zip(sets, pairs, strict=True)
        ]
        (line,) = pooled([[one] for one in lines])
        points.append(CurvePoint(level, line.found, line.labelled, line.correct, line.predicted))
    return points


def stripped_name(column: str) -> pl.Expr:
    """A plain baseline: lower case, punctuation to spaces, legal forms off at the end. Not the normaliser's key."""
    forms = "|".join(tables.legal_forms("end", spaceless=False))
    words = pl.col(column).str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(" ")
    return words.str.replace(rf"(?: (?:{forms}))+$", "")


def _names(labelled: LabelledSet) -> tuple[pl.Series, pl.Series]:
    left, right = (
        frame.select(stripped_name("name")).to_series() for frame in (labelled.left, labelled.right)
    )
    return left, right


def _domains(labelled: LabelledSet) -> tuple[pl.Series, pl.Series]:
    """Registrable domains, whatever the host."""
    left, right = (
        frame["website"].str.to_lowercase().str.strip_prefix("www.")
        for frame in (labelled.left, labelled.right)
    )
    return left, right


def _equal(keys: tuple[pl.Series, pl.Series]) -> pl.DataFrame:
    left, right = (
        pl.DataFrame({"key": key})
        .with_row_index("row")
        .filter(pl.col("key").is_not_null() & (pl.col("key") != ""))
        for key in keys
    )
    return left.join(right, on="key", suffix="_right").select(left="row", right="row_right")
