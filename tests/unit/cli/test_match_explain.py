"""`commonground match --explain`: why two rows are a pair, and why two others are none."""

import re
from pathlib import Path

import pytest

from service.matching.version import NORMALISER_VERSION
from tests.unit.cli.test_match import match

LEFT = "Company,Website,Country,Parent Domain\nSiemens AG,siemens.com,DE,\nOrchid Bakery,,FR,orchid-group.com\nKestrel Labs,,UK,\n"
RIGHT = "Company,Website,Country,Parent Domain\nWalnut Press,,ES,orchid-group.com\nSiemens,www.siemens.com,DE,\nKestrel Labs,,US,\n"


def test_the_terms_of_a_pair_add_up_to_what_it_weighs(tmp_path: Path) -> None:
    said = match(tmp_path, "--explain", "1:2", left=LEFT, right=RIGHT)
    assert said.returncode == 0, said.stderr
    text = said.stdout.split("Row 1 of")[1]
    assert "Siemens AG (siemens.com)" in text
    assert f"Normaliser {NORMALISER_VERSION}" in text
    assert "Both have the same web domain." in text
    weight = float(re.search(r"from (-?[0-9.]+) bits", text)[1])  # type: ignore[index]
    bits = [float(number) for number in re.findall(r"^ +([+-][0-9]+\.[0-9]{2}) ", text, re.MULTILINE)]
    assert sum(bits) == pytest.approx(weight, abs=0.01 * len(bits))


def test_evidence_against_a_pair_has_its_bits(tmp_path: Path) -> None:
    said = match(tmp_path, "--explain", "3,3", left=LEFT, right=RIGHT)
    assert re.search(r"-[0-9.]+ +The countries differ\.", said.stdout), said.stdout
    assert "review, confidence" in said.stdout


def test_rows_without_a_common_key_show_the_keys_of_either(tmp_path: Path) -> None:
    said = match(tmp_path, "--explain", "2:1", left=LEFT, right=RIGHT)
    assert "they are no pair" in said.stdout
    assert re.search(r"name +orchidbakery +walnutpress", said.stdout), said.stdout


def test_rows_of_one_domain_that_have_the_names_of_others_are_told_so(tmp_path: Path) -> None:
    brands = "name,website\nAldermoor Suites,stayhaven.com\nBirchgate Inns,stayhaven.com\n"
    said = match(tmp_path, "--explain", "2:1", left=brands, right=brands)
    assert "Several accounts bear stayhaven.com" in said.stdout


def test_a_level_above_is_explained_by_its_owners(tmp_path: Path) -> None:
    said = match(tmp_path, "--explain", "2:1", "--level", "same_parent", left=LEFT, right=RIGHT)
    assert "same_parent" in said.stdout.split("Row 2 of")[1]
    assert "they are no pair" not in said.stdout


@pytest.mark.parametrize(
    ("asked", "words"),
    [("1-2", "LEFT_ROW:RIGHT_ROW"), ("9:1", "left.csv has no row 9"), ("1:0", "right.csv has no row 0")],
)
def test_rows_that_are_none_are_refused_with_those_that_are(tmp_path: Path, asked: str, words: str) -> None:
    said = match(tmp_path, "--explain", asked, left=LEFT, right=RIGHT)
    assert said.returncode == 2
    assert words in said.stderr


def test_a_key_that_a_guard_withholds_says_so(tmp_path: Path) -> None:
    rows = "".join(f"Hotel{number} Vireo{number},vireo.com,DE,\n" for number in range(20))
    left = "Company,Website,Country,Parent Domain\n" + rows
    said = match(tmp_path, "--explain", "1:1", left=left, right=RIGHT)
    assert "vireo.com (of too many accounts)" in said.stdout


def fullest(of_each: int) -> str:
    """A list whose first rows are all of one name and domain, those after them of one name alone, the last of one domain alone."""
    rows = ["Starbucks Coffee House,starbucks.com"] * of_each + ["Northwind Trading Partners,"] * of_each
    return "\n".join(["name,website", *rows, *(f"Vireo{at} Lark{at},holding.com" for at in range(25))])


