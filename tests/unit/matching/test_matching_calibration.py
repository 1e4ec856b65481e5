"""Weights are learnt from labels: what is true of the pairs comes out, and what must hold whatever they say holds."""

import numpy as np
import polars as pl
import pytest

from service.matching.calibrate import (
    ELSEWHERE_AT_MOST,
    RIVALS_AT_MOST,
    WEAK_AT_MOST,
    calibrate,
    log_loss,
    reliability,
)
from service.matching.cases import MOST_ALIKE, OUTCOMES, ListPair, cases_of_lists, cases_of_set
from service.matching.evaluate import LabelledSet
from service.matching.kinds import Attribute, KeyKind
from service.matching.score import evidence_column, score
from service.matching.weights import AGREES, DIFFERS, EVERY_GROUP, LEADS, prior_weights, shipped_weights

A, K = Attribute, KeyKind
SHARES = {1: 0.95, 0: 0.8, -1: 0.3}
"""Of pairs that met by a strong name: how many are one company where the country agrees, is unknown, differs."""


def _cases(kind: K, evidence: dict[A, int], same: float, count: int) -> pl.DataFrame:
    """So many pairs of which this share is one company."""
    row = dict.fromkeys(OUTCOMES, 0) | {kind.value: 1} | {evidence_column(a): v for a, v in evidence.items()}
    frame = pl.DataFrame([row] * count, schema=dict.fromkeys(OUTCOMES, pl.Int8))
    frame = frame.with_columns(pl.col([k.value for k in K]).cast(pl.Boolean))
    labels = pl.Series("same", np.arange(count) < round(same * count), dtype=pl.Float64)
    return frame.with_columns(labels, set=pl.lit("made"), weight=pl.lit(1.0))


def _confidence(cases: pl.DataFrame, kind: K, evidence: dict[A, int]) -> float:
    learnt = calibrate(cases, prior_weights())
    return float(score(_cases(kind, evidence, 1, 1), weights=learnt.weights)["confidence"][0])


@pytest.mark.parametrize("country", [1, 0, -1])
def test_confidences_come_out_as_the_labels_are(country: int) -> None:
    cases = pl.concat(_cases(K.NAME, {A.COUNTRY: value}, share, 3000) for value, share in SHARES.items())
    assert _confidence(cases, K.NAME, {A.COUNTRY: country}) == pytest.approx(SHARES[country], abs=0.02)


def test_agreement_never_speaks_against_and_contradiction_never_for() -> None:
    lying = pl.concat([
        _cases(K.NAME, {A.SECTOR: 1}, 0.2, 500), _cases(K.NAME, {A.SECTOR: -1}, 0.9, 500), _cases(K.NAME, {}, 0.6, 500),
    ])  # fmt: skip
    weights = calibrate(lying, prior_weights()).weights
    assert weights.of("name", A.SECTOR, AGREES) == 0
    assert weights.of("name", A.SECTOR, DIFFERS) == 0


def test_what_was_seen_rarely_or_only_right_stays_as_it_was() -> None:
    prior = prior_weights()
    cases = pl.concat([_cases(K.DOMAIN, {}, 1.0, 1000), _cases(K.NAME_HEAD, {}, 0.5, 8)])
    learnt = calibrate(cases, prior)
    assert learnt.weights.bits == prior.bits
    assert not learnt.seen


def test_bounds_hold_whatever_the_labels_say() -> None:
    every = dict.fromkeys((A.SPACED_NAME, A.COUNTRY, A.CITY, A.SECTOR, A.SIZE), 1)
    parts = [
        _cases(kind, facts, share, 1000)
        for kind in (K.NAME, K.NAME_WEAK, K.NAME_HEAD)
        for facts, share in (({A.DOMAIN: -1} | every, 0.99), ({A.DOMAIN: -1}, 0.9), ({}, 0.5), (every, 0.99))
    ]
    placeless = every | {A.CITY: 0}
    parts.append(_cases(K.NAME_WEAK, placeless, 0.97, 1000))
    parts.append(_cases(K.NAME, every | {A.CITY: -1}, 0.97, 1000))
    cases = pl.concat(parts)
    for kind in (K.NAME, K.NAME_WEAK, K.NAME_HEAD):
        assert _confidence(cases, kind, {A.DOMAIN: -1} | every) <= RIVALS_AT_MOST + 0.005
    assert _confidence(cases, K.NAME_WEAK, placeless) <= WEAK_AT_MOST + 0.005
    assert _confidence(cases, K.NAME, every | {A.CITY: -1}) <= ELSEWHERE_AT_MOST + 0.005
    assert _confidence(cases, K.NAME_HEAD, every) < 0.9


def test_the_shipped_weights_are_learnt_and_hold_the_bounds_too() -> None:
    shipped, prior = shipped_weights(), prior_weights()
    assert shipped.bits.keys() == prior.bits.keys()
    assert shipped.of(EVERY_GROUP, K.NAME, LEADS) != prior.of(EVERY_GROUP, K.NAME, LEADS)
    assert shipped.of(EVERY_GROUP, K.DOMAIN, LEADS) == prior.of(EVERY_GROUP, K.DOMAIN, LEADS)


def test_cases_are_labelled_by_ids_and_a_crowd_of_alike_ones_is_bounded() -> None:
    names = [f"Orchid{number} Bakery" for number in range(120)]
    side = pl.DataFrame({
        "id": [str(n) for n in range(120)], "name": names, "website": [f"o{n}.com" for n in range(120)],
    })  # fmt: skip
    truth = pl.DataFrame(
        {"left": range(120), "right": range(120)}, schema={"left": pl.UInt32, "right": pl.UInt32}
    )
    cases = cases_of_set(LabelledSet("made", side, side, truth))
    assert set(cases["set"]) == {"made/whole", "made/names"}
    met = cases.filter((pl.col("set") == "made/whole") & pl.col("domain"))
    assert (len(met), set(met["same"])) == (120, {1.0})
    assert met["weight"].sum() == pytest.approx(MOST_ALIKE)


def test_two_lists_are_labelled_by_domains_that_the_matcher_does_not_see() -> None:
    left = pl.DataFrame(
        {"name": ["Orchid Bakery", "Kestrel Mining"], "website": ["orchid.com", "kestrel.com"]}
    )
    right = pl.DataFrame({"name": ["Orchid Bakery", "Kestrel Mining"], "website": ["orchid.com", "km.co"]})
    cases = cases_of_lists(ListPair("a__b", left, right, namesakes=0.25))
    by_name = cases.filter(pl.col("set") == "a__b/names")
    assert sorted(by_name.filter("name")["same"]) == [0.25, 1.0]
    assert not by_name["domain"].any()
    assert cases.filter(pl.col("set") == "a__b/rivals")["same"].unique().to_list() == [0.25]


def test_losses_and_bins_are_what_they_say() -> None:
    said, so, counted = np.array([0.5, 0.5, 0.9]), np.array([1.0, 0.0, 1.0]), np.array([1.0, 1.0, 2.0])
    assert log_loss(said, so, counted) == pytest.approx((1 + 1 - 2 * np.log2(0.9)) / 4)
    bins = reliability(said, so, counted, edges=(0.7,))
    assert [(one.said, one.was, one.cases) for one in bins] == [(0.5, 0.5, 2.0), (0.9, 1.0, 2.0)]
