"""Delimited text: CSV, TSV, semicolons, pipes. Finds the dialect, reads the header, then rows block by block."""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from service.ingest.batches import Batch, Dialect, joined
from service.ingest.encoding import TextStream
from service.ingest.errors import (
    BadHeaderError,
    EmptyFileError,
    UnclosedQuoteError,
)
from service.ingest.exact import Cursor, ExactReader, Shape, is_blank
from service.ingest.fast import read_fast
from service.ingest.framing import Framer, after_line_end, split_fields
from service.ingest.header import spellings, squash
from service.ingest.kinds import RecordKind, Selection
from service.ingest.limits import Limits
from service.ingest.rows import check_rows, no_data_rows
from service.ingest.source import peek, regrouped

DELIMITERS = (",", ";", "\t", "|")
ONE_COLUMN = "\x1f"
"""Stands for "no delimiter": a character that no value has."""

PIECE = 256 * 1024
"""An odd row costs the slow reader's time for this many bytes around it, not for its block."""

ROWS = 128 * 1024
"""About as many rows are taken at a time: in a block of very short ones the arrays over them would be twenty times the text."""

_SAMPLE_ROWS = 50
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Start:
    """What the beginning of the text says: dialect, header, and where the data begins (byte, line)."""

    dialect: Dialect
    delimiter: str
    headers: list[str]
    header_line: int
    data: int
    data_line: int


class DelimitedTable:
    """A text file whose header has been read. Raises what refuses the whole file (`errors`), at once or while read."""

    format = "csv"
    worksheet = None
    worksheets: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()

    def __init__(self, text: TextStream, limits: Limits, kind: RecordKind) -> None:
        head, self._chunks, complete = peek(iter(text), max(PIECE, 2 * limits.line))
        self._text = text
        self._limits = limits
        self._start = _begin(head, limits, kind, complete=complete)
        if complete and not head[self._start.data :].strip(b" \r\n"):
            raise no_data_rows(self.header_line)

    @property
    def headers(self) -> list[str]:
        return self._start.headers

    @property
    def header_line(self) -> int:
        return self._start.header_line

    @property
    def encoding(self) -> str:
        return self._text.encoding

    @property
    def dialect(self) -> Dialect:
        return self._start.dialect

    def batches(self, selection: Selection) -> Iterator[Batch]:
        shape = Shape(self.headers, selection, self._limits, self._start.delimiter)
        rows = _Rows(shape, Cursor(row=0, line=self._start.data_line))
        rest, skip = b"", self._start.data
        for block in regrouped(self._chunks):
            rest = yield from rows.feed(rest + block[skip:], final=False)
            skip = 0
        yield from rows.feed(rest, final=True)
        if not rows.cursor.row:
            raise no_data_rows(self.header_line)


class _Rows:
    """Chooses the reader: the fast one for whole blocks, else for pieces, the exact one where that will not do."""

    def __init__(self, shape: Shape, cursor: Cursor) -> None:
        self._shape = shape
        self._exact = ExactReader(shape)
        self.cursor = cursor

    def feed(self, buf: bytes, *, final: bool) -> Generator[Batch, None, bytes]:
        """The records that end in `buf`; returns the rest of it, which the next text continues."""
        found: list[Batch] = []
        size, held = _portion(buf), self.cursor.row
        while buf or (final and self._exact.amid_record):
            step = self._try_fast(buf[:size], final=final and size >= len(buf))
            if step is None and size > PIECE:
                size = PIECE
                continue
            batch, used = step or self._exact.read(buf, self.cursor, stop=size, final=final)
            found.append(batch)
            check_rows(self.cursor.row, self.cursor.line, self._shape.limits)
            if not used:
                break
            buf = buf[used:]
            if self.cursor.row - held >= ROWS:
                yield joined(found, self._shape.selection)
                found, held = [], self.cursor.row
        yield joined(found, self._shape.selection)
        return buf

    def _try_fast(self, buf: bytes, *, final: bool) -> tuple[Batch, int] | None:
        if not buf or self._exact.amid_record:
            return None
        return read_fast(buf, self.cursor, self._shape, final=final)