def test_keys_of_too_many_accounts_of_both_lists_are_named_as_the_reason(tmp_path: Path) -> None:
    crowd = fullest(101)
    both, named, apart, owned = (
        match(tmp_path, "--explain", rows, left=crowd, right=crowd).stdout
        for rows in ("1:1", "102:103", "1:102", "203:204")
    )
    assert "3 keys borne by too many accounts on both sides: left out." in both
    told = "So many accounts of both lists bear starbucks.com and starbuckscoffeehouse that they say nothing: they are left out. "
    assert f"{told}No other key of the one is a key of the other, so they are no pair." in both
    assert "the name of another one" not in both
    assert both.count("starbucks.com (of too many accounts of both lists)") == 2
    assert "bear northwindtradingpartners that it says nothing: it is left out. No other key" in named
    assert "\nNo key of the one is a key of the other, so they are no pair." in apart
    assert "\nToo many accounts of a list bear holding.com: it is no key there. No other key" in owned


def test_keys_of_as_many_accounts_as_may_be_still_join(tmp_path: Path) -> None:
    crowd = fullest(100)
    said = match(tmp_path, "--explain", "1:2", left=crowd, right=crowd).stdout
    assert "Both have the same web domain." in said
    assert "left out" not in said


RIVALS_ARE_FOR_PEOPLE = "Companies whose names agree and whose web domains differ are for people to tell apart, whatever the threshold."
ADD_MORE = "add websites, or countries and cities"


def test_companies_of_one_name_with_a_domain_each_are_told_why_no_threshold_takes_them(
    tmp_path: Path,
) -> None:
    rivals = {
        end: f"name,website\nZephyr Analytics,zephyr.{end}\nOrchid Bakery,orchid.fr\n"
        for end in ("com", "org")
    }
    lists = {"left": rivals["com"], "right": rivals["org"].replace("Orchid Bakery", "Walnut Press")}
    said = match(tmp_path, "--threshold", "0.5", "--explain", "1:1", **lists).stdout
    summary, explained = said.split("Row 1 of left.csv")
    assert re.search(r"review, confidence 0\.[6-9]", explained)
    assert RIVALS_ARE_FOR_PEOPLE in explained
    other = match(tmp_path, "--explain", "2:2", **lists).stdout.split("Row 2 of left.csv")[1]
    assert RIVALS_ARE_FOR_PEOPLE not in other
    assert "Both have the same web domain." in other
    alone = match(tmp_path, "--threshold", "0.5", left=rivals["com"], right=rivals["org"].split("Orchid")[0])
    assert RIVALS_ARE_FOR_PEOPLE in alone.stdout
    assert RIVALS_ARE_FOR_PEOPLE not in summary, "something is taken: no hint"
    assert ADD_MORE not in alone.stdout


@pytest.mark.parametrize(
    ("left", "right", "helps"),
    [
        ("Zephyr,,", "Zephyr,,", True),
        ("Zephyr,DE,Bonn", "Zephyr,DE,", True),
        ("Zephyr Analytics,DE,Bonn", "Zephyr Analytics,US,", False),
    ],
)
def test_websites_and_cities_are_asked_for_where_they_are_what_is_missing(
    tmp_path: Path, left: str, right: str, *, helps: bool
) -> None:
    lists = {"left": f"name,country,city\n{left}\n", "right": f"name,country,city\n{right}\n"}
    said = match(tmp_path, **lists).stdout
    assert "1 pair for a person to review." in said
    assert (ADD_MORE in said, RIVALS_ARE_FOR_PEOPLE in said) == (helps, False)


def test_nothing_is_asked_for_where_the_owners_names_alone_leave_pairs_open(tmp_path: Path) -> None:
    lists = {
        side: f"name,parent_name\n{name},Zephyr\n"
        for side, name in (("left", "Orchid Bakery"), ("right", "Walnut Press"))
    }
    said = match(tmp_path, "--level", "same_parent", **lists).stdout
    assert "1 pair for a person to review." in said
    assert ADD_MORE not in said
