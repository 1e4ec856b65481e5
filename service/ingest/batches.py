"""What every format yields: checked rows in canonical columns, refused rows beside them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from service.ingest.refusals import REFUSED_SCHEMA
from service.matching.records import ACCOUNT_FIELDS

ACCOUNT_SCHEMA = pl.Schema({"row": pl.UInt32, "line": pl.UInt32} | dict.fromkeys(ACCOUNT_FIELDS, pl.String))
"""Every frame of accounts: 1-based data row, physical line, then all account fields as text or null."""

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
    """Consecutive rows: `frame` (`ACCOUNT_SCHEMA`) those to keep, `refused` (`REFUSED_SCHEMA`) the others."""

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
    def dialect(self) -> Dialect: ...

    def batches(self, picks: Mapping[str, int]) -> Iterator[Batch]:
        """The rows with the columns at the given positions as account fields; single use."""
        ...


def account_frame(columns: pl.DataFrame) -> pl.DataFrame:
    """`row`, `line` and some account fields, as read → `ACCOUNT_SCHEMA`: stripped, empty values null."""
    stripped = columns.with_columns(pl.col(pl.String).str.strip_chars())
    return stripped.select(
        "row",
        "line",
        *(
            pl.when(pl.col(field) != "").then(pl.col(field)).alias(field)
            if field in columns.columns
            else pl.lit(None, pl.String).alias(field)
            for field in ACCOUNT_FIELDS
        ),
    )


def joined(batches: list[Batch]) -> Batch:
    """One batch of several; of none, an empty one."""
    if len(batches) == 1:
        return batches[0]
    return Batch(
        pl.concat([ACCOUNT_SCHEMA.to_frame(), *(b.frame for b in batches)]),
        pl.concat([REFUSED_SCHEMA.to_frame(), *(b.refused for b in batches)]),
    )
