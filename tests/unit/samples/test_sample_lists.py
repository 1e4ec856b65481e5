import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from publicsuffixlist import PublicSuffixList
from stdnum import lei
from stdnum.eu import vat

SAMPLES = Path(__file__).parents[3] / "service" / "cli" / "samples"
LEFT, RIGHT, EXPECTED = "brightwater.csv", "keystone.csv", "expected.csv"
SHARED_HOSTS = {"linkedin.com", "gmail.com"}
SUFFIXES = PublicSuffixList()

HEADERS = {
    LEFT: [
        "Account ID",
        "Account Name",
        "Website",
        "Billing Country",
        "Billing City",
        "Industry",
        "Employees",
        "Annual Revenue",
        "Account Owner",
        "Account Status",
        "LinkedIn Company Page",
        "LEI",
    ],
    RIGHT: [
        "Kundennummer",
        "Firma",
        "Webseite",
        "Land",
        "Ort",
        "Branche",
        "Mitarbeiter",
        "Status",
        "Betreuer",
        "LEI",
        "USt-IdNr.",
    ],
    EXPECTED: ["left_row", "right_row", "same", "class", "left_name", "right_name", "reason"],
}

CLASSES = {
    ("same_website", "yes"): 67,
    ("same_website", "related"): 5,
    ("name_only", "yes"): 19,
    ("other_script", "yes"): 3,
    ("linkedin", "yes"): 2,
    ("registry_number", "yes"): 1,
    ("two_websites", "yes"): 5,
    ("renamed", "yes"): 4,
    ("trap", "no"): 16,
    ("trap", "related"): 4,
}


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def domain(website: str) -> str | None:
    host = re.sub(r"^https?://", "", website.strip().lower()).partition("/")[0]
    found = SUFFIXES.privatesuffix(host) if host else None
    return None if found in SHARED_HOSTS else found


def expected_pairs() -> dict[tuple[int, int], dict[str, str]]:
    return {(int(row["left_row"]), int(row["right_row"])): row for row in rows(EXPECTED)}


def same_domain_pairs() -> set[tuple[int, int]]:
    left = [domain(row["Website"]) for row in rows(LEFT)]
    right = [domain(row["Webseite"]) for row in rows(RIGHT)]
    return {
        (left_row, right_row)
        for left_row, mine in enumerate(left, 1)
        for right_row, theirs in enumerate(right, 1)
        if mine is not None and mine == theirs
    }


@pytest.mark.parametrize("name", HEADERS)
def test_every_row_has_exactly_the_columns_of_the_header(name: str) -> None:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as lines:
        header, *body = csv.reader(lines, strict=True)
    assert header == HEADERS[name]
    assert {len(row) for row in body} == {len(header)}


@pytest.mark.parametrize(("name", "count"), [(LEFT, 305), (RIGHT, 306), (EXPECTED, 126)])
def test_row_counts_are_those_of_the_readme(name: str, count: int) -> None:
    assert len(rows(name)) == count
    assert f"| `{name}` | {count} " in (SAMPLES / "README.md").read_text(encoding="utf-8")


def test_account_ids_of_the_crm_are_unique_and_carry_their_checksum() -> None:
    ids = [row["Account ID"] for row in rows(LEFT)]
    assert len(set(ids)) == len(ids)
    assert [crm_checksum(account_id[:15]) for account_id in ids] == [account_id[15:] for account_id in ids]


