"""Dates and moments as people and programs write them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache

import polars as pl

from service.ingest.values.reading import Hints, Reading, UnreadableError, clean, distinct, read_distinct
from service.ingest.values.tables import fold, rows

EXPECTED = "a date as 2026-11-22"
INSTANT = pl.Datetime("us", "UTC")
SCHEMA = pl.Schema({"date": pl.Date(), "instant": INSTANT})
YEARS = range(1800, 2200)
MONTHS = 12
PIVOT = 70
"""Two digits of a year from here on are of the 20th century, below of the 21st."""
_ISO = r"^(?:1[89]|2[01])[0-9]{2}-[01][0-9]-[0-3][0-9]$"
_MOMENT = _ISO[:-1] + r"[T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|\+00:?00)$"
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_DAY = r"(?P<day>[0-3]?[0-9])"
_MONTH = r"(?P<month>[01]?[0-9])"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_NAME = r"(?P<name>[^\W\d_]{3,12})\.?"
_STROKED = re.compile(rf"(?P<one>[0-3]?[0-9])(?P<mark>[-/])(?P<two>[0-3]?[0-9])(?P=mark){_YEAR}")
_FORMS = (
    _STROKED,
    re.compile(rf"(?P<year>[0-9]{{4}})(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[01][0-9])(?P<day>[0-3][0-9])"),
    re.compile(rf"{_DAY}\. ?{_MONTH}\. ?{_YEAR}(?: ?\u0433\.?)?"),
    re.compile(
        rf"{_DAY}(?:st|nd|rd|th|er|\.)?[ -](?:de |of )?{_NAME}(?:[ -]|, )(?:de |del )?{_YEAR}(?: ?\u0433\.?)?"
    ),
    re.compile(rf"{_NAME} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}"),
    re.compile(rf"(?P<year>[0-9]{{4}})年 ?{_MONTH}月 ?{_DAY}日"),
    re.compile(rf"(?P<era>令和|平成|昭和)(?P<count>元|[0-9]{{1,2}})年 ?{_MONTH}月 ?{_DAY}日"),
)
_TIME = re.compile(
    r"(?:T|,? +(?:at |um )?)(?P<hour>[0-2]?[0-9])(?::|時)(?P<minute>[0-5][0-9])(?:(?::|分)(?P<second>[0-5][0-9])秒?(?:[.,][0-9]{1,9})?|分)?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)? ?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-][0-2][0-9]:?[0-5][0-9])?(?: Uhr)?$"
)


def dates(column: pl.Series, hints: Hints | None = None) -> Reading:
    """`date` as written, and `instant` (UTC) where a time with its zone stands beside it.

    Dots mean day first. `3/4/2026` and `3-4-2026` may be two days: the column's values that can be read one way only settle it
    (`hints`, by default those of this column alone), else it is refused.
    """
    order = (hints or order_hints(column)).order
    iso = column.str.contains(_ISO).fill_null(value=False)
    found = column.set(~iso, None).str.to_date("%Y-%m-%d", strict=False)
    moments = column.str.contains(_MOMENT).fill_null(value=False)
    instant = column.set(~moments, None).str.head(19).str.replace(" ", "T", literal=True)
    instant = instant.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False).dt.replace_time_zone(
        "UTC"
    )
    found = found.fill_null(instant.dt.date())
    rest = column.set(found.is_not_null(), None)
    if rest.null_count() == len(rest):
        nothing = pl.Series("fault", [None] * len(column), dtype=pl.String)
        return Reading(pl.DataFrame({"date": found, "instant": instant}), nothing)
    read = read_distinct(rest, lambda text: _moment(text, order), SCHEMA, EXPECTED)
    values = {
        "date": found.fill_null(read.values["date"]),
        "instant": instant.fill_null(read.values["instant"]),
    }
    return Reading(pl.DataFrame(values), read.faults)


def order_hints(column: pl.Series) -> Hints:
    """The orders of day and month that the column's dates with strokes show."""
    stroked = column.filter(column.str.contains(r"[0-9][-/][0-9]{1,2}[-/][0-9]").fill_null(value=False))
    return Hints(orders=frozenset(order for text in distinct(stroked) if (order := _shown(clean(text)))))


def _shown(text: str) -> str | None:
    found = _STROKED.match(text)
    if found is None:
        return None
    return _order_of(int(found["one"]), int(found["two"]))


def _order_of(one: int, two: int) -> str | None:
    """The order that two numbers can only have, if one of them is no month."""
    return "dmy" if one > MONTHS >= two else "mdy" if two > MONTHS >= one else None


def _moment(text: str, order: str | None) -> tuple[date, datetime | None]:
    time = _TIME.search(text)
    day = _date(text[: time.start()] if time else text, order)
    return (day, _instant(day, time)) if time else (day, None)


def _date(text: str, order: str | None) -> date:
    lower = text.lower()
    for form in _FORMS:
        if found := form.fullmatch(lower):
            parts = found.groupdict()
            year, month, number = _year(parts), *_month_and_day(parts, order)
            try:
                return date(year, month, number)
            except ValueError:
                raise UnreadableError("is no day of the calendar") from None
    raise UnreadableError("is no date")


def _year(parts: Mapping[str, str]) -> int:
    if "era" in parts:
        return _ERAS[parts["era"]] + (1 if parts["count"] == "元" else int(parts["count"]))
    year = int(parts["year"])
    if len(parts["year"]) == 2:  # noqa: PLR2004 - no century
        return year + (1900 if year >= PIVOT else 2000)
    if year not in YEARS:
        raise UnreadableError(f"is not of the years {YEARS.start} to {YEARS.stop - 1}")
    return year


def _month_and_day(parts: Mapping[str, str], order: str | None) -> tuple[int, int]:
    if "name" in parts:
        month = months().get(fold(parts["name"]))
        if month is None:
            raise UnreadableError(f"names no month that is known ('{parts['name']}')")
        return month, int(parts["day"])
    if "one" not in parts:
        return int(parts["month"]), int(parts["day"])
    one, two = int(parts["one"]), int(parts["two"])
    if one == two or _order_of(one, two) == "mdy":
        return one, two
    if _order_of(one, two) == "dmy":
        return two, one
    if order is None:
        raise UnreadableError(
            "may be two days, and the column's other values don't tell whether day or month comes first"
        )
    return (two, one) if order == "dmy" else (one, two)


@cache
def months() -> dict[str, int]:
    """Folded name or abbreviation → month."""
    return {
        fold(word): int(row["month"]) for row in rows("months.csv") for word in row["spellings"].split("|")
    }


def _instant(day: date, time: re.Match[str]) -> datetime | None:
    hour, half = int(time["hour"]), (time["half"] or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the clock's face
            raise UnreadableError("holds no time of the day")
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        clock = datetime(
            day.year, day.month, day.day, hour, int(time["minute"]), int(time["second"] or 0), tzinfo=UTC
        )
    except ValueError:
        raise UnreadableError("holds no time of the day") from None
    return clock - _offset(time["zone"]) if time["zone"] else None


def _offset(zone: str) -> timedelta:
    digits = zone.upper().removeprefix("UTC").removeprefix("GMT").removeprefix("Z").replace(":", "")
    if not digits:
        return timedelta()
    minutes = int(digits[1:3]) * 60 + int(digits[3:])
    return timedelta(minutes=-minutes if digits[0] == "-" else minutes)
