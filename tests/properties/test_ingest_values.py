"""Laws of reading values: what is written is read back, nothing is half read, and rows know nothing of each other but the column's hints."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ingest.values import (
    AttributeType,
    Hints,
    Reading,
    amounts,
    booleans,
    column_hints,
    countries,
    dates,
    guess_type,
    head_counts,
    money,
    numbers,
    people,
    read_attributes,
    text_lists,
)
from service.ingest.values.numbers import _SAYING, EXPECTED, SCHEMA, _number, _shown
from service.ingest.values.reading import clean, read_distinct
from service.ingest.values.units import currencies

READERS = (numbers, amounts, head_counts, dates, booleans, countries)
DECIMALS = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=2)
DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31))
MORNING, EVENING = datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2069-12-30")
PIECES = st.sampled_from(
    ["1", "12", "1.234", "1,234.5", "3,4", "Mio", "€", "$", "k", "-", "–", "(", ")", "+", "<", "Rp", "M", "T", "億", "万", "円", "млн", " ", "%", "e9", ".", ",", "'",
     "2026", "11", "22", "/", "-", "年", "月", "日", "Nov", "Z", ":", "10:30", "to", "bis", "ja", "no", "DE", "276", "\x00", "\u0661", "\u0301", "½", "²"]
)  # fmt: skip
JUNK = st.one_of(
    st.lists(PIECES, max_size=8).map("".join),
    st.lists(PIECES, max_size=8).map(" ".join),
    st.text(max_size=30),
)
LAW = settings(deadline=None, max_examples=60)
COLUMNS = st.lists(st.none() | JUNK, max_size=12)


def column(values: list[str | None]) -> pl.Series:
    return pl.Series("given", values, dtype=pl.String)


def written(number: Decimal, decimal: str, group: str) -> str:
    whole, _, part = f"{abs(number):,.2f}".partition(".")
    return f"{'-' if number < 0 else ''}{whole.replace(',', group)}{decimal}{part}"


@pytest.mark.parametrize(
    "style", [(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"), (".", ""), (",", "")]
)
@LAW
@given(values=st.lists(DECIMALS, min_size=1, max_size=8))
def test_numbers_are_read_back_in_every_style(style: tuple[str, str], values: list[Decimal]) -> None:
    read = numbers(column([written(value, *style) for value in values]))
    assert read.faulty == 0
    assert [Decimal(text) for text in read.values["number"]] == values


@LAW
@given(
    value=DECIMALS,
    code=st.sampled_from(["EUR", "USD", "JPY", "BRL", "IDR", "RUB", "CHF", "INR"]),
    before=st.booleans(),
)
def test_money_is_read_back_with_its_code_on_either_side(value: Decimal, code: str, *, before: bool) -> None:
    text = f"{code} {written(value, ',', '.')}" if before else f"{written(value, '.', ',')} {code}"
    read = amounts(column([text]))
    assert (Decimal(read.values["amount"][0]), read.values["currency"][0]) == (value, code)


@LAW
@given(value=st.integers(1, 999_999), spelling=st.sampled_from(sorted(currencies())))
def test_every_spelling_of_a_currency_is_read_beside_a_number(value: int, spelling: str) -> None:
    read = amounts(column([f"{value} {spelling}", f"{spelling} {value}"]))
    assert read.values["amount"].to_list() == [str(value)] * 2
    assert read.values["currency"].to_list() == [currencies()[spelling][0] or None] * 2


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%Y年%m月%d日", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y%m%d", "%Y-%m-%d 00:00", "%d. %b. %Y"],
)  # fmt: skip
@LAW
@given(day=DAYS)
def test_days_are_read_back_in_every_form(form: str, day: date) -> None:
    read = dates(column([day.strftime(form)]))
    assert (read.values["date"][0], read.faults[0]) == (day, None)


@pytest.mark.parametrize(("form", "order"), [("%d/%m/%Y", "dmy"), ("%m/%d/%Y", "mdy"), ("%d-%m-%y", "dmy")])
@LAW
@given(days=st.lists(DAYS, min_size=1, max_size=8))
def test_days_with_strokes_are_read_rightly_or_not_at_all(form: str, order: str, days: list[date]) -> None:
    texts = column([day.strftime(form) for day in days])
    alone = dates(texts)
    assert all(found in (None, day) for found, day in zip(alone.values["date"], days, strict=True))
    assert all(
        (found is None) == (told is not None)
        for found, told in zip(alone.values["date"], alone.faults, strict=True)
    )
    assert dates(texts, Hints(orders=frozenset({order}))).values["date"].to_list() == days


@LAW
@given(moment=st.datetimes(MORNING, EVENING), minutes=st.integers(-14 * 60, 14 * 60))
def test_moments_are_read_back_in_any_zone(moment: datetime, minutes: int) -> None:
    there = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = dates(column([there.isoformat()]))
    assert read.values["instant"][0] == there.astimezone(UTC)
    assert read.values["date"][0] == there.date()


@LAW
@given(low=st.integers(0, 10**6), more=st.integers(0, 10**6))
def test_ranges_of_people_are_read_back(low: int, more: int) -> None:
    texts = [f"{low}-{low + more}", f"{low:,} – {low + more:,}", f"{low}+", f"<{low + 1}", str(low)]
    read = head_counts(column(texts)).values
    assert read.rows() == [(low, low + more), (low, low + more), (low, None), (None, low), (low, low)]


@LAW
@given(COLUMNS)
def test_nothing_is_half_read_and_nothing_escapes(values: list[str | None]) -> None:
    for reader in READERS:
        read: Reading = reader(column(values))
        assert read.values.height == len(read.faults) == len(values)
        for value, row, told in zip(values, read.values.iter_rows(), read.faults, strict=True):
            there = value is not None and value.strip() != ""
            assert (told is not None) == (there and all(cell is None for cell in row))
            assert there or all(cell is None for cell in row)
    for kind in AttributeType:
        found = read_attributes(column(values), kind)
        assert all(json.loads(text) is not None for text in found.values["json"].drop_nulls())
    assert len(text_lists(column(values))) == len(values)


@LAW
@given(COLUMNS)
def test_a_row_is_read_alone_as_in_its_column_if_it_has_the_columns_hints(values: list[str | None]) -> None:
    hints = column_hints(column(values))
    for reader in (numbers, amounts, dates):
        together = reader(column(values))
        alone = [reader(column([value]), hints) for value in values]
        assert together.values.rows() == [read.values.row(0) for read in alone]
        assert together.faults.to_list() == [read.faults[0] for read in alone]


AROUND = st.tuples(
    st.sampled_from(["", "€ ", "€", "EUR ", "Rp. ", "ca. $", "(", "-", "- ", "+", "($", "R$ -", "≈ ", ">", "up to ", "(foo ", ".", "x²"]),
    st.sampled_from(["", " €", " %", "k", " Mio. €", "M", " bn USD", ")", "M)", "-", ",-", ".-", " employees", "+", " or more", "兆", "e", " %-", "².", " bar"]),
)  # fmt: skip
NUMERALS = st.one_of(
    st.tuples(DECIMALS, st.sampled_from([(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "’"), (".", "_"), ("", "")]))
    .map(lambda given: written(abs(given[0]), *given[1])),
    st.from_regex(r"[0-9]{1,3}([.,' ][0-9]{2,3}){0,5}([.,][0-9]{1,4})?", fullmatch=True, alphabet=st.sampled_from("01239., '")),
    st.integers(0, 10**32).map(str),
    st.sampled_from(["0", "0,5", "0.500", "00", "012,345", "1,23,456", "1,234", "1.234", "999.999", "000.000", "1e5", ".5", "1,2,3"]),
)  # fmt: skip


@settings(LAW, max_examples=200)
@given(AROUND, st.lists(NUMERALS, min_size=2, max_size=12, unique=True), st.sampled_from(["", ".", ","]))
def test_values_read_at_once_are_read_as_the_exact_reader_does(
    around: tuple[str, str], numerals: list[str], marks: str
) -> None:
    given_ = column([f"{around[0]}{numeral}{around[1]}" for numeral in numerals])
    hints = Hints(decimal_marks=frozenset(marks))
    mark = hints.decimal_mark
    exactly: tuple[tuple[Reading, Callable[[str], Sequence[object]], pl.Schema, str], ...] = (
        (numbers(given_, hints), lambda text: (_number(text, mark),), SCHEMA, EXPECTED),
        (amounts(given_, hints), lambda text: money._amount(text, mark, None), money.SCHEMA, money.EXPECTED),
        (
            amounts(given_, hints, currency="SEK"),
            lambda text: money._amount(text, mark, "SEK"),
            money.SCHEMA,
            money.EXPECTED,
        ),
        (head_counts(given_), people._people, people.SCHEMA, people.EXPECTED),
    )
    for read, parse, schema, expected in exactly:
        exact = read_distinct(given_, parse, schema, expected)
        assert read.values.rows() == exact.values.rows()
        assert read.faults.to_list() == exact.faults.to_list()
    shown = set[str]().union(*(_shown(clean(text)) for text in given_ if re.search(_SAYING, text)))
    assert column_hints(given_).decimal_marks == shown


@LAW
@given(COLUMNS)
def test_hints_of_parts_joined_are_those_of_the_whole(values: list[str | None]) -> None:
    half = len(values) // 2
    assert column_hints(column(values)) == column_hints(column(values[:half])) | column_hints(
        column(values[half:])
    )


@LAW
@given(COLUMNS)
def test_what_was_read_is_read_as_itself(values: list[str | None]) -> None:
    point = Hints(decimal_marks=frozenset("."))
    for reader, name in ((numbers, "number"), (amounts, "amount")):
        once = reader(column(values)).values[name]
        assert numbers(once.alias("given"), point).values["number"].to_list() == once.to_list()
    days = dates(column(values)).values["date"]
    assert dates(days.dt.to_string("%Y-%m-%d")).values["date"].to_list() == days.to_list()


@LAW
@given(st.lists(st.none() | JUNK, max_size=6))
def test_a_column_can_be_read_as_the_type_guessed(values: list[str | None]) -> None:
    kind = guess_type(column(values))
    if kind is not AttributeType.TEXT:
        assert read_attributes(column(values), kind).faulty == 0
