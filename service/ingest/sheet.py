"""A list in a file, opened: what it is, how its columns map, and its rows in batches."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import polars as pl

from service.ingest.batches import Batch, Dialect, Progress, Table, joined
from service.ingest.errors import AlreadyReadError, IngestError
from service.ingest.formats import Request, open_table
from service.ingest.header import ColumnMap, Wanted, check_headers, map_columns
from service.ingest.kinds import ACCOUNTS, RecordKind, Selection
from service.ingest.limits import Limits
from service.ingest.source import Source

DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Summary:
    """Counts of what was read so far: data rows, those kept, those refused, by reason."""

    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> int:
        return self.reasons.total()

    @property
    def rows(self) -> int:
        return self.kept + self.refused

    def add(self, batch: Batch) -> None:
        self.kept += batch.frame.height
        self.reasons.update(batch.refused["reason"].to_list())


class Sheet:
    """An opened file: `headers` as they stand, `mapping` of fields to headers, likewise `attributes`, `unmapped` headers.

    `format` is csv, xlsx, ods, parquet, ndjson or json; `worksheet` the sheet of a workbook that is read, of its
    `worksheets`. `compression` is gzip, zstd, zip or None, `size` the file's bytes where known, `summary` counts what was read. An ASCII
    beginning may turn out to be Latin-1 later on, so `encoding` is final when the rows have been read.
    """

    def __init__(
        self, name: str, source: Source, table: Table, columns: ColumnMap, compression: str | None
    ) -> None:
        self.name = name
        self.compression = compression
        self.format = table.format
        self.worksheet = table.worksheet
        self.worksheets = list(table.worksheets)
        self.headers = table.headers
        self.plain = [header not in table.nested for header in table.headers]
        self.selection = columns.selection
        found = {field: table.headers[at] for field, at in self.selection.positions.items()}
        self.attributes = {slug: found.pop(slug) for slug in self.selection.attributes}
        self.mapping = found
        self.unmapped = columns.unmapped
        self.size = source.size
        self.summary = Summary()
        self._source = source
        self._table = table
        self._read = False

    @property
    def encoding(self) -> str:
        return self._table.encoding

    @property
    def dialect(self) -> Dialect | None:
        """How a text file writes rows; None for the other formats."""
        return self._table.dialect

    def batches(
        self, progress: Progress | None = None, *, selection: Selection | None = None
    ) -> Iterator[Batch]:
        """The rows in file order, once; with the columns that were mapped, or another `selection`.

        An error that refuses the file may come after good batches (a gzip stream can end early at its last
        byte), so callers must let nothing count before the iterator has ended. `progress` gets the bytes read
        from the source after each batch.
        """
        if self._read:
            raise AlreadyReadError("the rows of this sheet have been read", mend="Open the file again.")
        self._read = True
        with _named(self.name):
            for batch in self._table.batches(selection or self.selection):
                self.summary.add(batch)
                if progress:
                    progress(self._source.bytes_read)
                if batch.frame.height or batch.refused.height:
                    yield batch


def open_sheet(
    source: Path | BinaryIO,
    *,
    limits: Limits = DEFAULT_LIMITS,
    kind: RecordKind = ACCOUNTS,
    columns: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | None = None,
    worksheet: str | int | None = None,
    name: str | None = None,
) -> Sheet:
    """Open a list of one `kind` of record: find compression, format, encoding, dialect, read the header, map the columns.

    `worksheet` is the name or the number (from 1) of a workbook's sheet, else the first with data is read; other formats
    have none and ignore it.
    `columns` maps the kind's fields to headers and overrides recognition; `attributes` names further columns that
    frames carry as text behind the fields (`header.Wanted` has the details). A stream is read from where it stands and
    left open. Raises `IngestError` for what refuses the file, ValueError for an attribute called like a field.
    """
    wanted = Wanted(kind, columns or {}, attributes or {})
    shown = name or (source.name if isinstance(source, Path) else "the file")
    with _named(shown):
        origin = Source(source)
        request = Request(limits, kind, shown, None if worksheet is None else str(worksheet))
        table, compression = open_table(origin, request)
        check_headers(table.headers, table.header_line, limits)
        mapped = map_columns(table.headers, wanted, table.header_line)
    return Sheet(shown, origin, table, mapped, compression)


def read_accounts(
    source: Path | BinaryIO,
    *,
    limits: Limits = DEFAULT_LIMITS,
    kind: RecordKind = ACCOUNTS,
    columns: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | None = None,
    worksheet: str | int | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, Sheet]:
    """All rows of a list at once: (records, refused rows, sheet); nothing at all if the file is refused."""
    sheet = open_sheet(
        source,
        limits=limits,
        kind=kind,
        columns=columns,
        attributes=attributes,
        worksheet=worksheet,
        name=name,
    )
    whole = joined(list(sheet.batches(progress)), sheet.selection)
    return whole.frame, whole.refused, sheet


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the file's name into errors that pass."""
    try:
        yield
    except IngestError as error:
        error.name = error.name or name
        raise
