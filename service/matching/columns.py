"""Two ways to keep a column fast: work on the few rows that need it, or on the distinct values."""

from collections.abc import Callable

import polars as pl


def on_rows(column: pl.Series, mask: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`column` with `change` applied where `mask` is true (null counts as false); the order stays."""
    mask = mask.fill_null(value=False)
    touched = int(mask.sum())
    if touched == 0:
        return column
    if touched == len(column):
        return change(column)
    changed = change(column.filter(mask))
    rows = pl.int_range(0, len(column), dtype=pl.UInt32, eager=True)
    source = (mask.cum_sum().cast(pl.UInt32) + (len(column) - 1)).zip_with(mask, rows)
    return pl.concat([column, changed.alias(column.name)]).gather(source)


def map_distinct(
    column: pl.Series, change: Callable[[str], object], dtype: pl.DataType | type[pl.DataType] = pl.String
) -> pl.Series:
    """`column` with plain Python applied to each distinct value once; null stays null.

    For rare rows and small vocabularies only: a column of a million different values costs a million calls.
    """
    values = column.drop_nulls().unique()
    if values.is_empty():
        return pl.Series(column.name, [None] * len(column), dtype=dtype)
    table = pl.DataFrame(
        {"value": values, "changed": pl.Series([change(value) for value in values], dtype=dtype)}
    )
    return (
        column.to_frame("value")
        .join(table, on="value", how="left", maintain_order="left")["changed"]
        .alias(column.name)
    )


def is_not_ascii(column: pl.Series) -> pl.Series:
    return column.str.len_bytes() != column.str.len_chars()


def text_lists(column: pl.Series) -> pl.Series:
    """Parts between `;` and `|` (List of String), each once, in their order; null where nothing stands."""
    parts = (
        column.str.replace_all("|", ";", literal=True)
        .str.split(";")
        .list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))
        .list.unique(maintain_order=True)
    )
    return parts.set(parts.list.len() == 0, None)
