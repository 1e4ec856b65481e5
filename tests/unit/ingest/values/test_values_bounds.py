"""Hostile and large columns cost bounded time: processor seconds, with much to spare."""

import time
from collections.abc import Callable

import polars as pl
import pytest

from service.ingest.values import amounts, booleans, column_hints, countries, dates, head_counts, numbers
from service.ingest.values.reading import LONGEST, read_distinct

PLENTY = 5.0


@pytest.mark.parametrize("reader", [numbers, amounts, head_counts, dates, booleans, countries, column_hints])
@pytest.mark.parametrize(
    "piece",
    ["1.2,3'", "1 k€ 2,3-", "ab zu m", "(((-", "1/1/", "      ", "mmmmmm", "千億", "1 ", "\uff19", "\u0301"],
)
def test_hostile_values_are_refused_in_little_time(reader: Callable[[pl.Series], object], piece: str) -> None:
    short = [f"{n}{(piece * 120)[:100]}" for n in range(500)]
    long = [f"{n}{(piece * 4096)[:4000]}" for n in range(500)]
    begin = time.process_time()
    reader(pl.Series(short + long))
    assert time.process_time() - begin < PLENTY


def test_a_value_that_stands_in_many_rows_is_looked_at_once_and_a_long_one_never() -> None:
    looked_at: list[str] = []

    def parse(text: str) -> tuple[str]:
        looked_at.append(text)
        return (text.upper(),)

    column = pl.concat([pl.Series(["a", None, "b", "x" * (LONGEST + 1), " "])] * 1000)
    read = read_distinct(column, parse, pl.Schema({"loud": pl.String}), "anything")
    assert sorted(looked_at) == ["a", "b"]
    assert read.values["loud"].head(5).to_list() == ["A", None, "B", None, None]
    assert read.faulty == 1000
