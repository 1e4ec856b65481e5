"""A column's usual spellings read all at once: one number whose marks fit, and words around it that other rows have too.

The exact readers (`read_distinct`) stay the law. What stands around the numbers is given to them once, with a 1 for the number, and what
can't be put together from that is left to them row by row: a million different amounts in euro are one reading, not a million.
"""

from collections.abc import Callable, Sequence

import polars as pl

from service.ingest.values.reading import LONGEST, Reading, UnreadableError, clean

_SAFE = r"\p{L}\p{Sc}\p{Zs}()%~+–—−\-"
"""What may stand around a number: nothing that cleaning turns into a digit or into a mark before one. Dots may, but not before it."""
_BEFORE, _AFTER = rf"(?:[{_SAFE}.]*[{_SAFE}]|)", rf"[{_SAFE}.]*"
_VALUE = rf"^({_BEFORE})([0-9](?:[0-9.,'’\u00a0\u202f ]*[0-9])?)({_AFTER})$"
_DECIMALS = "[0-9]{1,12}"


def _grouped(mark: str) -> str:
    return rf"(?:[0-9]{{1,3}}(?:{mark}[0-9]{{3}}){{1,4}}|[0-9]{{1,2}}(?:{mark}[0-9]{{2}}){{1,5}}{mark}[0-9]{{3}})"


_OPEN = r"^[1-9][0-9]{0,2}[.,][0-9]{3}$"
"""One mark with three digits behind it."""
_WHOLE = rf"^(?:[0-9]{{1,15}}|{_grouped(',')}|{_grouped('[.]')}|{_grouped(' ')}|{_grouped(chr(39))})$"
_POINTED = rf"^(?:(?:[0-9]{{1,15}}|{_grouped(' ')}|{_grouped(chr(39))})[.,]|{_grouped(',')}[.]|{_grouped('[.]')},){_DECIMALS}$"


def alone(number: str) -> str:
    """A pattern for values that are one such number, whatever words stand around it."""
    return rf"^{_BEFORE}(?:{number}){_AFTER}$"


def parted(column: pl.Series, decimal_mark: str | None) -> pl.DataFrame:
    """`before`, `after`; `whole` and `part`, the digits before and after the decimals' mark, both null where the value isn't usual;
    `in_doubt`, where it could be thousands or decimals and no `decimal_mark` tells: there it is read as thousands.
    """
    short = column.set((column.str.len_bytes() > LONGEST).fill_null(value=False), None)
    found = (
        short.str.extract_groups(_VALUE).struct.rename_fields(["before", "digits", "after"]).struct.unnest()
    )
    digits = pl.col("digits").str.replace_all("[\u00a0\u202f]", " ").str.replace_all("’", "'", literal=True)
    found = found.with_columns(digits)
    digits = pl.col("digits")
    is_open = digits.str.contains(_OPEN)
    closed = digits.str.contains(decimal_mark, literal=True) if decimal_mark else pl.lit(value=False)
    pointed = pl.when(is_open).then(closed).otherwise(digits.str.contains(_POINTED))
    is_whole = pl.when(is_open).then(~closed).otherwise(digits.str.contains(_WHOLE))
    found = found.with_columns(
        pl.when(pointed)
        .then(digits.str.extract("[.,]([0-9]+)$"))
        .when(is_whole)
        .then(pl.lit(""))
        .alias("part"),
        (is_open & pl.lit(decimal_mark is None)).alias("in_doubt"),
    )
    before_mark = pl.when(pl.col("part") == "").then(digits).otherwise(digits.str.replace("[.,][0-9]+$", ""))
    whole = before_mark.str.replace_all("[., ']", "")
    return found.select(
        "before",
        "after",
        pl.when(pl.col("part").is_not_null()).then(whole).alias("whole"),
        "part",
        "in_doubt",
    )


def framed(
    parts: pl.DataFrame, read: Callable[[str, str], Sequence[object] | None], schema: pl.Schema
) -> pl.DataFrame:
    """What `read(before, after)` says of the text around each number, which may raise UnreadableError; null where it says nothing
    or where no other row has the same.
    """
    around = ["before", "after"]
    kinds = parts.filter(pl.col("whole").is_not_null()).group_by(around).len().filter(pl.col("len") > 1)
    said = [(before, after, *row) for before, after, _ in kinds.rows() if (row := _said(read, before, after))]
    table = pl.DataFrame(said, schema={"before": pl.String, "after": pl.String, **schema}, orient="row")
    return (
        parts.select(around).join(table, on=around, how="left", maintain_order="left").select(schema.names())
    )


def _said(
    read: Callable[[str, str], Sequence[object] | None], before: str, after: str
) -> Sequence[object] | None:
    try:
        return read(before, after)
    except UnreadableError:
        return None


def around(number: str, before: str, after: str) -> str:
    """The value with another number in it, as the exact readers get it."""
    return clean(f"{before}{number}{after}")


def as_decimal(power: pl.Expr, *, negative: pl.Expr) -> pl.Expr:
    """`whole` and `part` times ten to the `power` (0 to 15), as decimal text: equal numbers, equal text."""
    behind = pl.col("part") + "0" * 15
    whole = (pl.col("whole") + behind.str.head(power)).str.strip_chars_start("0")
    part = behind.str.slice(power).str.strip_chars_end("0")
    text = pl.when(whole == "").then(pl.lit("0")).otherwise(whole) + pl.when(part == "").then(
        pl.lit("")
    ).otherwise("." + part)
    return pl.when(negative & (text != "0")).then("-" + text).otherwise(text)


def some_at_once(
    column: pl.Series, mask: pl.Series, done: pl.DataFrame, read: Callable[[pl.Series], Reading]
) -> Reading:
    """`done` are the values of the rows in `mask`, without a fault; `read` has the others. In the column's order."""
    nothing = pl.Series("fault", [None], dtype=pl.String).new_from_index(0, done.height)
    if done.height == len(column):
        return Reading(done, nothing)
    if done.is_empty():
        return read(column)
    rest = read(column.filter(~mask))
    both = pl.concat(
        [done.with_columns(nothing), rest.values.with_columns(rest.faults.alias("fault"))],
        how="vertical_relaxed",
    )
    rows = pl.concat([mask.arg_true(), (~mask).arg_true()])
    ordered = both.with_columns(rows.alias("_row")).sort("_row").drop("_row")
    return Reading(ordered.drop("fault"), ordered["fault"])
