"""Reads a workbook or a Parquet file in a process of its own, whose memory and time are capped. Run as a script.

Libraries build the whole sheet before they give a row, so a small file can ask for any amount of memory (one cell in
the last corner, one long text shown a million times). Here only this process ends of it. Messages on standard input
and output are a length (four bytes, big endian) and a marshalled tuple; the first one in is the order, a dict.
It imports nothing of the service, and what it reads with only when it is needed.
"""

import datetime as dt
import io
import marshal
import posixpath
import struct
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

_BATCH = 5_000
_PARQUET_BATCH = 50_000
_PARQUET_BYTES = 8 * 1024**2
"""Text of one message: values may be long, and what is written once may stand in a million rows."""

_SECONDS = 600
_EXACT = 10**15
"""Spreadsheets hold fifteen digits; what is behind them is noise of the binary form."""

ErrorCells = dict[int, list[tuple[int, str]]]
"""Row → those of its cells that show an error: column counted from 0, and what it shows."""


def send(message: tuple[Any, ...]) -> None:
    data = marshal.dumps(message)
    sys.stdout.buffer.write(struct.pack(">I", len(data)) + data)
    sys.stdout.buffer.flush()


def receive() -> Any:
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    return marshal.loads(sys.stdin.buffer.read(size))  # noqa: S302  # from the process that started this one


class RefusedError(Exception):
    """`code` is one of the words that `apart` knows; `what` is for people."""

    def __init__(self, code: str, what: str, *more: Any) -> None:
        super().__init__(code, what)
        self.message = ("error", code, what, *more)


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────


def read_workbook(order: dict[str, Any], source: Any) -> None:
    import python_calamine as calamine  # noqa: PLC0415

    try:
        book = calamine.load_workbook(source)
        index = _chosen(book, order["worksheet"])
        sheet = book.get_sheet_by_index(index)
    except calamine.PasswordError:
        raise RefusedError("encrypted", "the workbook has a password") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise RefusedError("corrupt", str(error)) from error
    names = list(book.sheet_names)
    if sheet.start is None:
        raise RefusedError("empty", names[index])
    if sheet.height * sheet.width > order["cells"]:
        raise RefusedError("cells", names[index], sheet.height, sheet.width)
    send(("sheet", names[index], names))
    errors = _error_cells(source, index) if order["suspect"] else {}
    _send_rows(sheet, errors)
    send(("end",))


def _chosen(book: Any, wanted: str | None) -> int:
    """The position of the sheet called or numbered so; of none, of the first with data, visible ones before hidden."""
    names: list[str] = book.sheet_names
    if wanted is not None:
        for position, name in enumerate(names):
            if name == wanted:
                return position
        alike = [at for at, name in enumerate(names) if name.casefold() == wanted.strip().casefold()]
        if alike:
            return alike[0]
        if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(names):
            return int(wanted) - 1
        raise RefusedError("unknown_sheet", wanted, names)
    sheets = [
        (str(meta.visible) != "SheetVisibleEnum.Visible", at)
        for at, meta in enumerate(book.sheets_metadata)
        if str(meta.typ) == "SheetTypeEnum.WorkSheet"
    ]
    for _, at in sorted(sheets):
        if book.get_sheet_by_index(at).start is not None:
            return at
    raise RefusedError("empty", "")


def _send_rows(sheet: Any, errors: ErrorCells) -> None:
    left = sheet.start[1]
    batch: list[tuple[int, list[str], list[tuple[int, str, str]]]] = []
    for line, values in enumerate(sheet.iter_rows(), 1):
        cells = [value if type(value) is str else _shown(value) for value in values]
        found = [(at - left, f"{column_letters(at)}{line}", shown) for at, shown in errors.get(line, ())]
        if not found and not any(map(str.strip, cells)):
            continue
        batch.append((line, cells, found))
        if len(batch) >= _BATCH:
            send(("rows", batch))
            batch = []
    if batch:
        send(("rows", batch))


def _shown(value: Any) -> str:
    """A cell as people see it, without the decoration of its number format."""
    return _SHOWN.get(type(value), str)(value)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    text = format(value, ".15g")
    return format(Decimal(text), "f") if "e" in text else text


def _time(value: dt.datetime | dt.time) -> str:
    return value.isoformat(timespec="auto" if value.microsecond else "seconds")


def _duration(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    minutes, seconds = divmod(abs(seconds), 60)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"


_SHOWN: dict[type, Callable[[Any], str]] = {
    float: _number,
    bool: lambda value: "TRUE" if value else "FALSE",
    dt.date: dt.date.isoformat,
    dt.datetime: _time,
    dt.time: _time,
    dt.timedelta: _duration,
}


# ── error cells, which the library shows as empty ────────────────────────────────────────────────


def column_letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _error_cells(source: Any, index: int) -> ErrorCells:
    with zipfile.ZipFile(source) as archive:
        if "content.xml" in archive.namelist():
            return _walk(archive, "content.xml", _OdsErrors(index))
        return _walk(archive, _sheet_part(archive, index), _XlsxErrors())


def _sheet_part(archive: zipfile.ZipFile, index: int) -> str:
    """The archive's entry of the sheet at a position of the workbook."""
    sheets = [e for e in ET.fromstring(archive.read("xl/workbook.xml")).iter() if _local(e.tag) == "sheet"]  # noqa: S314
    relation = next(value for name, value in sheets[index].items() if name.endswith("}id"))
    targets = {
        e.get("Id"): e.get("Target", "")
        for e in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels")).iter()  # noqa: S314
    }
    return posixpath.normpath(posixpath.join("/xl", targets[relation])).lstrip("/")


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2]


