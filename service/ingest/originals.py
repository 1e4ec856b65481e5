"""Single rows of a file as they stood in it: every column under its own header, mapped or not.

For rows that were refused: their file is read once more, and what its first reading couldn't take apart is split as well as can be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from service.ingest.framing import split_fields
from service.ingest.kinds import RecordKind, Selection
from service.ingest.sheet import Sheet

WHOLE = RecordKind("row", "row", (), (), "headers.csv")


@dataclass(frozen=True, slots=True)
class Original:
    """The values of a data row (1-based), in the order of the file's headers; more or fewer where the row was ragged."""

    row: int
    values: Sequence[str | None]


def originals(sheet: Sheet, wanted: pl.Series) -> Iterator[Original]:
    """The data rows whose numbers are `wanted`, in file order, out of a sheet that was just opened."""
    positions = {f"column_{at}": at for at, plain in enumerate(sheet.plain) if plain}
    everything = Selection(WHOLE, positions, tuple(positions))
    numbers = wanted.cast(pl.UInt32).unique()
    for batch in sheet.batches(selection=everything):
        kept = batch.frame.filter(pl.col("row").is_in(numbers.implode()))
        found: dict[int, Sequence[str | None]] = {
            row: _spread(values, sheet.plain) for row, *values in kept.select("row", *positions).iter_rows()
        }
        refused = batch.refused.filter(pl.col("row").is_in(numbers.implode()))
        for row, text in refused.select("row", "text").iter_rows():
            found[row] = _split(sheet, text)
        yield from _in_order(found)


def _spread(values: Sequence[str | None], plain: Sequence[bool]) -> list[str | None]:
    """The values with empty places for the columns that hold no plain ones."""
    left = iter(values)
    return [next(left) if is_plain else None for is_plain in plain]


def _in_order(found: Mapping[int, Sequence[str | None]]) -> Iterator[Original]:
    for row in sorted(found):
        yield Original(row, found[row])


def _split(sheet: Sheet, text: str) -> Sequence[str | None]:
    """What a refused row says: JSON records stay whole, in the first column."""
    if sheet.format in {"json", "ndjson"}:
        return [text]
    delimiter = sheet.dialect.delimiter if sheet.dialect else ","
    return [text] if delimiter is None else split_fields(text, delimiter)[0]