def crm_checksum(base: str) -> str:
    """One letter for every five characters: which of them are capitals, the first as the lowest bit."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    chunks = (base[at : at + 5] for at in (0, 5, 10))
    return "".join(
        alphabet[sum(1 << bit for bit, sign in enumerate(chunk) if sign.isupper())] for chunk in chunks
    )


def test_customer_numbers_of_the_spreadsheet_are_unique_numbers() -> None:
    ids = [row["Kundennummer"] for row in rows(RIGHT)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"\d{5}", number) for number in ids)


def test_every_account_has_a_name_an_owner_and_one_of_three_statuses() -> None:
    assert {row["Account Status"] for row in rows(LEFT)} == {"Customer", "Open Opportunity", "Prospect"}
    assert {row["Status"] for row in rows(RIGHT)} == {"customer", "opportunity", "prospect"}
    assert all(row["Account Name"].strip() and row["Account Owner"] for row in rows(LEFT))
    assert all(row["Firma"].strip() and row["Betreuer"] for row in rows(RIGHT))


def test_registry_numbers_have_valid_check_digits() -> None:
    leis = [row["LEI"] for name in (LEFT, RIGHT) for row in rows(name) if row["LEI"]]
    vats = [row["USt-IdNr."] for row in rows(RIGHT) if row["USt-IdNr."]]
    assert (len(leis), len(vats)) == (18, 8)
    assert [number for number in leis if not lei.is_valid(number)] == []
    assert [number for number in vats if not vat.is_valid(number)] == []


def test_a_fifth_of_the_websites_is_missing() -> None:
    for name, column in ((LEFT, "Website"), (RIGHT, "Webseite")):
        websites = [row[column] for row in rows(name)]
        assert 0.15 <= websites.count("") / len(websites) <= 0.25


def test_every_website_is_one_host_below_a_known_suffix() -> None:
    websites = [row["Website"] for row in rows(LEFT)] + [row["Webseite"] for row in rows(RIGHT)]
    pattern = re.compile(r"(https?://)?[\w-]+(\.[\w-]+)+(/\S*)?", re.IGNORECASE)
    assert [website for website in websites if website and not pattern.fullmatch(website.strip())] == []


def test_expected_pairs_are_unique_and_name_the_rows_they_point_at() -> None:
    left, right, pairs = rows(LEFT), rows(RIGHT), expected_pairs()
    assert len(pairs) == len(rows(EXPECTED))
    for (left_row, right_row), pair in pairs.items():
        assert pair["left_name"] == left[left_row - 1]["Account Name"].strip()
        assert pair["right_name"] == right[right_row - 1]["Firma"].strip()
        assert pair["reason"]


def test_expected_pairs_fall_into_the_classes_of_the_readme() -> None:
    assert Counter((row["class"], row["same"]) for row in rows(EXPECTED)) == CLASSES


def test_every_pair_with_the_same_domain_is_expected_and_only_two_of_them_are_wrong() -> None:
    pairs = expected_pairs()
    assert same_domain_pairs() - pairs.keys() == set()
    wrong = {pairs[pair]["left_name"] for pair in same_domain_pairs() if pairs[pair]["same"] == "no"}
    assert wrong == {"HM Revenue & Customs", "Transport for NSW"}


def test_classes_that_rest_on_the_website_have_the_same_domain_and_the_others_do_not() -> None:
    by_website = {
        pair for pair, row in expected_pairs().items() if row["class"] in {"same_website", "other_script"}
    }
    government = {pair for pair, row in expected_pairs().items() if "one government" in row["reason"]}
    assert same_domain_pairs() == by_website | government


def test_pairs_by_name_alone_lack_one_website_and_have_both_countries() -> None:
    left, right = rows(LEFT), rows(RIGHT)
    for (left_row, right_row), pair in expected_pairs().items():
        if pair["class"] == "name_only":
            mine, theirs = left[left_row - 1], right[right_row - 1]
            assert (mine["Website"] == "") != (theirs["Webseite"] == ""), pair
            assert mine["Billing Country"], pair
            assert theirs["Land"], pair


def test_pairs_with_two_websites_have_two_different_domains() -> None:
    left, right = rows(LEFT), rows(RIGHT)
    for (left_row, right_row), pair in expected_pairs().items():
        if pair["class"] == "two_websites":
            mine, theirs = domain(left[left_row - 1]["Website"]), domain(right[right_row - 1]["Webseite"])
            assert mine, pair
            assert theirs, pair
            assert mine != theirs, pair


def test_the_overlap_matrix_has_at_least_five_true_pairs_in_every_cell() -> None:
    left, right = rows(LEFT), rows(RIGHT)
    cells = Counter(
        (left[left_row - 1]["Account Status"], right[right_row - 1]["Status"])
        for (left_row, right_row), pair in expected_pairs().items()
        if pair["same"] == "yes"
    )
    assert len(cells) == 9
    assert min(cells.values()) >= 5
    assert cells["Open Opportunity", "customer"] == 15
    assert cells["Customer", "customer"] == 29


def test_true_pairs_join_fewer_distinct_companies_than_pairs() -> None:
    true = [pair for pair, row in expected_pairs().items() if row["same"] == "yes"]
    left, right = {pair[0] for pair in true}, {pair[1] for pair in true}
    # No company is entered twice on both lists, so each repeated row is one pair too many.
    doubled = len(true) - len(left) + len(true) - len(right)
    assert (len(true), doubled, len(true) - doubled) == (101, 4, 97)