def _walk(archive: zipfile.ZipFile, part: str, handler: "_XlsxErrors | _OdsErrors") -> ErrorCells:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    with archive.open(part) as stream:
        while chunk := stream.read(1 << 18):
            parser.Parse(chunk, False)
    return handler.found


class _XlsxErrors:
    def __init__(self) -> None:
        self.found: ErrorCells = {}
        self._row = self._column = 0
        self._shown: list[str] | None = None
        self._in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif local == "c":
            self._column = _column_of(attributes["r"]) if "r" in attributes else self._column + 1
            self._shown = [] if attributes.get("t") == "e" else None
        elif local == "v":
            self._in_value = True

    def text(self, data: str) -> None:
        if self._in_value and self._shown is not None:
            self._shown.append(data)

    def end(self, name: str) -> None:
        local = _local(name)
        if local == "v":
            self._in_value = False
        elif local == "c" and self._shown is not None:
            self.found.setdefault(self._row, []).append((self._column - 1, "".join(self._shown)))
            self._shown = None


def _column_of(reference: str) -> int:
    column = 0
    for letter in reference.upper():
        if not "A" <= letter <= "Z":
            break
        column = 26 * column + ord(letter) - ord("A") + 1
    return column


class _OdsErrors:
    def __init__(self, index: int) -> None:
        self.found: ErrorCells = {}
        self._index = index
        self._table = -1
        self._row = self._column = 0
        self._rows = self._columns = 1
        self._shown: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._table += 1
            self._row = 0
        elif self._table != self._index:
            return
        elif name == "table:table-row":
            self._rows = int(attributes.get("table:number-rows-repeated", "1"))
            self._column = 0
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._columns = int(attributes.get("table:number-columns-repeated", "1"))
            self._shown = [] if attributes.get("calcext:value-type") == "error" else None

    def text(self, data: str) -> None:
        if self._shown is not None:
            self._shown.append(data)

    def end(self, name: str) -> None:
        if self._table != self._index:
            return
        if name in {"table:table-cell", "table:covered-table-cell"}:
            if self._shown is not None:
                shown = "".join(self._shown)
                for row in range(self._row + 1, self._row + 1 + self._rows):
                    self.found.setdefault(row, []).append((self._column, shown))
            self._shown = None
            self._column += self._columns
        elif name == "table:table-row":
            self._row += self._rows


# ── Parquet ──────────────────────────────────────────────────────────────────────────────────────


def read_parquet(order: dict[str, Any], source: Any) -> None:
    import polars as pl  # noqa: PLC0415

    try:
        table = pl.scan_parquet(source)
        schema = table.collect_schema()
        rows = table.select(pl.len()).collect().item()
        nested = [name for name, kind in schema.items() if kind.is_nested() or kind.is_object()]
        send(("schema", list(schema), nested, rows))
        columns: list[str] = receive()
        texts = [_as_text(pl, name, schema[name]) for name in columns]
        total = 0
        for batch in table.select(texts).collect_batches(chunk_size=_PARQUET_BATCH, maintain_order=True):
            size = sum(int(batch[name].str.len_bytes().sum()) for name in batch.columns)
            total += size
            if total > order["bytes_raw"]:
                raise RefusedError("large", "")
            for part in batch.iter_slices(max(1, batch.height * _PARQUET_BYTES // max(size, _PARQUET_BYTES))):
                packed = io.BytesIO()
                part.write_ipc(
                    packed, compat_level=pl.CompatLevel.oldest()
                )  # the slice alone, not what it is of
                send(("rows", packed.getvalue()))
    except pl.exceptions.PolarsError as error:
        raise RefusedError("corrupt", str(error).splitlines()[0]) from error
    send(("end",))


def _as_text(pl: Any, name: str, kind: Any) -> Any:
    column = pl.col(name)
    if kind == pl.Boolean:
        return pl.when(column).then(pl.lit("TRUE")).when(~column).then(pl.lit("FALSE")).alias(name)
    if kind.is_float():
        return column.cast(pl.String).str.strip_suffix(".0")
    if kind.is_temporal():
        return column.dt.to_string("iso:strict").str.replace(r"\.0+($|[+Z-])", "${1}")
    return column.cast(pl.String)


# ── the process ──────────────────────────────────────────────────────────────────────────────────


def _cap(memory: int) -> None:
    try:
        import resource  # noqa: PLC0415  # there is none on Windows
    except ImportError:
        return
    for kind, limit in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, _SECONDS)):
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    order = receive()
    _cap(order["memory"])
    source = order.get("path") or io.BytesIO(order.pop("data"))
    try:
        if order["format"] == "parquet":
            read_parquet(order, source)
        else:
            read_workbook(order, source)
    except RefusedError as refused:
        send(refused.message)
    except MemoryError:
        send(("error", "memory", ""))
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
        ET.ParseError,
        LookupError,
        StopIteration,
        ValueError,
    ) as error:
        send(("error", "corrupt", str(error)))
    except BrokenPipeError:
        return


if __name__ == "__main__":
    main()
