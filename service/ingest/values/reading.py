"""How a column of text is read: each distinct value once, and whatever can't be read is told."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

LONGEST = 120
"""Characters; nothing that these readers know is longer, and nothing longer is looked at."""
SHOWN = 60
"""Characters of an unreadable value that its fault repeats."""
_SPACES = re.compile(r"\s+")
_UNSHOWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_SAME = str.maketrans(
    dict.fromkeys("\u2018\u2019\u00b4\u02bc", "'") | dict.fromkeys("\u2010\u2011\u2013\u2014\u2212", "-")
)


class UnreadableError(ValueError):
    """Why one value can't be read, in a clause such as "is no number"."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`values` has a row for each row of the column, in order; `faults` (String) says what stood there and what is expected.

    A row has values, or a fault, or neither: then nothing stood there.
    """

    values: pl.DataFrame
    faults: pl.Series

    @property
    def faulty(self) -> int:
        return self.faults.len() - self.faults.null_count()


@dataclass(frozen=True, slots=True)
class Hints:
    """What values of a column that can be read one way only say about those that can be read two ways.

    `decimal_marks` are the marks seen before decimals (`.`, `,`), `orders` the orders seen of day and month (`dmy`, `mdy`).
    The hints of a column's batches are joined by `|`. One mark or order settles; none or two settle nothing.
    """

    decimal_marks: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()

    def __or__(self, other: "Hints") -> "Hints":
        return Hints(self.decimal_marks | other.decimal_marks, self.orders | other.orders)

    @property
    def decimal_mark(self) -> str | None:
        return next(iter(self.decimal_marks)) if len(self.decimal_marks) == 1 else None

    @property
    def order(self) -> str | None:
        return next(iter(self.orders)) if len(self.orders) == 1 else None


def clean(text: str) -> str:
    """NFKC, plain spaces, hyphens and apostrophes."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    return _SPACES.sub(" ", text).strip()


def distinct(column: pl.Series) -> list[str]:
    """The different values that are there and not too long to mean anything."""
    short = column.filter((column.str.len_chars() <= LONGEST).fill_null(value=False))
    return short.unique().to_list()


def read_distinct(
    column: pl.Series, parse: Callable[[str], Sequence[object]], schema: pl.Schema, expected: str
) -> Reading:
    """`parse` gives one value for each column of `schema`, or raises UnreadableError; blank text is none."""
    rows = [_parsed(text, parse, len(schema), expected) for text in column.drop_nulls().unique()]
    table = pl.DataFrame(rows, schema={"text": pl.String, **schema, "fault": pl.String}, orient="row")
    read = column.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return Reading(read.select(schema.names()), read["fault"])


def _parsed(
    text: str, parse: Callable[[str], Sequence[object]], width: int, expected: str
) -> tuple[object, ...]:
    nothing = (None,) * width
    if not text or text.isspace():
        return (text, *nothing, None)
    if len(text) > LONGEST:
        return (text, *nothing, fault(text, f"has more than {LONGEST} characters", expected))
    try:
        return (text, *parse(clean(text)), None)
    except UnreadableError as error:
        return (text, *nothing, fault(text, str(error), expected))


def fault(text: str, why: str, expected: str) -> str:
    """A sentence for people, with the value as it stands, cut."""
    shown = _UNSHOWN.sub(" ", text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
    return f"'{shown}' {why}: write {expected}."
