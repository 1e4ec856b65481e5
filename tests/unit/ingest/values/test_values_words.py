"""Yes and no, countries, lists."""

import polars as pl
import pytest

from service.ingest.values import booleans, countries, text_lists
from service.ingest.values.tables import fold, rows
from service.matching import tables


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true TRUE yes Y 1 x on ✓ ja Wahr oui vrai sí SI verdadero sim verdadeiro ya benar да ИСТИНА はい 有 ○"),
        (False, "false no N 0 off ✗ nein falsch non faux no falso não NAO tidak salah нет ложь いいえ 無 ×"),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_in_eight_languages(value: bool, words: str) -> None:  # noqa: FBT001 - the value is what is tested
    read = booleans(pl.Series(words.split()))
    assert read.faulty == 0
    assert set(read.values["boolean"]) == {value}


@pytest.mark.parametrize("text", ["maybe", "2", "vielleicht", "yes and no", "y/n", "-"])
def test_what_is_neither_yes_nor_no_is_told(text: str) -> None:
    read = booleans(pl.Series([text]))
    assert read.values["boolean"][0] is None
    assert read.faults[0] == f"'{text}' is neither yes nor no: write yes or no (true or false, 1 or 0)."


def test_no_word_means_both_yes_and_no() -> None:
    said = [
        (fold(word), row["value"]) for row in rows("booleans.csv") for word in row["spellings"].split("|")
    ]
    assert len(dict(said)) == len(set(said))
    assert {row["language"] for row in rows("booleans.csv")} == {
        "en",
        "de",
        "fr",
        "es",
        "pt",
        "id",
        "ru",
        "ja",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [("Germany", "DE"), ("DE", "DE"), ("deu", "DE"), ("276", "DE"), ("Deutschland", "DE"), ("Allemagne", "DE"), ("Alemania", "DE"), ("Alemanha", "DE"),
     ("Jerman", "DE"), ("Германия", "DE"), ("ドイツ", "DE"), ("United States", "US"), ("U.S.A.", "US"), ("840", "US"), ("UK", "GB"), ("Côte d’Ivoire", "CI"),
     ("008", "AL"), ("インドネシア", "ID"), ("Россия", "RU"), (" brasil ", "BR")],
)  # fmt: skip
def test_countries_become_their_code(text: str, code: str) -> None:
    read = countries(pl.Series([text]))
    assert (read.values["country"][0], read.faults[0]) == (code, None)


@pytest.mark.parametrize("text", ["Narnia", "8", "999", "Europe", "Germany/Austria", "?"])
def test_what_is_no_country_is_told(text: str) -> None:
    read = countries(pl.Series([text]))
    assert read.values["country"][0] is None
    assert (
        read.faults[0]
        == f"'{text}' is no country that is known: write the country's name or its ISO 3166-1 code, such as Germany, DE, DEU or 276."
    )


def test_every_number_of_a_country_belongs_to_a_country_that_is_known() -> None:
    numbers = rows("country_numbers.csv")
    assert {row["code"] for row in numbers} | {"xk"} == set(tables.country_spellings().values())
    assert all(len(row["number"]) == 3 and row["number"].isdecimal() for row in numbers)
    assert len({row["number"] for row in numbers}) == len(numbers)


def test_lists_are_split_at_semicolons_and_bars_and_hold_each_part_once() -> None:
    column = pl.Series(["Acme; Acme Inc|Old Acme;;Acme", " one ", "a, b", " ; | ", "", None])
    assert text_lists(column).to_list() == [
        ["Acme", "Acme Inc", "Old Acme"],
        ["one"],
        ["a, b"],
        None,
        None,
        None,
    ]