def _portion(buf: bytes) -> int:
    """Of how many bytes at the beginning a batch is made: all, unless they are of very many rows."""
    size = len(buf)
    while size and _line_ends(buf[:size]) > ROWS:
        size //= 2
    return size


def _line_ends(text: bytes) -> int:
    """Roughly: CRLF counts twice."""
    data = np.frombuffer(text, np.uint8)
    return sum(int(np.count_nonzero(data == ord(end))) for end in "\n\r" if ord(end) in text)


def _begin(head: bytes, limits: Limits, kind: RecordKind, *, complete: bool) -> _Start:
    pos, line, announced = _preamble(head)
    if pos >= len(head):
        raise EmptyFileError(
            "the file is empty", mend=f"Export the list again: a header line, then one line a {kind.noun}."
        )
    delimiter = announced or _best_delimiter(head, pos, kind, complete=complete)
    framer = Framer(delimiter.encode(), line)
    end, ended = framer.advance(head, pos, final=complete)
    if not ended or end - pos > limits.line:
        raise BadHeaderError(
            f"the header is longer than the limit 'line' of {limits.line} bytes",
            mend="Check that the file has line ends, and that every quote in the header is closed.",
            line=line,
        )
    names, bad = split_fields(head[pos:end].decode(), delimiter)
    if bad is not None:
        raise BadHeaderError(
            f"the name of column {bad + 1} has text after its closing quote",
            mend='Double the quotes that belong to the name ("") or remove them.',
            line=line,
        )
    headers = [" ".join(name.split()) for name in names]
    return _Start(
        _dialect(head, delimiter), delimiter, headers, line, after_line_end(head, end), framer.line + 1
    )


def _preamble(head: bytes) -> tuple[int, int, str | None]:
    """Where the header begins (byte, line): after blank lines and the `sep=;` line that Excel writes."""
    pos, line, announced = 0, 1, None
    while pos < len(head):
        match = re.compile(rb"[\r\n]").search(head, pos)
        end = match.start() if match else len(head)
        text = head[pos:end].decode(errors="replace")
        sep = _SEP_LINE.fullmatch(text.strip(" "))
        if not sep and not is_blank(text, ","):
            break
        announced = sep[1] if sep and sep[1] in DELIMITERS else announced
        pos, line = after_line_end(head, end), line + 1
    return pos, line, announced


def _best_delimiter(head: bytes, pos: int, kind: RecordKind, *, complete: bool) -> str:
    """The delimiter under which the header has several columns, is known best and fits the rows."""
    scores = [
        (_fitness(_sample(head, pos, d, complete=complete), kind), -at, d) for at, d in enumerate(DELIMITERS)
    ]
    (several, *_), _, best = max(scores)
    return best if several else ONE_COLUMN


def _fitness(records: list[list[str]], kind: RecordKind) -> tuple[bool, int, float, int]:
    if not records:
        return False, 0, 0.0, 0
    names, rows = records[0], records[1:]
    spelled = spellings(kind)
    known = len({spelled[squash(name)][0] for name in names if squash(name) in spelled})
    fitting = sum(len(row) == len(names) for row in rows) / max(1, len(rows))
    return len(names) > 1, known, fitting, len(names)


def _sample(head: bytes, pos: int, delimiter: str, *, complete: bool) -> list[list[str]]:
    records: list[list[str]] = []
    while pos < len(head) and len(records) <= _SAMPLE_ROWS:
        try:
            end, ended = Framer(delimiter.encode(), 1).advance(head, pos, final=complete)
        except UnclosedQuoteError:
            break
        if not ended:
            break
        text = head[pos:end].decode()
        if not is_blank(text, delimiter):
            records.append(split_fields(text, delimiter)[0])
        pos = after_line_end(head, end)
    return records


def _dialect(head: bytes, delimiter: str) -> Dialect:
    pairs = head.count(b"\r\n")
    counts = {"CRLF": pairs, "LF": head.count(b"\n") - pairs, "CR": head.count(b"\r") - pairs}
    used = [name for name, count in counts.items() if count]
    line_end = used[0] if len(used) == 1 else "mixed" if used else "LF"
    return Dialect(None if delimiter == ONE_COLUMN else delimiter, '"' if b'"' in head else None, line_end)
