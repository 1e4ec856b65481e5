"""Rows that come as values, out of workbooks, JSON and Parquet: checked together, refused one by one."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from service.ingest import refusals
from service.ingest.batches import Batch, record_frame
from service.ingest.errors import NoDataRowsError, TooManyRowsError
from service.ingest.kinds import PLACE, Selection
from service.ingest.limits import Limits
from service.ingest.refusals import Fault, Refusal, refused_frame

NUL = "\x00"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters but tab and line ends, which normalising takes for spaces."""

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file and what is kept of them."""

    headers: Sequence[str]
    selection: Selection
    limits: Limits
    disarmed: bool = field(default=True, kw_only=True)
    """Of values that may have been in a spreadsheet: see `record_frame`."""

    def judge(self, values: Sequence[str | None]) -> Fault | None:
        """The first fault of the kept values, given in the order of `Selection.positions`."""
        for (name, at), value in zip(self.selection.positions.items(), values, strict=True):
            if value is not None and (fault := self.judge_value(name, self.headers[at], value)):
                return fault
        return None

    def judge_value(self, name: str, header: str, value: str) -> Fault | None:
        size = len(value.encode())
        if size > self.limits.field:
            return refusals.field_too_long(header, size, self.limits)
        if name in self.selection.kind.key_fields and (found := CONTROL.search(value)):
            return refusals.control_character(header, found[0])
        return None


def check_rows(row: int, line: int, limits: Limits) -> None:
    """Raise if there are more data rows than there may be."""
    if row > limits.rows:
        raise TooManyRowsError(
            f"more rows than the limit 'rows' of {limits.rows}",
            mend="Split the list into several files.",
            line=line,
        )


def no_data_rows(line: int) -> NoDataRowsError:
    return NoDataRowsError(
        "no data rows follow the header",
        mend="Export the list again with its rows; nothing was changed.",
        line=line,
    )


@dataclass(slots=True)
class Harvest:
    """Rows on their way into a batch: the kept values of each in the order of `Selection.positions`."""

    layout: Layout
    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    values: list[Sequence[str | None]] = field(default_factory=list)
    texts: list[Callable[[], str]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def keep(self, row: int, line: int, values: Sequence[str | None], text: Callable[[], str]) -> None:
        """A row as it was read; `text` shows all of it, should it be refused after all."""
        self.rows.append(row)
        self.lines.append(line)
        self.values.append(values)
        self.texts.append(text)

    def refuse(self, row: int, line: int, fault: Fault, text: str) -> None:
        self.refused.append(Refusal(row, line, fault, text[: refusals.TEXT_KEPT]))

    def batch(self) -> Batch:
        names = list(self.layout.selection.positions)
        columns = dict(
            zip(names, zip(*self.values, strict=True) if self.values else [()] * len(names), strict=True)
        )
        frame = pl.DataFrame(
            {"row": self.rows, "line": self.lines, **columns}, schema=PLACE | dict.fromkeys(names, pl.String)
        )
        return checked(frame, self.layout, lambda at: self.texts[at](), self.refused)


def checked(
    frame: pl.DataFrame,
    layout: Layout,
    text: Callable[[int], str] | None = None,
    refused: Sequence[Refusal] = (),
) -> Batch:
    """`row`, `line` and text columns by field → what passes the limits and what doesn't, with the rows refused before.

    `text` gives what a row looks like in the file, by its position in `frame`; without it the kept values stand for it.
    """
    odd = frame.select(_is_odd(layout).arg_true()).to_series().to_list() if frame.height else []
    found = list(refused)
    names = list(layout.selection.positions)
    kept = frame
    if odd:
        for at, record in zip(odd, frame[odd].select("row", "line", *names).iter_rows(), strict=True):
            row, line, *values = record
            fault = _fault(values, layout, line)
            shown = text(at) if text else as_csv(values)
            found.append(Refusal(row, line, fault, shown[: refusals.TEXT_KEPT]))
        kept = frame.with_row_index("_at").filter(~pl.col("_at").is_in(odd)).drop("_at")
    frame = record_frame(kept, layout.selection, disarmed=layout.disarmed)
    return Batch(frame, refused_frame(sorted(found, key=lambda r: r.row)))


def as_csv(values: Sequence[str | None]) -> str:
    """A row as people would write it down, as far as it is kept."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([(value or "")[: refusals.TEXT_KEPT] for value in values])
    return text.getvalue()


def _is_odd(layout: Layout) -> pl.Expr:
    names = list(layout.selection.positions)
    sizes = [pl.col(name).str.len_bytes().fill_null(0) for name in names]
    keys = [name for name in names if name in layout.selection.kind.key_fields]
    tests = [
        *(size > layout.limits.field for size in sizes),
        pl.sum_horizontal(sizes) > layout.limits.line,
        *(pl.col(name).str.contains(NUL, literal=True).fill_null(value=False) for name in names),
        *(pl.col(name).str.contains(_CONTROL).fill_null(value=False) for name in keys),
    ]
    return pl.any_horizontal(tests)


def _fault(values: Sequence[str | None], layout: Layout, line: int) -> Fault:
    positions = list(layout.selection.positions.values())
    nul = next((at for at, value in zip(positions, values, strict=True) if value and NUL in value), None)
    if nul is not None:
        return refusals.nul_byte(layout.headers[nul])
    return layout.judge(values) or refusals.line_too_long(layout.limits, line, line)
