"""What the guide says of values is what they are read as."""

import re
from pathlib import Path

import polars as pl
import pytest

from service.ingest.values import AttributeType, amounts, booleans, countries, dates, head_counts

GUIDE = (Path(__file__).parents[4] / "docs/guide/mapping.md").read_text("utf-8")


def section(heading: str) -> str:
    return re.split(r"\n##+ ", GUIDE.split(f"### {heading}\n")[1])[0]


def lines(heading: str) -> list[list[str]]:
    table = [line.split("|")[1:-1] for line in section(heading).splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in cells] for cells in table]


@pytest.mark.parametrize(
    ("heading", "reader", "least"), [("Amounts of money", amounts, 14), ("Employees", head_counts, 12)]
)
def test_tables_of_amounts_and_employees_are_true(heading: str, reader: type, least: int) -> None:
    table = lines(heading)
    assert len(table) >= least
    for text, *expected in table:
        found = reader(pl.Series([text])).values.row(0)
        assert ["" if value is None else str(value) for value in found] == expected, text


def test_table_of_dates_is_true() -> None:
    table = lines("Dates")
    assert len(table) >= 12
    for text, day, moment in table:
        found = dates(pl.Series([text])).values.row(0, named=True)
        assert str(found["date"]) == day, text
        assert (found["instant"].strftime("%Y-%m-%dT%H:%M:%SZ") if found["instant"] else "") == moment


def test_table_of_words_is_true() -> None:
    yes, no, germany = (
        re.findall(r"`([^`]+)`", line)
        for line in section("Yes and no, countries, lists").splitlines()
        if line.startswith("| `")
    )
    assert set(booleans(pl.Series(yes)).values["boolean"]) == {True}
    assert set(booleans(pl.Series(no)).values["boolean"]) == {False}
    assert set(countries(pl.Series(germany)).values["country"]) == {"DE"}


@pytest.mark.parametrize(
    ("heading", "reader"), [("Amounts of money", amounts), ("Employees", head_counts), ("Dates", dates)]
)
def test_what_the_guide_says_is_refused_is_refused(heading: str, reader: type) -> None:
    refused = re.findall(r"`([^`]+)`", section(heading).split("Refused:")[1].replace("for `1-10`", ""))
    assert len(refused) >= 3
    assert [text for text in refused if reader(pl.Series([text])).faulty != 1] == []


def test_every_type_of_an_attribute_is_in_the_guide() -> None:
    said = GUIDE.split("## Custom attributes\n")[1].split("\n## ")[0]
    assert all(f"`{kind}`" in said for kind in AttributeType)
