"""Where a record ends and which fields it has: the grammar of delimited text, on UTF-8 bytes.

A line ends with LF, CRLF or a lone CR. A field that begins with a double quote ends at the next one that is not
doubled and may hold delimiters and line ends; a quote anywhere else in a field is a character like others.
"""

import re
from enum import Enum, auto
from functools import lru_cache

import numpy as np

from service.ingest.errors import UnclosedQuoteError

QUOTE = b'"'
_MUCH = 4096
_IN_QUOTES = re.compile(rb'[^"]*+(?:""[^"]*+)*+')
_LINE_END = re.compile(rb"[\r\n]")


def count_lines(text: bytes) -> int:
    """Line ends in a piece of text."""
    if len(text) > _MUCH:  # a line end every hundred bytes is what bytes.count is slow at
        feeds = int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord("\n")))
        return feeds if b"\r" not in text else feeds + text.count(b"\r") - text.count(b"\r\n")
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def after_line_end(buf: bytes, end: int) -> int:
    """The position behind the line end at `end` (or `end` itself at the end of the text)."""
    if buf[end : end + 2] == b"\r\n":
        return end + 2
    return min(end + 1, len(buf))


def plain_end(buf: bytes, pos: int) -> int:
    """Where the line at `pos` ends, if no quote and no more text could make its record another; else -1."""
    match = _LINE_END.search(buf, pos)
    if match is None or match.end() == len(buf) or buf.find(QUOTE, pos, match.start()) >= 0:
        return -1
    return match.start()


def unclosed_quote(line: int) -> UnclosedQuoteError:
    return UnclosedQuoteError(
        "a quote is opened here and not closed, so the rows behind it cannot be told apart",
        mend='Close the quote, or double it ("") if it belongs to the value.',
        line=line,
    )


@lru_cache(maxsize=16)
def _fields_pattern(delimiter: bytes) -> re.Pattern[bytes]:
    """Any number of whole fields, each with its delimiter: possessive, so that it needs neither stack nor retries."""
    d = re.escape(delimiter)
    plain = rb"[^\r\n%b]*+" % d
    one_line = (
        rb'"[^"\r\n]*+(?:""[^"\r\n]*+)*+"' + plain
    )  # text behind the closing quote is its row's business
    lines = (
        rb'"[^"]*+(?:""[^"]*+)*+"'  # text behind the closing quote would be a lost quote: left to `_close`
    )
    return re.compile(rb'(?:(?:%b|%b|(?!")%b)%b)++' % (one_line, lines, plain, d))


class _Mode(Enum):
    FIELD = auto()
    QUOTED = auto()
    PLAIN = auto()


class Framer:
    """Walks one record to its end, over as many pieces of text as it takes, in constant memory and linear time.

    `line` is the physical line reached. Raises `UnclosedQuoteError` at the end of the text, and where a quoted
    value over several lines ends before other text: there a quote was lost, and rows with it.
    """

    def __init__(self, delimiter: bytes, line: int) -> None:
        self._delimiter = delimiter
        self._fields = _fields_pattern(delimiter)
        self._mode = _Mode.FIELD
        self._opened = line
        self.line = line

    def advance(self, buf: bytes, pos: int, *, final: bool) -> tuple[int, bool]:
        """Go on from `pos`: (position of the record's line end, True), or (where to go on with more text, False)."""
        end = -1
        while True:
            if self._mode is _Mode.FIELD:
                pos = self._open(buf, pos)
            if self._mode is _Mode.QUOTED:
                pos = self._close(buf, pos, final=final)
            if self._mode is not _Mode.PLAIN and not (final and pos == len(buf)):
                return pos, False
            if end < pos:
                match = _LINE_END.search(buf, pos)
                end = match.start() if match else len(buf)
            quoted = buf.find(self._delimiter + QUOTE, pos, end)
            if quoted < 0:
                return self._ended(buf, end, final=final)
            pos, self._mode = quoted + 1, _Mode.FIELD

    def _open(self, buf: bytes, pos: int) -> int:
        """Past whole fields, if the first is quoted, and into the one behind them, unless the text ends there."""
        if buf.startswith(QUOTE, pos) and (match := self._fields.match(buf, pos)):
            self.line += count_lines(match[0])
            pos = match.end()
        if pos == len(buf):
            return pos
        if not buf.startswith(QUOTE, pos):
            self._mode = _Mode.PLAIN
            return pos
        self._mode, self._opened = _Mode.QUOTED, self.line
        return pos + 1

    def _close(self, buf: bytes, pos: int, *, final: bool) -> int:
        match = _IN_QUOTES.match(buf, pos)
        quote = match.end() if match else pos
        if quote == len(buf) or (quote + 1 == len(buf) and not final):
            return self._suspend(buf, pos, quote, final=final)
        self.line += count_lines(buf[pos:quote])
        following = buf[quote + 1 : quote + 2]
        if following not in (b"", b"\r", b"\n", self._delimiter) and self.line > self._opened:
            raise unclosed_quote(self._opened)
        self._mode = _Mode.PLAIN
        return quote + 1

    def _suspend(self, buf: bytes, pos: int, stop: int, *, final: bool) -> int:
        """Leave a quote or CR at the very end unread: what it is depends on the next byte."""
        if final:
            raise unclosed_quote(self._opened)
        if stop == len(buf) and stop > pos and buf.endswith(b"\r"):
            stop -= 1
        self.line += count_lines(buf[pos:stop])
        return stop

    def _ended(self, buf: bytes, end: int, *, final: bool) -> tuple[int, bool]:
        if final:
            return end, True
        if end == len(buf):
            return (end - 1 if buf.endswith(self._delimiter) else end), False
        return end, not (end + 1 == len(buf) and buf[end:] == b"\r")


@lru_cache(maxsize=16)
def _field_pattern(delimiter: str) -> re.Pattern[str]:
    d = re.escape(delimiter)
    return re.compile(rf'(?:"((?:[^"]++|"")*+)"([^{d}]*+)|([^{d}]*+))({d})?')


def split_fields(text: str, delimiter: str) -> tuple[list[str], int | None]:
    """The values of one whole record, and the index of the first with text after its closing quote (else None)."""
    if '"' not in text:
        return text.split(delimiter), None
    pattern = _field_pattern(delimiter)
    values: list[str] = []
    bad: int | None = None
    pos = 0
    more = True
    while more and (match := pattern.match(text, pos)):
        quoted, tail, plain, separator = match.groups()
        if quoted is None:
            values.append(plain)
        else:
            bad = len(values) if tail and bad is None else bad
            values.append(quoted.replace('""', '"') + tail)
        pos, more = match.end(), separator is not None
    return values, bad
