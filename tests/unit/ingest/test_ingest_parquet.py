"""Parquet: every plain type as text, nested ones by name refused."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from service.ingest import IngestError, Limits
from tests.support.formats import as_parquet


def written(frame: pl.DataFrame) -> bytes:
    packed = io.BytesIO()
    frame.write_parquet(packed)
    return packed.getvalue()


def test_every_plain_type_is_text(read: Callable[..., Any]) -> None:
    frame = pl.DataFrame(
        {
            "Company": ["Acme"],
            "a": [7],
            "b": [1234.0],
            "c": [0.25],
            "d": [True],
            "e": [dt.date(2026, 1, 31)],
            "f": [dt.datetime(2026, 1, 31, 13, 45)],  # noqa: DTZ001
            "g": [dt.datetime(2026, 1, 31, 13, 45, tzinfo=dt.UTC)],
            "h": [dt.time(13, 45)],
            "i": [Decimal("1.50")],
            "j": pl.Series(["gold"], dtype=pl.Categorical),
            "k": pl.Series([None], dtype=pl.Null),
            "l": [b"bytes"],
        }
    )
    accounts, refused, sheet = read(written(frame), attributes={f"x_{c}": c for c in "abcdefghijkl"})

    assert accounts.select(f"x_{c}" for c in "abcdefghijkl").row(0) == (
        "7", "1234", "0.25", "TRUE", "2026-01-31", "2026-01-31T13:45:00", "2026-01-31T13:45:00+00:00",
        "13:45:00", "1.50", "gold", None, "bytes",
    )  # fmt: skip
    assert (sheet.format, sheet.encoding, sheet.dialect) == ("parquet", "utf-8", None)
    assert refused.is_empty()


def test_a_nested_column_is_refused_by_name_if_it_is_kept(
    read: Callable[..., Any], refusal: Callable[..., IngestError]
) -> None:
    data = written(pl.DataFrame({"Company": ["Acme"], "Website": [["a.com"]], "Tags": [{"x": 1}]}))
    error = refusal(data)

    assert error.code == "nested_column"
    assert "'Website' holds lists" in error.what
    spared = data.replace(b"Website", b"Wabsite")
    assert read(spared)[0]["name"].to_list() == ["Acme"], "nobody misses a column that isn't kept"


def test_rows_are_numbered_and_refused_by_number(read: Callable[..., Any]) -> None:
    accounts, refused, _ = read(
        as_parquet(
            [["Company", "City"], ["Acme", "Bonn"], ["A\x01", "x"], ["y", "B\x00"], ["Beta", "z" * 5_000]]
        )
    )

    assert accounts.select("row", "line", "name").rows() == [(1, 1, "Acme")]
    assert refused.select("row", "line", "column", "reason").rows() == [
        (2, 2, "Company", "control_character"),
        (3, 3, "City", "nul_byte"),
        (4, 4, "City", "field_too_long"),
    ]
    assert refused["text"][0] == "A\x01,x"


def test_batches_of_many_rows_follow_each_other(read: Callable[..., Any]) -> None:
    frame = pl.DataFrame({"Company": [f"Company {n}" for n in range(120_000)]})
    accounts, _, _ = read(written(frame))

    assert accounts["row"].to_list() == list(range(1, 120_001))
    assert accounts["name"].to_list() == frame["Company"].to_list()


def test_rows_and_columns_are_limited_and_must_be_there(refusal: Callable[..., IngestError]) -> None:
    data = as_parquet([["Company", "City"], *[["Acme", "Bonn"]] * 11])

    assert refusal(data, limits=Limits(rows=10)).code == "too_many_rows"
    assert refusal(data, limits=Limits(columns=1)).code == "too_many_columns"
    assert refusal(as_parquet([["Company"]])).code == "no_data_rows"


@pytest.mark.parametrize("part", range(1, 16))
def test_a_truncated_parquet_file_is_refused_wherever_it_ends(
    refusal: Callable[..., IngestError], part: int
) -> None:
    data = as_parquet([["Company"], *([f"Company {n}"] for n in range(3_000))])

    assert refusal(data[: len(data) * part // 16]).code == "corrupt_parquet"


def test_something_behind_a_parquet_file_refuses_it(refusal: Callable[..., IngestError]) -> None:
    error = refusal(as_parquet([["Company"], ["Acme"]]) + b"rubbish")

    assert error.code == "corrupt_parquet"
    assert "Write it again, or export the list as CSV" in error.mend
