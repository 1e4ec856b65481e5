"""Amounts of money: a number, a multiplier, a currency, in any order that people use."""

import re
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from itertools import pairwise

import polars as pl

from service.ingest.values.marks import decimal_text, digits_of, settled
from service.ingest.values.numbers import NUMERAL, canonical, decimal_hints, plain_or
from service.ingest.values.reading import Hints, Reading, UnreadableError, read_distinct
from service.ingest.values.units import Words, multipliers, read_words
from service.ingest.values.usual import around, as_decimal, framed, parted, some_at_once

EXPECTED = "an amount such as 1200000, 1.2M, € 3,4 Mio or USD 12,000,000"
SCHEMA = pl.Schema({"amount": pl.String, "currency": pl.String})
_NUMERALS = re.compile(NUMERAL)
_NO_CENTS = re.compile(r"(?<=[0-9])[.,]-+")
_BEFORE = re.compile(r"(?P<open>\(?) ?(?P<sign>[+-]?) ?(?P<words>.*?) ?(?P<inner>[+-]?)")
_AFTER = re.compile(r" ?(?P<words>.*?) ?(?P<sign>-?) ?(?P<close>\)?)")
_BOUND = re.compile(r"[<>≤≥]|\+ *[^0-9]*$")
_WITH_UNIT = re.compile(rf"(?P<digits>{NUMERAL})(?P<unit>千万|百万|十億|兆|億|万|千)")
_EXACT = Context(prec=60)
_ONE = re.compile("-?1(?P<power>0{0,15})")


def amounts(column: pl.Series, hints: Hints | None = None, *, currency: str | None = None) -> Reading:
    """`amount` as decimal text, `currency` as ISO 4217 code or null.

    `currency` is the list's own: it stands for a value that names none, and settles signs that several countries use.
    Without it `$` is USD, `¥` is JPY and `kr` none. One mark with three digits behind it stands between thousands,
    unless the column's other values (`hints`, by default those of this column alone) write decimals with it.
    """
    mark = (hints or decimal_hints(column)).decimal_mark
    own = pl.lit(currency, pl.String).alias("currency")
    return plain_or(
        column,
        lambda plain: canonical(plain).alias("amount").to_frame().with_columns(own),
        lambda rest: _usual_or_exact(rest, mark, currency),
    )


def _usual_or_exact(column: pl.Series, mark: str | None, own: str | None) -> Reading:
    parts = parted(column, mark)
    schema = pl.Schema({"power": pl.Int64, "negative": pl.Boolean, "currency": pl.String})
    rows = parts.hstack(framed(parts, lambda before, after: _frame(before, after, own), schema))
    usual = rows["whole"].is_not_null() & rows["power"].is_not_null()
    amount = as_decimal(pl.col("power"), negative=pl.col("negative")).alias("amount")
    return some_at_once(
        column,
        usual,
        rows.filter(usual).select(amount, "currency"),
        lambda rest: read_distinct(rest, lambda text: _amount(text, mark, own), SCHEMA, EXPECTED),
    )


def _frame(before: str, after: str, own: str | None) -> tuple[int, bool, str | None] | None:
    """What stands around a number says of it: the power of ten, whether it is negative, the currency."""
    amount, currency = _amount(around("1", before, after), None, own)
    found = _ONE.fullmatch(amount)
    return (len(found["power"]), amount.startswith("-"), currency) if found else None


def _amount(text: str, mark: str | None, own: str | None) -> tuple[str, str | None]:
    text = _NO_CENTS.sub("", text)
    if _BOUND.search(text):
        raise UnreadableError("is a bound, not an amount")
    numerals = list(_NUMERALS.finditer(text))
    if not numerals:
        raise UnreadableError("is no amount")
    first, *more = numerals
    if more:
        return _composite(text, mark, own)
    negative, words = _around(text[: first.start()], text[first.end() :])
    digits = settled(digits_of(first[0]), mark, in_doubt="thousands")
    return decimal_text(digits, factor=words.power, negative=negative), _currency(words, own)


@lru_cache(maxsize=4096)
def _around(before: str, after: str) -> tuple[bool, Words]:
    """Whether the number is negative (`-5`, `5-`, `(5)`, `$-5`), and what the words around it say."""
    left, right = _BEFORE.fullmatch(before), _AFTER.fullmatch(after)
    if left is None or right is None or bool(left["open"]) != bool(right["close"]):
        raise UnreadableError("has brackets that don't fit together")
    signs = [left["open"], left["sign"], left["inner"], right["sign"]]
    if sum(map(bool, signs)) > 1:
        raise UnreadableError("has more than one sign")
    return any(sign in ("(", "-") for sign in signs), read_words(f"{left['words']} {right['words']}")


def _composite(text: str, mark: str | None, own: str | None) -> tuple[str, str | None]:
    """`1億2000万円`: each number with its unit, from the largest down."""
    text = text.replace(" ", "")
    parts = list(_WITH_UNIT.finditer(text))
    if not parts or any(one.end() != other.start() for one, other in pairwise(parts)):
        raise UnreadableError("holds more than one number")
    negative, words = _around(text[: parts[0].start()], text[parts[-1].end() :])
    powers = [multipliers()[part["unit"]] for part in parts]
    if words.power or powers != sorted(set(powers), reverse=True):
        raise UnreadableError("holds more than one number")
    with localcontext(_EXACT):
        total = sum(
            Decimal(_plain(part["digits"], mark)) * 10**power
            for part, power in zip(parts, powers, strict=True)
        )
    return decimal_text(digits_of(f"{total:f}"), negative=negative), _currency(words, own)


def _plain(digits: str, mark: str | None) -> str:
    return decimal_text(settled(digits_of(digits), mark, in_doubt="thousands"))


def _currency(words: Words, own: str | None) -> str | None:
    if words.currencies is None:
        return own
    meant = own if own in words.currencies else words.currencies[0]
    if meant == "IDR" and "m" in words.said:
        raise UnreadableError("holds 'M', which in rupiah may be million (juta) or miliar")
    return meant or None
