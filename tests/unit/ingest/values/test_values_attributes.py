"""Custom attributes keep their type."""

import json

import polars as pl
import pytest

from service.ingest.values import AttributeType, column_hints, guess_type, read_attributes

TEXT, NUMBER, DATE, BOOLEAN, MONEY = AttributeType


@pytest.mark.parametrize(
    ("kind", "column", "values"),
    [
        (TEXT, [' a "quoted"\tline ', "\\", "ünï", None, " "], ['a "quoted"\tline', "\\", "ünï", None, None]),
        (NUMBER, ["1,5", "1.234", "-7", "", None], [1.5, 1234, -7, None, None]),
        (DATE, ["22.11.2026", "2026-11-22T10:30:00+02:00", "2026-11-22 10:30", None],
         ["2026-11-22", "2026-11-22T08:30:00Z", "2026-11-22", None]),
        (BOOLEAN, ["ja", "nein", "", None], [True, False, None, None]),
        (MONEY, ["€ 3,4 Mio", "7", "500 kr", None],
         [{"amount": "3400000", "currency": "EUR"}, {"amount": "7", "currency": "SEK"}, {"amount": "500", "currency": "SEK"}, None]),
    ],
)  # fmt: skip
def test_each_type_is_kept_as_json(
    kind: AttributeType, column: list[str | None], values: list[object]
) -> None:
    read = read_attributes(pl.Series(column), kind, currency="SEK")
    assert read.faulty == 0
    assert [None if text is None else json.loads(text) for text in read.values["json"]] == values
    assert read.values.schema == pl.Schema({"json": pl.String})


@pytest.mark.parametrize("kind", [NUMBER, DATE, BOOLEAN, MONEY])
def test_a_value_of_another_type_is_told_with_its_row_and_leaves_the_others(kind: AttributeType) -> None:
    good = {NUMBER: "1.5", DATE: "2026-11-22", BOOLEAN: "yes", MONEY: "€5"}[kind]
    read = read_attributes(pl.Series([good, "quite a lot", None, good]), kind)
    assert [told is not None for told in read.faults] == [False, True, False, False]
    assert [text is not None for text in read.values["json"]] == [True, False, False, True]
    assert read.faults[1].startswith("'quite a lot' ")


def test_text_that_cannot_be_kept_is_told() -> None:
    read = read_attributes(pl.Series(["a\x00b", "é" * 2049, "é" * 2048]), TEXT)
    assert [told is not None for told in read.faults] == [True, True, False]
    assert (
        read.faults[0] == "'a b' can't be kept: write up to 4096 bytes of text without the character U+0000."
    )


def test_hints_of_the_whole_column_settle_a_batch() -> None:
    batch, rest = pl.Series(["1.234"]), pl.Series(["0.5"])
    assert read_attributes(batch, NUMBER).faulty == 1
    joined = column_hints(batch) | column_hints(rest)
    assert read_attributes(batch, NUMBER, joined).values["json"].to_list() == ["1.234"]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["ja", "nein", None], BOOLEAN), (["TRUE", "false"], BOOLEAN), (["1", "0"], NUMBER), (["1", "2.5"], NUMBER), (["45 %"], NUMBER),
        (["2026-01-02", "3.4.2026"], DATE), (["3/4/2026", "13/4/2026"], DATE), (["2026-01-02T10:00:00Z"], DATE), (["€5", "7"], MONEY),
        (["1.2M USD"], MONEY), (["1.2M"], TEXT), (["00123", "00124"], TEXT), (["+49 30 1234"], TEXT), (["123456789012"], TEXT), (["S", "N"], TEXT),
        (["a", "1"], TEXT), (["3/4/2026"], TEXT), (["1.234"], TEXT), (["20261122"], NUMBER), ([None, " "], TEXT), ([], TEXT), (["2026-01-02", "soon"], TEXT),
    ],
)  # fmt: skip
def test_a_type_is_guessed_only_if_every_value_is_of_it(
    column: list[str | None], kind: AttributeType
) -> None:
    assert guess_type(pl.Series(column, dtype=pl.String)) is kind
    if column and kind is not TEXT:
        assert read_attributes(pl.Series(column), kind).faulty == 0


def test_a_guess_looks_at_many_values() -> None:
    assert guess_type(pl.Series([str(n) for n in range(900)] + ["x"])) is TEXT
