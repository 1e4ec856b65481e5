"""Numbers as people and programs write them."""

import re
from collections.abc import Callable

import polars as pl

from service.ingest.values.marks import decimal_text, digits_of, settled
from service.ingest.values.reading import Hints, Reading, UnreadableError, clean, distinct, read_distinct
from service.ingest.values.usual import alone, around, as_decimal, framed, parted, some_at_once

EXPECTED = "a number such as 1234.5, 1,234.50 or 1.234,50"
SCHEMA = pl.Schema({"number": pl.String})
NUMERAL = r"(?:[0-9](?:[0-9.,'_ ]*[0-9])?(?:[eE][+-]?[0-9]{1,2}(?![0-9]))?|[.,][0-9]+)"
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[+-])? ?(?P<digits>{NUMERAL}) ?(?P<after>-)?(?(open)\))(?: ?%)?"
)
_NUMERALS = re.compile(NUMERAL)
_PLAIN = r"^(?:0|-?[1-9][0-9]{0,14})(?:\.[0-9]{1,2})?$"
_SIMPLE = {
    ".": alone(
        r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}(?:,[0-9]{3}){2,}"
    ),
    ",": alone(
        r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}(?:\.[0-9]{3}){2,}"
    ),
}
"""One number that shows its decimal mark at a glance."""
_SILENT = alone("[1-9][0-9]{0,2}[.,][0-9]{3}")
_SAYING = r"[0-9][.,][0-9]"


def numbers(column: pl.Series, hints: Hints | None = None) -> Reading:
    """`number`: the value as decimal text without exponent, marks and needless zeros (`-1234.5`).

    `1.234` may be two numbers; `hints` settle it, by default those of this column alone, else it is refused.
    A per cent sign is dropped: `45 %` is 45.
    """
    mark = (hints or decimal_hints(column)).decimal_mark
    return plain_or(
        column,
        lambda plain: pl.DataFrame({"number": canonical(plain)}),
        lambda rest: _usual_or_exact(rest, mark),
    )


def _usual_or_exact(column: pl.Series, mark: str | None) -> Reading:
    parts = parted(column, mark)
    signs = framed(parts, _sign, pl.Schema({"negative": pl.Boolean}))
    rows = parts.hstack(signs)
    usual = (rows["whole"].is_not_null() & rows["negative"].is_not_null() & ~rows["in_doubt"]).fill_null(
        value=False
    )
    number = as_decimal(pl.lit(0), negative=pl.col("negative")).alias("number")
    return some_at_once(
        column,
        usual,
        rows.filter(usual).select(number),
        lambda rest: read_distinct(rest, lambda text: (_number(text, mark),), SCHEMA, EXPECTED),
    )


def _sign(before: str, after: str) -> tuple[bool] | None:
    """Whether a number between the two is negative."""
    one = _number(around("1", before, after), None)
    return (one == "-1",) if one in ("1", "-1") else None


def canonical(plain: pl.Series) -> pl.Series:
    """Plain numbers without needless zeros behind the decimal mark."""
    pointed = plain.str.contains(".", literal=True)
    return plain.zip_with(~pointed, plain.str.strip_chars_end("0").str.strip_chars_end("."))


def _number(text: str, mark: str | None) -> str:
    found = _NUMBER.fullmatch(text)
    if not found:
        raise UnreadableError("is no number")
    signs = [found["open"], "-" if found["sign"] == "-" else None, found["after"]]
    if len(signs) - signs.count(None) > 1:
        raise UnreadableError("has more than one sign")
    return decimal_text(settled(digits_of(found["digits"]), mark), negative=any(signs))


def decimal_hints(column: pl.Series) -> Hints:
    """The decimal marks that the column's numbers show, whatever stands around them."""
    saying = column.filter(column.str.contains(_SAYING).fill_null(value=False))
    marks = set[str]()
    for mark, pattern in _SIMPLE.items():
        simple = saying.str.contains(pattern)
        marks |= {mark} if simple.any() else set()
        saying = saying.filter(~simple)
    saying = saying.filter(~saying.str.contains(_SILENT))
    for text in distinct(saying):
        if len(marks) == len(_SIMPLE):
            break
        marks |= _shown(clean(text))
    return Hints(decimal_marks=frozenset(marks))


def _shown(text: str) -> set[str]:
    found = set()
    for numeral in _NUMERALS.findall(text):
        try:
            found.add(digits_of(numeral).decimal_mark)
        except UnreadableError:
            continue
    return {mark for mark in found if mark}


def plain_or(
    column: pl.Series,
    plain: Callable[[pl.Series], pl.DataFrame],
    read: Callable[[pl.Series], Reading],
    pattern: str = _PLAIN,
) -> Reading:
    """Numbers as programs write them (`1234`, `1234.50`) are taken as they stand, all rows at once; `read` has the others."""
    as_is = column.str.contains(pattern).fill_null(value=False)
    return some_at_once(column, as_is, plain(column.filter(as_is)), read)
