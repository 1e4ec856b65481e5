"""XLSX and ODS: one sheet of a workbook, its cells as people see them."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from service.ingest import refusals
from service.ingest.apart import Apart
from service.ingest.archive import Archive
from service.ingest.batches import Batch
from service.ingest.kinds import Selection
from service.ingest.limits import Limits
from service.ingest.rows import Harvest, Layout, as_csv, check_rows, no_data_rows

_Errors = list[tuple[int, str, str]]
"""Cells that show an error: column, place (B7), what it shows."""

_BATCH = 20_000


class WorkbookTable:
    """A sheet whose header, the first row that isn't blank, has been read. `line` is the sheet's row number."""

    encoding = "utf-8"
    dialect = None
    nested: tuple[str, ...] = ()

    def __init__(self, archive: Archive, format_: str, limits: Limits, worksheet: str | None) -> None:
        self.format = format_
        self._limits = limits
        suspect = archive.inspect()
        order = {"format": format_, "worksheet": worksheet, "suspect": suspect}
        self._apart = Apart(archive.packed, order, limits)
        _, self.worksheet, self.worksheets = self._apart.receive()
        self._rows = _received(self._apart)
        self.header_line, cells, _ = next(self._rows)
        self.headers = _without_blank_end([" ".join(cell.split()) for cell in cells])

    def batches(self, selection: Selection) -> Iterator[Batch]:
        layout = Layout(self.headers, selection, self._limits)
        harvest, row, line = Harvest(layout), 0, self.header_line
        for line, cells, errors in self._rows:
            row += 1
            _take(harvest, row, line, cells, errors)
            if len(harvest.rows) >= _BATCH:
                check_rows(row, line, self._limits)
                yield harvest.batch()
                harvest = Harvest(layout)
        if not row:
            raise no_data_rows(self.header_line)
        check_rows(row, line, self._limits)
        yield harvest.batch()


def _received(apart: Apart) -> Iterator[tuple[int, list[str], _Errors]]:
    while (message := apart.receive())[0] == "rows":
        yield from message[1]


def _take(harvest: Harvest, row: int, line: int, cells: list[str], errors: _Errors) -> None:
    headers, width = harvest.layout.headers, len(harvest.layout.headers)
    kept = harvest.layout.selection.positions.values()
    for column, place, shown in errors:
        if column in kept:
            harvest.refuse(row, line, refusals.error_cell(headers[column], place, shown), as_csv(cells))
            return
    if any(cells[width:]):
        harvest.refuse(row, line, refusals.wrong_width(_last(cells) + 1, width), as_csv(cells))
    else:
        harvest.keep(row, line, [cells[at] for at in kept], partial(as_csv, cells))


def _last(cells: Sequence[Any]) -> int:
    return max(at for at, cell in enumerate(cells) if cell)


def _without_blank_end(headers: list[str]) -> list[str]:
    while headers and not headers[-1]:
        headers.pop()
    return headers
