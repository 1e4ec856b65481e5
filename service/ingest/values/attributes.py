"""Custom attributes: columns of the users' own, read as the type that they were given."""

from collections.abc import Callable

import polars as pl

from service.ingest.values.dates import dates, order_hints
from service.ingest.values.money import amounts
from service.ingest.values.numbers import decimal_hints, numbers
from service.ingest.values.reading import Hints, Reading, fault
from service.ingest.values.words import booleans
from service.matching.columns import map_distinct
from service.matching.records import AttributeType

LONGEST_TEXT = 4096
"""Bytes of UTF-8."""
GUESSED_FROM = 1000
"""Different values that a guess looks at."""
KEPT_TEXT = f"up to {LONGEST_TEXT} bytes of text without the character U+0000"
_IDENTIFIER = r"^(?:[+].*|0[0-9].*|[0-9]{12,})$"
"""What begins with a plus or needless zero, or is very long, is a telephone number or an id, not a number."""


def column_hints(column: pl.Series) -> Hints:
    """What the column shows of decimal marks and of the order of day and month; of batches, join them with `|`."""
    return decimal_hints(column) | order_hints(column)


def read_attributes(
    column: pl.Series, kind: AttributeType, hints: Hints | None = None, *, currency: str | None = None
) -> Reading:
    """`json`: each value as a JSON text; null where nothing stands or the value can't be read, which `faults` tells.

    Text is a string; a number a number; a date a string (`2026-11-22`, or `2026-11-22T10:30:00Z` where time and zone stand there);
    a boolean true or false; money `{"amount":"1200000","currency":"EUR"}`, its currency null where none is known.
    """
    return _READERS[kind](column, hints or column_hints(column), currency)


def guess_type(column: pl.Series, *, currency: str | None = None) -> AttributeType:
    """The narrowest type as which the first thousand different values can all be read; text where there is none.

    Digits that look like an id or telephone number are text; 0 and 1 alone are numbers; single letters are text; money
    is what names a currency at least once.
    """
    there = column.str.strip_chars().drop_nulls()
    sample = there.filter(there != "").unique(maintain_order=True).head(GUESSED_FROM)
    if sample.is_empty() or sample.str.contains(_IDENTIFIER).any():
        return AttributeType.TEXT
    digits, words = sample.str.contains(r"^[0-9]+$").all(), sample.str.len_chars().max() != 1
    if words and not digits and not booleans(sample).faulty:
        return AttributeType.BOOLEAN
    if not digits and not dates(sample).faulty:
        return AttributeType.DATE
    if not numbers(sample).faulty:
        return AttributeType.NUMBER
    money = amounts(sample, currency=currency)
    named = _named(sample)
    return AttributeType.MONEY if named and not money.faulty else AttributeType.TEXT


def _named(sample: pl.Series) -> bool:
    return bool(amounts(sample).values["currency"].is_not_null().any())


def _as_json(struct: pl.DataFrame) -> pl.Series:
    """Each row as a JSON object."""
    return struct.select(pl.struct(pl.all()).struct.json_encode()).to_series()


def _text(column: pl.Series, _hints: Hints, _currency: str | None) -> Reading:
    there = column.str.strip_chars()
    there = there.set(there == "", None)
    wrong = (there.str.contains("\x00", literal=True) | (there.str.len_bytes() > LONGEST_TEXT)).fill_null(
        value=False
    )
    faults = map_distinct(there.set(~wrong, None), lambda text: fault(text, "can't be kept", KEPT_TEXT))
    kept = there.set(wrong, None)
    json = _as_json(pl.DataFrame({"": kept})).str.strip_prefix('{"":').str.strip_suffix("}")
    return _told(json.set(kept.is_null(), None), faults)


def _number(column: pl.Series, hints: Hints, _currency: str | None) -> Reading:
    read = numbers(column, hints)
    return _told(read.values["number"], read.faults)


def _date(column: pl.Series, hints: Hints, _currency: str | None) -> Reading:
    read = dates(column, hints)
    day, instant = read.values["date"], read.values["instant"]
    text = instant.dt.to_string("%Y-%m-%dT%H:%M:%SZ").fill_null(day.dt.to_string("%Y-%m-%d"))
    return _told('"' + text + '"', read.faults)


def _boolean(column: pl.Series, _hints: Hints, _currency: str | None) -> Reading:
    read = booleans(column)
    return _told(read.values["boolean"].cast(pl.String), read.faults)


def _money(column: pl.Series, hints: Hints, currency: str | None) -> Reading:
    read = amounts(column, hints, currency=currency)
    return _told(_as_json(read.values).set(read.values["amount"].is_null(), None), read.faults)


def _told(json: pl.Series, faults: pl.Series) -> Reading:
    return Reading(json.alias("json").to_frame(), faults.alias("fault"))


_READERS: dict[AttributeType, Callable[[pl.Series, Hints, str | None], Reading]] = {
    AttributeType.TEXT: _text,
    AttributeType.NUMBER: _number,
    AttributeType.DATE: _date,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.MONEY: _money,
}
