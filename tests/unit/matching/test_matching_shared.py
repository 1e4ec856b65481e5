"""Domains that several accounts of a list share: names decide there."""

import polars as pl
import pytest

from service.linking.local import match_locally
from service.linking.prepare import prepare
from service.linking.within import match_within
from service.matching import Attribute, KeyKind
from service.matching.explain import explain
from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.score import score
from service.matching.shared import SHARED

BRANDS = ["Aldermoor", "Birchgate Suites", "Calder Inns", "Dunmere", "Ellery Court", "Fenwick & Vale", "Glenhythe", "Harrow Lodge",
          "Iverna Resorts", "Juniper House"]  # fmt: skip


def _list(*accounts: tuple[str | None, str]) -> pl.DataFrame:
    return pl.DataFrame(accounts, schema={"name": pl.String, "website": pl.String}, orient="row")


def _told(left: pl.DataFrame, right: pl.DataFrame) -> dict[tuple[int, int], str]:
    """Pairs of rows and their status, by plain text; by tokens there must be the same."""
    plain = score(meet_plain(normalise(left), normalise(right)))
    tokens = match_locally(prepare(left), prepare(right)).pairs
    by_token = {(row["left_index"], row["right_index"]): row["status"] for row in tokens.rows(named=True)}
    found = {(row["left"], row["right"]): row["status"] for row in plain.rows(named=True)}
    assert by_token == found
    return found


def test_brands_of_one_owner_meet_by_their_names_and_no_other() -> None:
    left, right = (_list(*((name, "stayhaven.com") for name in names)) for names in (BRANDS, BRANDS[::-1]))
    last = len(BRANDS) - 1
    assert _told(left, right) == {(at, last - at): "auto" for at in range(len(BRANDS))}


def test_at_a_shared_domain_other_names_are_left_to_people() -> None:
    left = _list(("Ministry of Finance", "gov.example"), ("Ministry of Health", "gov.example"))
    left = left.with_columns(website=pl.lit("ministries.se"))
    right = _list(("Finansdepartementet", "ministries.se"))
    assert _told(left, right) == {(0, 0): "review", (1, 0): "review"}
    assert _told(left[:1], right) == {(0, 0): "auto"}, "one account's own domain"


def test_an_account_of_which_the_other_list_has_the_name_twice_stays_to_be_looked_at() -> None:
    left = _list(("Aldermoor", "stayhaven.com"))
    right = _list(("Aldermoor", "stayhaven.com"), ("Ivy Wharf", "stayhaven.com"), (None, "stayhaven.com"))
    assert _told(left, right) == {(0, 0): "auto", (0, 1): "review", (0, 2): "review"}


@pytest.mark.parametrize("other", ["Aldermoor Ltd.", "ALDERMOOR", None])
def test_accounts_of_one_name_and_accounts_of_none_do_not_share_their_domain(other: str | None) -> None:
    left = _list(("Aldermoor", "aldermoor.com"), (other, "aldermoor.com"))
    right = _list(("Stayhaven Property Holding", "aldermoor.com"))
    assert _told(left, right) == {(0, 0): "auto", (1, 0): "auto"}


def test_a_further_domain_of_its_own_identifies_a_pair() -> None:
    aliased = pl.lit("dunmere.com").alias("alias_domains")
    left = _list(("Aldermoor", "stayhaven.com"), ("Dunmere", "stayhaven.com"))
    right = _list(("Quarry Hotels", "stayhaven.com"))
    told = _told(
        left.with_columns(pl.when(pl.col("name") == "Dunmere").then(aliased).alias("alias_domains")),
        right.with_columns(aliased),
    )
    assert told == {(0, 0): "review", (1, 0): "auto"}


def test_in_one_list_two_names_at_a_domain_are_duplicates_and_three_are_not() -> None:
    accounts = _list(*((name, "stayhaven.com") for name in BRANDS[:3]))
    assert match_within(prepare(accounts[:2])).pairs["status"].to_list() == ["auto"]
    assert match_within(prepare(accounts)).pairs["status"].to_list() == ["review"] * 3


def test_the_explanation_says_why_the_domain_says_little() -> None:
    alone = {term.term: term for term in explain([KeyKind.DOMAIN], {Attribute.DOMAIN: SHARED})}
    assert alone["domain"].sentence == "The web domains are counted with the key that met."
    (said,) = [
        term for term in explain([KeyKind.DOMAIN], {Attribute.DOMAIN: SHARED}) if term.outcome == "alone"
    ]
    assert said.sentence.startswith("Both have the same web domain, but so do other accounts of a list")
    beside = explain([KeyKind.DOMAIN, KeyKind.NAME], {Attribute.DOMAIN: SHARED})
    assert [term.term for term in beside if term.outcome == "leads"] == ["name"]
    assert any("doesn't identify a company" in term.sentence and term.bits > 0 for term in beside)


def test_numbers_of_one_kind_contradict_and_those_of_two_kinds_say_nothing() -> None:
    def status(mine: dict[str, str], theirs: dict[str, str]) -> str:
        both = [pl.DataFrame({"website": "aldermoor.com"} | of) for of in (mine, theirs)]
        return _told(both[0], both[1])[0, 0]

    assert status({"vat": "DE136695976"}, {"vat": "DE129274202"}) == "review"
    assert status({"vat": "DE136695976"}, {"vat": "FR40303265045"}) == "auto", "a number in each country"
    assert status({"siren": "303265045"}, {"vat": "DE129274202"}) == "auto"
    assert status({"siren": "303265045"}, {"siren": "732829320"}) == "review"
    assert status({"duns": "150483782"}, {"duns": "060704780"}) == "auto"
    assert (
        status({"duns": "150483782", "vat": "DE136695976"}, {"duns": "060704780", "vat": "DE136695976"})
        == "auto"
    )
