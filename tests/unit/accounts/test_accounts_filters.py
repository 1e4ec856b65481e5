"""Filters are refused with the place that is wrong and what to write instead."""

from typing import Any

import pytest

from service.accounts.errors import InvalidFilterError
from service.accounts.filters import (
    DEEPEST,
    LONGEST_TEXT,
    MOST_CONDITIONS,
    MOST_VALUES,
    All,
    Condition,
    Op,
    parse,
)
from service.accounts.populations import slug_of

CITY = {"field": "city", "op": "is", "value": "Wien"}


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = CITY
    for _ in range(depth):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        ([], "filter"),
        ({}, "filter"),
        ({"all": []}, "filter.all"),
        ({"all": CITY}, "filter.all"),
        ({"any": [CITY, 5]}, "filter.any[1]"),
        ({"all": [CITY], "any": [CITY]}, "filter"),
        ({**CITY, "more": 1}, "filter"),
        ({"not": [CITY]}, "filter.not"),
        ({**CITY, "field": "secret"}, "filter.field"),
        ({**CITY, "field": "attributes."}, "filter.field"),
        ({**CITY, "field": "attributes.\x00"}, "filter.field"),
        ({**CITY, "field": ["city"]}, "filter.field"),
        ({**CITY, "op": "gt"}, "filter.op"),
        ({**CITY, "op": None}, "filter.op"),
        ({**CITY, "op": ["is"]}, "filter.op"),
        ({"field": "city", "op": "is"}, "filter.value"),
        ({**CITY, "value": ""}, "filter.value"),
        ({**CITY, "value": 5}, "filter.value"),
        ({**CITY, "value": "a\x00"}, "filter.value"),
        ({**CITY, "value": "\ud800"}, "filter.value"),
        ({**CITY, "value": "x" * (LONGEST_TEXT + 1)}, "filter.value"),
        ({**CITY, "op": "in", "value": "Wien"}, "filter.value"),
        ({**CITY, "op": "in", "value": []}, "filter.value"),
        ({**CITY, "op": "in", "value": ["a"] * (MOST_VALUES + 1)}, "filter.value"),
        ({**CITY, "op": "in", "value": ["a", None]}, "filter.value[1]"),
        ({**CITY, "op": "is_set", "value": "yes"}, "filter.value"),
        ({"field": "employees_from", "op": "gt", "value": True}, "filter.value"),
        ({"field": "employees_from", "op": "gt", "value": "51"}, "filter.value"),
        ({"field": "employees_from", "op": "gt", "value": float("nan")}, "filter.value"),
        ({"field": "employees_from", "op": "gt", "value": -(10**18)}, "filter.value"),
        ({"field": "employees_from", "op": "between", "value": [1]}, "filter.value"),
        ({"field": "created_at", "op": "gt", "value": "2026-13-01"}, "filter.value"),
        ({"field": "created_at", "op": "gt", "value": "2026-01-01T10:00:00"}, "filter.value"),
        ({"field": "created_at", "op": "gt", "value": "9999-12-31"}, "filter.value"),
        ({"field": "created_at", "op": "gt", "value": 5}, "filter.value"),
        ({"field": "population", "op": "is", "value": "gold"}, "filter.value"),
        ({"field": "attributes.tier", "op": "gt", "value": "A"}, "filter.value"),
        ({"field": "attributes.tier", "op": "in", "value": ["A", 5]}, "filter.value"),
        ({"field": "attributes.tier", "op": "in", "value": [True]}, "filter.value[0]"),
        ({"field": "attributes.tier", "op": "contains", "value": 5}, "filter.value"),
        (nested(DEEPEST + 1), "filter" + ".not" * (DEEPEST + 1)),
        ({"any": [CITY] * (MOST_CONDITIONS + 1)}, f"filter.any[{MOST_CONDITIONS}]"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_its_place(tree: Any, where: str) -> None:
    with pytest.raises(InvalidFilterError) as refused:
        parse(tree)
    assert str(refused.value).startswith(f"{where}: ")


def test_what_is_just_within_the_bounds_is_taken() -> None:
    parse(nested(DEEPEST))
    parse({"all": [CITY] * MOST_CONDITIONS})
    parse({**CITY, "op": "in", "value": ["x" * LONGEST_TEXT] * MOST_VALUES})


def test_a_filter_is_typed_and_its_texts_are_folded() -> None:
    assert parse({"all": [{**CITY, "value": "WIEN Ä"}, {"field": "owner", "op": "is_set"}]}) == All(
        (Condition("city", Op.IS, "wien Ä"), Condition("owner", Op.IS_SET, value=True))
    )


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Gold accounts, DACH", "gold_accounts_dach"), ("Größte Kunden", "grosste_kunden"), ("日本", "population"), ("é" * 90, "e" * 60)],
)  # fmt: skip
def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug
