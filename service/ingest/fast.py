"""The fast reader: a vectorised scan of one block finds that nothing in it is odd, then Polars reads it.

What it gives equals what `exact` gives, row for row and line for line; whatever it is not sure of it leaves.
"""

import re
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.exceptions import PolarsError

from service.ingest.batches import Batch, record_frame
from service.ingest.exact import Cursor, Shape
from service.ingest.refusals import REFUSED_SCHEMA

Bytes: TypeAlias = npt.NDArray[np.uint8]
Positions: TypeAlias = npt.NDArray[np.intp]

_TAB, _LF, _CR, _SPACE, _QUOTE, _DEL = 9, 10, 13, 32, 34, 127
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of text; where its quotes stand, its line ends (last bytes), and those of them that are a CR alone."""

    text: bytes
    data: Bytes
    quotes: Positions
    breaks: Positions
    lone: Positions

    def outside(self, places: Positions) -> Positions:
        """Those with an even number of quotes before them, which is outside if all quotes stand as they should."""
        if not len(self.quotes):
            return places
        outside: Positions = places[(np.searchsorted(self.quotes, places) & 1) == 0]
        return outside


@dataclass(frozen=True, slots=True)
class _Records:
    """The whole records of a block: where each begins, where its content ends, where they all end."""

    starts: Positions
    ends: Positions
    cut: int

    @property
    def blank(self) -> Mask:
        blank: Mask = self.starts == self.ends
        return blank


def read_fast(buf: bytes, cursor: Cursor, shape: Shape, *, final: bool) -> tuple[Batch, int] | None:
    """The whole records at the start of `buf` and their length in bytes, moving `cursor`; None if anything is odd."""
    data = np.frombuffer(buf, np.uint8)
    feeds = np.flatnonzero(data == _LF)
    if _has_controls(buf, data, len(feeds)):
        return None
    block = _block(buf, data, feeds, final=final)
    records = _records(block)
    if records is None or not _is_regular(block, records, shape):
        return None
    batch = _read(block, records, cursor, shape)
    if batch is None:
        return None
    cursor.row += batch.frame.height
    cursor.line += int(np.searchsorted(block.breaks, records.cut))
    return batch, records.cut


def _has_controls(buf: bytes, data: Bytes, feeds: int) -> bool:
    spaces = feeds + sum(np.count_nonzero(data == c) for c in (_TAB, _CR) if c in buf)
    if np.count_nonzero(data < _SPACE) != spaces or _DEL in buf:
        return True
    return not buf.isascii() and _C1.search(buf) is not None


def _block(buf: bytes, data: Bytes, feeds: Positions, *, final: bool) -> _Block:
    quotes = np.flatnonzero(data == _QUOTE) if _QUOTE in buf else feeds[:0]
    breaks, lone = feeds, feeds[:0]
    if _CR in buf:
        lone = _lone_returns(data, final=final)
        breaks = np.sort(np.concatenate([breaks, lone])) if len(lone) else breaks
    if final and data[-1] not in (_LF, _CR):
        breaks = np.append(breaks, len(data))
    return _Block(buf, data, quotes, breaks, lone)


def _lone_returns(data: Bytes, *, final: bool) -> Positions:
    """Each CR that no LF follows; one at the very end may still be half a CRLF."""
    returns = np.flatnonzero(data == _CR)
    if returns[-1] == len(data) - 1:
        last, returns = returns[-1:], returns[:-1]
    else:
        last = returns[:0]
    lone = returns[data[returns + 1] != _LF]
    return np.concatenate([lone, last]) if final else lone


def _records(block: _Block) -> _Records | None:
    ends = block.outside(block.breaks)
    if not len(ends):
        return None
    data = block.data
    starts = np.concatenate([np.zeros(1, np.intp), ends[:-1] + 1])
    at = np.minimum(ends, len(data) - 1)
    crlf = (ends < len(data)) & (data[at] == _LF) & (ends > starts) & (data[at - 1] == _CR)
    return _Records(starts, ends - crlf, min(int(ends[-1]) + 1, len(data)))


def _is_regular(block: _Block, records: _Records, shape: Shape) -> bool:
    if (records.ends - records.starts).max() > shape.limits.line:
        return False
    delimiter = ord(shape.delimiter)
    if not _is_well_quoted(block, records.cut, delimiter):
        return False
    kept = ~records.blank
    count, gaps = int(np.count_nonzero(kept)), shape.width - 1
    delimiters = block.outside(np.flatnonzero(block.data[: records.cut] == delimiter))
    if not count or len(delimiters) != count * gaps:
        return False
    if not gaps:
        return True
    grid = delimiters.reshape(count, gaps)
    return bool((grid[:, 0] >= records.starts[kept]).all() and (grid[:, -1] < records.ends[kept]).all())


def _is_well_quoted(block: _Block, cut: int, delimiter: int) -> bool:
    """Each opening quote stands at the start of a field, each closing one at its end, or they are doubled."""
    quotes, data = block.quotes[block.quotes < cut], block.data
    opening, closing = quotes[0::2], quotes[1::2]
    borders = np.zeros(256, np.bool_)
    borders[[delimiter, _LF, _CR, _QUOTE]] = True
    opened = borders[data[np.maximum(opening - 1, 0)]] | (opening == 0)
    closed = borders[data[np.minimum(closing + 1, cut - 1)]]
    return bool(opened.all() and closed.all())


def _read(block: _Block, records: _Records, cursor: Cursor, shape: Shape) -> Batch | None:
    kept = ~records.blank
    values = _parse(_with_plain_lines(block, records), shape)
    if values is None or values.height != np.count_nonzero(kept) or _has_long_field(values, shape):
        return None
    lines = cursor.line + np.searchsorted(block.breaks, records.starts[kept])
    rows = np.arange(cursor.row + 1, cursor.row + 1 + values.height)
    places = [pl.Series("row", rows, pl.UInt32), pl.Series("line", lines, pl.UInt32)]
    frame = record_frame(values.with_columns(places), shape.selection)
    if shape.width == 1 and any(frame[name].null_count() for name in shape.selection.positions):
        return None  # a line of spaces is blank, but `""` is a row: let the exact reader tell
    return Batch(frame, REFUSED_SCHEMA.to_frame())


def _with_plain_lines(block: _Block, records: _Records) -> bytes:
    """The records as Polars takes them: no blank lines, no CR as a line end."""
    lone = block.outside(block.lone[block.lone < records.cut])
    blank = records.starts[records.blank]
    if not len(lone) and not len(blank):
        return block.text[: records.cut]
    data = block.data[: records.cut].copy()
    data[lone] = _LF
    kept = np.ones(len(data), np.bool_)
    kept[blank] = False
    kept[blank[data[blank] == _CR] + 1] = False
    return data[kept].tobytes()


def _parse(text: bytes, shape: Shape) -> pl.DataFrame | None:
    picks = sorted(shape.selection.positions.items(), key=itemgetter(1))
    try:
        values = pl.read_csv(
            text,
            has_header=False,
            infer_schema=False,
            separator=shape.delimiter,
            columns=[at for _, at in picks],
        )
    except PolarsError:  # the exact reader says what it is
        return None
    return values.rename(dict(zip(values.columns, (name for name, _ in picks), strict=True)))


def _has_long_field(values: pl.DataFrame, shape: Shape) -> bool:
    sizes = values.select(pl.all().str.len_bytes().max()).row(0)
    return max((size or 0 for size in sizes), default=0) > shape.limits.field
