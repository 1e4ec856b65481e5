"""The exact reader: one record after the other, each judged by itself. It defines what the fast reader may skip."""

from dataclasses import dataclass, field

import polars as pl

from service.ingest import refusals
from service.ingest.batches import Batch, record_frame
from service.ingest.framing import Framer, after_line_end, plain_end, split_fields
from service.ingest.kinds import PLACE
from service.ingest.refusals import Fault, Refusal, refused_frame
from service.ingest.rows import CONTROL, NUL, Layout

_SHOWN_BYTES = 4 * refusals.TEXT_SHOWN


@dataclass(frozen=True, slots=True)
class Shape(Layout):
    """What a record must look like: its columns, which of them are kept as what, and what stands between them."""

    delimiter: str

    @property
    def width(self) -> int:
        return len(self.headers)


@dataclass(slots=True)
class Cursor:
    """The place of the next record: data rows before it, its physical line."""

    row: int
    line: int


@dataclass(slots=True)
class _Oversize:
    """A record above the cap that goes on in the next piece of text; only its beginning is held."""

    framer: Framer
    head: bytes


@dataclass(slots=True)
class _Harvest:
    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    values: list[list[str]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def batch(self, shape: Shape) -> Batch:
        columns = {
            name: [record[at] for record in self.values] for name, at in shape.selection.positions.items()
        }
        schema = PLACE | dict.fromkeys(columns, pl.String)
        frame = pl.DataFrame({"row": self.rows, "line": self.lines, **columns}, schema=schema)
        return Batch(record_frame(frame, shape.selection), refused_frame(self.refused))


class ExactReader:
    """Reads records out of pieces of text; remembers only a record that is longer than it may be."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._delimiter = shape.delimiter.encode()
        self._oversize: _Oversize | None = None

    @property
    def amid_record(self) -> bool:
        """Whether the next text continues a record whose beginning is gone."""
        return self._oversize is not None

    def read(self, buf: bytes, cursor: Cursor, *, stop: int, final: bool) -> tuple[Batch, int]:
        """Read records until one ends at or behind `stop`, or the text ends within one.

        Moves `cursor`. Returns the batch and the number of bytes used; the rest is a record that needs more text.
        """
        harvest = _Harvest()
        pos = 0
        if self._oversize is not None:
            pos = self._resume(self._oversize, buf, cursor, harvest, final=final)
        while self._oversize is None and pos < min(stop, len(buf)):
            end, last_line = plain_end(buf, pos), cursor.line
            if end < 0:
                framer = Framer(self._delimiter, cursor.line)
                end, ended = framer.advance(buf, pos, final=final)
                if not ended:
                    pos = self._suspend(framer, buf, pos, end)
                    break
                last_line = framer.line
            self._take(buf[pos:end], last_line, cursor, harvest)
            pos = after_line_end(buf, end)
        return harvest.batch(self._shape), pos

    def _suspend(self, framer: Framer, buf: bytes, start: int, reached: int) -> int:
        if len(buf) - start <= self._shape.limits.line:
            return start
        # No need to keep a record that is refused anyhow: a line of gigabytes costs nothing but time.
        self._oversize = _Oversize(framer, buf[start : start + _SHOWN_BYTES])
        return reached

    def _resume(
        self, record: _Oversize, buf: bytes, cursor: Cursor, harvest: _Harvest, *, final: bool
    ) -> int:
        end, ended = record.framer.advance(buf, 0, final=final)
        if not ended:
            return end
        self._refuse_long(record.head, record.framer.line, cursor, harvest)
        self._oversize = None
        return after_line_end(buf, end)

    def _take(self, content: bytes, last_line: int, cursor: Cursor, harvest: _Harvest) -> None:
        if len(content) > self._shape.limits.line:
            self._refuse_long(content[:_SHOWN_BYTES], last_line, cursor, harvest)
            return
        text = content.decode()
        if not is_blank(text, self._shape.delimiter):
            cursor.row += 1
            values, fault = self._judge(text, len(content))
            if fault:
                harvest.refused.append(_refusal(cursor, fault, text))
            else:
                harvest.rows.append(cursor.row)
                harvest.lines.append(cursor.line)
                harvest.values.append(values)
        cursor.line = last_line + 1

    def _refuse_long(self, head: bytes, last_line: int, cursor: Cursor, harvest: _Harvest) -> None:
        cursor.row += 1
        fault = refusals.line_too_long(self._shape.limits, cursor.line, last_line)
        harvest.refused.append(_refusal(cursor, fault, head.decode(errors="ignore")[: refusals.TEXT_SHOWN]))
        cursor.line = last_line + 1

    def _judge(self, text: str, size: int) -> tuple[list[str], Fault | None]:
        """The values of a record of `size` bytes, and the first fault in it; what the whole record lacks no value has."""
        headers = self._shape.headers
        values, bad = split_fields(text, self._shape.delimiter)
        if bad is not None:
            return values, refusals.bad_quoting(headers[bad] if bad < len(headers) else None)
        if NUL in text:
            nul = next(at for at, value in enumerate(values) if NUL in value)
            return values, refusals.nul_byte(headers[nul] if nul < len(headers) else None)
        if len(values) != len(headers):
            return values, refusals.wrong_width(len(values), len(headers))
        if size > self._shape.limits.field or CONTROL.search(text):
            return values, self._shape.judge([values[at] for at in self._shape.selection.positions.values()])
        return values, None


def is_blank(text: str, delimiter: str) -> bool:
    """A line without any value is no data row; delimiters make one, even a tab."""
    return not text.strip(" " if delimiter == "\t" else " \t")


def _refusal(cursor: Cursor, fault: Fault, text: str) -> Refusal:
    return Refusal(cursor.row, cursor.line, fault, text[: refusals.TEXT_KEPT])
