# ruff: noqa: RUF001 - look-alike letters are what is tested
"""Dates and moments."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from service.ingest.values import column_hints, dates
from service.ingest.values.dates import months
from service.ingest.values.tables import fold, rows

NOVEMBER = date(2026, 11, 22)


@pytest.mark.parametrize(
    "text",
    ["2026-11-22", "2026/11/22", "2026.11.22", "20261122", "22.11.2026", "22. 11. 2026", "22.11.26", "22/11/2026", "11/22/2026", "22-11-2026", "11/22/26",
     "22 Nov 2026", "22-Nov-26", "22-Nov-2026", "Nov 22, 2026", "November 22nd, 2026", "22nd of November 2026", "22 NOVEMBER 2026",
     "22. November 2026", "22. Nov. 2026", "22 novembre 2026", "22 nov. 2026", "22 de noviembre de 2026", "22 noviembre 2026", "22 de novembro de 2026",
     "22 November 2026", "22 Nopember 2026", "22 ноября 2026 г.", "22 ноября 2026", "22.11.2026 г.", "2026年11月22日", "２０２６年１１月２２日", "令和8年11月22日",
     "2026/11/22 8:07", "2026-11-22 23:59:59", "22.11.2026 10:30", "22.11.2026, 10:30 Uhr", "11/22/2026 10:30 PM", "2026年11月22日 10時30分"],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    read = dates(pl.Series([text]))
    assert read.faults[0] is None, read.faults[0]
    assert read.values.row(0) == (NOVEMBER, None)


@pytest.mark.parametrize(
    ("text", "day"),
    [("1.2.2026", date(2026, 2, 1)), ("5/5/2026", date(2026, 5, 5)), ("1er février 2026", date(2026, 2, 1)), ("3 März 2026", date(2026, 3, 3)),
     ("2 de março de 2026", date(2026, 3, 2)), ("17 Agustus 2026", date(2026, 8, 17)), ("5 мая 2026", date(2026, 5, 5)), ("29.02.2024", date(2024, 2, 29)),
     ("昭和64年1月7日", date(1989, 1, 7)), ("令和元年5月1日", date(2019, 5, 1)), ("1.1.70", date(1970, 1, 1)), ("1.1.69", date(2069, 1, 1)),
     ("12 Dez 2026", date(2026, 12, 12)), ("12 août 2026", date(2026, 8, 12)), ("12 dic 2026", date(2026, 12, 12)), ("2026-1-2", date(2026, 1, 2))],
)  # fmt: skip
def test_other_days(text: str, day: date) -> None:
    read = dates(pl.Series([text]))
    assert (read.values["date"][0], read.faults[0]) == (day, None)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T10:30:00Z", datetime(2026, 11, 22, 10, 30, tzinfo=UTC)), ("2026-11-22T10:30:00.000+0000", datetime(2026, 11, 22, 10, 30, tzinfo=UTC)),
        ("2026-11-22T00:30+02:00", datetime(2026, 11, 21, 22, 30, tzinfo=UTC)), ("2026-11-22 10:30:59 UTC", datetime(2026, 11, 22, 10, 30, 59, tzinfo=UTC)),
        ("11/22/2026, 5:00 PM GMT+0100", datetime(2026, 11, 22, 16, 0, tzinfo=UTC)), ("22.11.2026 10:30 -0530", datetime(2026, 11, 22, 16, 0, tzinfo=UTC)),
        ("2026-11-22 12:00 AM Z", datetime(2026, 11, 22, 0, 0, tzinfo=UTC)), ("2026-11-22 12:00 p.m. Z", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_with_its_zone_gives_a_moment_beside_the_day_as_written(text: str, instant: datetime) -> None:
    assert dates(pl.Series([text])).values.row(0) == (NOVEMBER, instant)


@pytest.mark.parametrize(
    ("text", "why"),
    [("soon", "is no date"), ("44927", "is no date"), ("2026-02-30", "no day of the calendar"), ("31.04.2026", "no day of the calendar"), ("31/31/2026", "no day of the calendar"),
     ("00/11/2026", "may be two days"), ("2026-13-01", "no day of the calendar"), ("2026-11-22T25:00", "no time of the day"), ("2026-11-22 13:00 PM", "no time of the day"),
     ("0001-01-01", "not of the years 1800 to 2199"), ("9999-12-31", "not of the years"), ("22 Foobar 2026", "names no month that is known ('foobar')"),
     ("Q4 2026", "is no date"), ("2026", "is no date"), ("11/2026", "is no date"), ("2026-11-22T", "is no date"), ("x" * 4096, "more than 120 characters")],
)  # fmt: skip
def test_what_is_no_date_is_told(text: str, why: str) -> None:
    read = dates(pl.Series([text]))
    assert read.values.row(0) == (None, None)
    assert why in read.faults[0]
    assert read.faults[0].endswith(": write a date as 2026-11-22.")


@pytest.mark.parametrize(
    ("column", "day"),
    [
        (["3/4/2026", "13/4/2026"], date(2026, 4, 3)), (["3/4/2026", "4/13/2026"], date(2026, 3, 4)), (["3-4-2026", "31-12-2025"], date(2026, 4, 3)),
        (["3/4/2026", "4/13/26 10:00"], date(2026, 3, 4)), (["3/4/26", "13/4/2026", None, "5/5/2026"], date(2026, 4, 3)),
        (["3/4/2026"], None), (["3/4/2026", "5/6/2026"], None), (["3/4/2026", "13/4/2026", "4/13/2026"], None), (["3/4/2026", "22.11.2026"], None),
        (["3/4/2026", "2026-11-22"], None),
    ],
)  # fmt: skip
def test_whether_day_or_month_comes_first_is_settled_by_the_columns_other_values_or_not_at_all(
    column: list[str | None], day: date | None
) -> None:
    read = dates(pl.Series(column))
    assert read.values["date"][0] == day
    assert (read.faults[0] is None) == (day is not None)
    assert read.faults[1:].null_count() >= len(column) - 2, "what can be read one way only is read"


def test_the_order_seen_in_one_batch_settles_another() -> None:
    first, second = pl.Series(["3/4/2026"]), pl.Series(["13/4/2026"])
    assert dates(first).faulty == 1
    joined = column_hints(first) | column_hints(second)
    assert dates(first, joined).values["date"][0] == date(2026, 4, 3)


def test_rows_keep_their_order_among_quick_and_slow_ones() -> None:
    read = dates(pl.Series(["2026-11-22", "22.11.2026", None, "x", "", "2026-11-23"]))
    assert read.values["date"].to_list() == [NOVEMBER, NOVEMBER, None, None, None, date(2026, 11, 23)]
    assert [told is None for told in read.faults] == [True, True, True, False, True, True]
    assert dates(pl.Series(["2026-11-22"])).values.schema == read.values.schema
    assert dates(pl.Series([], dtype=pl.String)).values.schema == read.values.schema


def test_a_month_is_known_by_one_number_in_every_language() -> None:
    said = {(fold(word), row["month"]) for row in rows("months.csv") for word in row["spellings"].split("|")}
    assert len(said) == len(months())
    assert set(months().values()) == set(range(1, 13))
    assert (months()["mai"], months()["marz"], months()["set"], months()["dez"]) == (5, 3, 9, 12)
