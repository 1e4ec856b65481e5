"""Where the records of a JSON text begin and end: one a line (NDJSON), or the elements of one array."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from service.ingest.errors import BadJsonError
from service.ingest.limits import Limits
from service.ingest.refusals import TEXT_SHOWN

_SPACE = re.compile(r"[ \t\r\n]*+")
_FLAT = re.compile(r'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")++', re.DOTALL)
_REST_OF_STRING = re.compile(r"(?:[^\"\\]++|\\.)*+", re.DOTALL)
_SHOWN_BYTES = 4 * TEXT_SHOWN

READ = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Numbers stay as they are written, however many digits they have."""

WRITE_AGAIN = "Write one object a line (NDJSON), or one array of objects."


@dataclass(frozen=True, slots=True)
class Framed:
    """A record's text and place; `value` is what it says, None where that is for its row to answer for (`too_long`
    or not to be read).
    """

    line: int
    last_line: int
    text: str
    value: Any
    too_long: bool = False


def line_records(blocks: Iterator[bytes], limits: Limits) -> Iterator[Framed]:
    """Every line that isn't blank. One above `limits.line` is told by its beginning and never held."""
    line, most = 1, limits.line + len(b"\r")
    rest = head = b""
    for block in chain(blocks, (b"\n",)):
        *whole, rest = (rest + block).split(b"\n")
        for data in whole:
            if head or len(data) > most:
                yield _too_long(head or data, line, line)
                head = b""
            elif data.strip():
                yield _read_line(data, line)
            line += 1
        if head or len(rest) > most:
            head, rest = head or rest[:_SHOWN_BYTES], b""


def _read_line(data: bytes, line: int) -> Framed:
    text = data.decode().strip()
    try:
        value = READ.decode(text)
    except (ValueError, RecursionError):
        value = None
    return Framed(line, line, text, value)


def _too_long(head: bytes, first: int, last: int) -> Framed:
    return Framed(first, last, head[:_SHOWN_BYTES].decode(errors="ignore"), None, too_long=True)


def array_records(blocks: Iterator[bytes], limits: Limits) -> Iterator[Framed]:
    """The elements of the array that the text consists of, a block of it in memory at a time.

    BadJsonError names the line where the text is no longer an array of values, or ends within it.
    """
    return _Array(blocks, limits).records()


class _Array:
    def __init__(self, blocks: Iterator[bytes], limits: Limits) -> None:
        self._blocks = blocks
        self._limits = limits
        self._text = ""
        self._at = 0
        self._line = 1
        self._final = False

    def records(self) -> Iterator[Framed]:
        self._expect("[", "no array begins here")
        if self._next() == "]":
            self._step(1)
        else:
            yield self._element()
            while self._next() == ",":
                self._step(1)
                self._next()
                yield self._element()
            self._expect("]", "neither a comma nor the end of the array follows the record")
        if self._next():
            self._refuse("after the array something else follows")

    def _expect(self, character: str, what: str) -> None:
        if self._next() != character:
            self._refuse(what if self._next() else "the array ends early")
        self._step(1)

    def _next(self) -> str:
        """The character behind white space, "" at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._move(space.end() if space else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _element(self) -> Framed:
        while True:
            try:
                value, end = READ.raw_decode(self._text, self._at)
            except RecursionError:
                return self._unread()
            except ValueError as error:
                if len(self._text) - self._at <= self._limits.line and self._more():
                    continue
                return self._unread(error)
            if end == len(self._text) and self._more():  # a number may go on
                continue
            return self._whole(end, value)

    def _whole(self, end: int, value: Any) -> Framed:
        text, first = self._text[self._at : end], self._line
        self._move(end)
        too_long = len(text.encode("utf-8", "surrogatepass")) > self._limits.line
        return Framed(first, self._line, text, None if too_long else value, too_long)

    def _unread(self, error: ValueError | None = None) -> Framed:
        """A record that is nested too deeply or longer than it may be, passed by without being held."""
        first, depth, size = self._line, _Depth(), 0
        head = self._text[self._at : self._at + _SHOWN_BYTES]
        if not head.startswith(("{", "[")):
            self._refuse(f"no value stands here ({error})")
        while True:
            before = self._at
            end, ended = depth.advance(self._text, before)
            self._move(end)
            size += end - before
            if ended:
                break
            if not self._more():
                self._refuse("the array ends early, within a record that begins here", first)
        too_long = size > self._limits.line
        if error is not None and not too_long:
            self._refuse(f"this record is no JSON ({error.args[0].split(':')[0]})", first)
        return Framed(first, self._line, head, None, too_long)

    def _step(self, characters: int) -> None:
        self._move(self._at + characters)

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self._text, self._at = self._text[self._at :] + block.decode(), 0
        return True

    def _refuse(self, what: str, line: int | None = None) -> Any:
        raise BadJsonError(what, mend=WRITE_AGAIN, line=line or self._line)


class _Depth:
    """Walks one object or array to its end over as many pieces of text as it takes, in constant memory."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False

    def advance(self, text: str, at: int) -> tuple[int, bool]:
        """(behind its end, True), or (where to go on with more text, False)."""
        while True:
            pattern = _REST_OF_STRING if self._in_string else _FLAT
            match = pattern.match(text, at)
            at = match.end() if match else at
            if at == len(text) or text[at] == "\\":
                return at, False
            if text[at] == '"':
                self._in_string = not self._in_string
            else:
                self._depth += 1 if text[at] in "{[" else -1
            at += 1
            if not self._depth:
                return at, True
