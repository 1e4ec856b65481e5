import itertools
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.matching import Attribute, KeyKind
from service.matching.explain import explain
from service.matching.score import evidence_column, score
from service.matching.shared import SHARED
from service.matching.tables import weight_rows
from service.matching.weights import GROUPS, shipped_weights

A, K = Attribute, KeyKind


def _scored(met: set[KeyKind], agreement: dict[Attribute, int], threshold: float = 0.90) -> dict[str, object]:
    columns: dict[str, pl.Series] = {kind: pl.Series([kind in met]) for kind in K}
    columns |= {evidence_column(a): pl.Series([agreement.get(a, 0)], dtype=pl.Int8) for a in A}
    return score(pl.DataFrame(columns), threshold=threshold).row(0, named=True)


@pytest.mark.parametrize(
    ("met", "agreement", "low", "high"),
    [
        ({K.REGISTRY_ID}, {}, 0.995, 1.0),
        ({K.DOMAIN}, {}, 0.985, 0.995),
        ({K.LINKEDIN}, {}, 0.975, 0.985),
        ({K.NAME}, {A.COUNTRY: 1}, 0.90, 0.97),
        ({K.NAME}, {A.COUNTRY: 1, A.SECTOR: 1, A.CITY: -1, A.SPACED_NAME: 1}, 0.60, 0.88),
        ({K.DOMAIN}, {A.REGISTRY_ID: -1}, 0.0, 0.8999),
        ({K.NAME}, {}, 0.80, 0.95),
        ({K.DOMAIN}, {A.DOMAIN: SHARED}, 0.3, 0.7),
        ({K.DOMAIN}, dict.fromkeys(A, 1) | {A.DOMAIN: SHARED, A.REGISTRY_ID: 0}, 0.5, 0.8999),
        ({K.DOMAIN, K.NAME}, {A.DOMAIN: SHARED}, 0.95, 0.9999),
        ({K.DOMAIN, K.NAME_WEAK}, {A.DOMAIN: SHARED}, 0.90, 0.9999),
        ({K.DOMAIN, K.NAME_WEAK}, {A.DOMAIN: SHARED, A.COUNTRY: -1}, 0.3, 0.8999),
        ({K.DOMAIN, K.NAME_HEAD}, {A.DOMAIN: SHARED, A.COUNTRY: 1}, 0.5, 0.85),
        ({K.DOMAIN, K.LINKEDIN}, {A.DOMAIN: SHARED}, 0.98, 1.0),
        ({K.NAME}, {A.DOMAIN: -1}, 0.50, 0.80),
        ({K.NAME}, {A.DOMAIN: -1, A.COUNTRY: 1}, 0.60, 0.80),
        ({K.NAME}, {A.COUNTRY: -1}, 0.0, 0.75),
        ({K.NAME}, {A.COUNTRY: 1, A.REGISTRY_ID: -1}, 0.0, 0.6),
        ({K.NAME_WEAK}, {}, 0.3, 0.7),
        ({K.NAME_WEAK}, {A.DOMAIN: -1}, 0.0, 0.5),
        ({K.NAME_HEAD}, {}, 0.0, 0.5),
        ({K.DOMAIN, K.NAME}, {A.COUNTRY: -1}, 0.90, 1.0),
    ],
)
def test_confidences_hold_the_rule_of_thumb(
    met: set[KeyKind], agreement: dict[Attribute, int], low: float, high: float
) -> None:
    assert low <= float(str(_scored(met, agreement)["confidence"])) <= high


@pytest.mark.parametrize("kind", [K.NAME, K.NAME_WEAK, K.NAME_HEAD])
def test_names_with_two_different_domains_are_never_auto_whatever_agrees(kind: KeyKind) -> None:
    agreement = dict.fromkeys(A, 1) | {A.DOMAIN: -1, A.REGISTRY_ID: 0}
    assert _scored({kind, K.NAME_HEAD}, agreement)["status"] == "review"
    assert float(str(_scored({kind, K.NAME_HEAD}, agreement)["confidence"])) <= 0.80


def test_weak_names_are_not_auto_by_their_country_and_heads_by_nothing_public() -> None:
    assert (
        _scored({K.NAME_WEAK}, {A.COUNTRY: 1, A.SECTOR: 1, A.SIZE: 1, A.SPACED_NAME: 1})["status"] == "review"
    )
    assert _scored({K.NAME_HEAD}, dict.fromkeys(A, 1) | {A.REGISTRY_ID: 0})["status"] == "review"
    assert _scored({K.NAME_WEAK}, dict.fromkeys(A, 1) | {A.REGISTRY_ID: 0, A.DOMAIN: 0})["status"] == "auto"


def test_contradictions_lower_and_agreement_never_lowers() -> None:
    for kinds, attribute in itertools.product(([K.DOMAIN], [K.NAME], [K.NAME_WEAK], [K.NAME_HEAD]), A):
        weights = [float(str(_scored(set(kinds), {attribute: value})["weight"])) for value in (-1, 0, 1)]
        assert weights == sorted(weights), (kinds, attribute)


def test_rules_name_the_kinds_that_met_and_only_the_strongest_name() -> None:
    assert _scored({K.DOMAIN, K.NAME, K.NAME_WEAK, K.NAME_HEAD}, {})["rules"] == "domain+name"
    assert _scored({K.NAME_HEAD, K.REGISTRY_ID}, {})["rules"] == "registry_id+name_head"


def test_the_threshold_is_the_partnerships() -> None:
    assert _scored({K.NAME}, {}, threshold=0.80)["status"] == "auto"
    assert _scored({K.DOMAIN}, {}, threshold=0.999)["status"] == "review"


@given(
    st.sets(st.sampled_from(list(K)), min_size=1),
    st.fixed_dictionaries({a: st.sampled_from([-1, 0, 1]) for a in A}),
    st.sampled_from([0, SHARED]),
)
def test_the_explanation_sums_to_the_weight(
    met: set[KeyKind], agreement: dict[Attribute, int], domain: int
) -> None:
    if domain and K.DOMAIN in met:
        agreement |= {A.DOMAIN: domain}
    terms = explain(met, agreement)
    scored = _scored(met, agreement)
    assert math.isclose(sum(term.bits for term in terms), float(str(scored["weight"])), abs_tol=1e-9)
    assert (
        "+".join(term.term for term in terms if term.term in set(K) and term.outcome in {"leads", "joins"})
        == scored["rules"]
        or agreement[A.DOMAIN] == SHARED
    )
    assert all(term.sentence.endswith(".") for term in terms)


def test_a_pair_that_met_by_nothing_can_not_be_explained() -> None:
    with pytest.raises(ValueError, match="without a key"):
        explain([], {})


def test_every_weight_in_the_table_is_of_a_known_group_and_has_a_reason() -> None:
    assert {row["group"] for row in weight_rows()} == {*GROUPS, "*"}
    assert all(row["reason"] for row in weight_rows())
    assert shipped_weights().prior == -8
