"""Spellings of which a million different ones must not cost a million readings."""

import polars as pl
import pytest

from service.ingest.values import amounts, head_counts, numbers
from service.ingest.values.money import _frame
from service.ingest.values.usual import framed, parted

SCHEMA = pl.Schema({"power": pl.Int64, "negative": pl.Boolean, "currency": pl.String})


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("€ 1,234,567", ("1234567", "EUR")),
        ("1.234.567,80 EUR", ("1234567.8", "EUR")),
        ("Rp. 1.234.567", ("1234567", "IDR")),
        ("CHF 1'234.50", ("1234.5", "CHF")),
        ("CHF 1’234", ("1234", "CHF")),
        ("1\u00a0234\u202f567,5 €", ("1234567.5", "EUR")),
        ("₹ 12,34,567", ("1234567", "INR")),
        ("-$1.25M", ("-1250000", "USD")),
        ("($0.50)", ("-0.5", "USD")),
        ("3,4 Mio. €", ("3400000", "EUR")),
    ],
)
def test_usual_money_is_put_together_from_its_parts(value: str, read: tuple[str, str]) -> None:
    column = pl.Series("given", [value, value])
    parts = parted(column, None)
    assert parts["whole"].null_count() == 0
    assert framed(parts, lambda *around: _frame(*around, None), SCHEMA)["power"].null_count() == 0
    assert amounts(column).values.row(0) == read


def test_what_is_usual_and_what_is_not_comes_in_the_columns_order() -> None:
    values = ["1,234 people", "about ten", "500", None, "51-200", "2,345 people", ""]
    read = head_counts(pl.Series("given", values))
    assert read.values["low"].to_list() == [1234, None, 500, None, 51, 2345, None]
    assert [fault is not None for fault in read.faults] == [False, True, False, False, False, False, False]
    told = numbers(pl.Series("given", ["7", "1.234", "2.345", "x", "1.5 %", "3.5 %", "9,9,9"]))
    assert told.values["number"].to_list() == ["7", "1.234", "2.345", None, "1.5", "3.5", None]
