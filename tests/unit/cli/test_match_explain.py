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
