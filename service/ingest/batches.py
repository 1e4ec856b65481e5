"""What every format yields: checked rows in canonical columns, refused rows beside them."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from service.ingest.kinds import ACCOUNTS, Selection, frame_schema
from service.ingest.refusals import REFUSED_SCHEMA

ACCOUNT_SCHEMA = frame_schema(ACCOUNTS.fields)
"""Every frame of accounts: 1-based data row, physical line, then all account fields as text or null."""

FORMULA_BEGINNINGS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet takes a text with for a formula: exports write an apostrophe before it, which is no part of the value."""

_DISARMED = f"^'([{re.escape(FORMULA_BEGINNINGS)}])"

Progress = Callable[[int], None]
"""Called with the bytes read from the source so far (packed bytes, if it is packed)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file writes rows; `delimiter` is None for one column, `quote` for a file that showed none yet."""

    delimiter: str | None
    quote: str | None
    line_end: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows: `frame` (`Selection.schema`) those to keep, `refused` (`REFUSED_SCHEMA`) the others."""

    frame: pl.DataFrame
    refused: pl.DataFrame


class Table(Protocol):
    """A file opened by one format's module: its header is known, its rows are still to come."""

    @property
    def headers(self) -> list[str]: ...

    @property
    def header_line(self) -> int: ...

    @property
    def encoding(self) -> str: ...

    @property
    def dialect(self) -> Dialect | None: ...

    @property
    def format(self) -> str:
        """csv, xlsx, ods, parquet, ndjson or json."""
        ...

    @property
    def worksheet(self) -> str | None:
        """The name of the sheet that is read, of a workbook."""
        ...

    @property
    def worksheets(self) -> Sequence[str]:
        """The names of all sheets of a workbook."""
        ...

    @property
    def nested(self) -> Collection[str]:
        """Headers of columns that hold no plain values, and can't be selected."""
        ...

    def batches(self, selection: Selection) -> Iterator[Batch]:
        """The rows with the columns that were selected; single use."""
        ...


def cleaned(text: pl.Expr) -> pl.Expr:
    """What a value is of what came: without the white space around it."""
    return text.str.strip_chars()


def record_frame(columns: pl.DataFrame, selection: Selection, *, disarmed: bool = True) -> pl.DataFrame:
    """`row`, `line` and some of the fields, as read → `Selection.schema`: stripped, empty values null.

    Unless it is `disarmed`, an apostrophe before what a spreadsheet takes for a formula is part of the value.
    """
    stripped = columns.with_columns(cleaned(pl.col(pl.String)))
    if disarmed:
        quoted = [
            name for name, kind in stripped.schema.items()
            if kind == pl.String and stripped[name].str.starts_with("'").any()
        ]  # fmt: skip
        stripped = stripped.with_columns(pl.col(quoted).str.replace(_DISARMED, "${1}"))
    return stripped.select(
        "row",
        "line",
        *(
            pl.when(pl.col(field) != "").then(pl.col(field)).alias(field)
            if field in columns.columns
            else pl.lit(None, pl.String).alias(field)
            for field in selection.fields
        ),
    )


def joined(batches: list[Batch], selection: Selection) -> Batch:
    """One batch of several; of none, an empty one."""
    if len(batches) == 1:
        return batches[0]
    return Batch(
        pl.concat([selection.schema.to_frame(), *(b.frame for b in batches)]),
        pl.concat([REFUSED_SCHEMA.to_frame(), *(b.refused for b in batches)]),
    )
