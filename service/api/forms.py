"""A form with one file in it (multipart/form-data, RFC 7578), taken apart as it streams and never held."""

import re
from typing import Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.api.errors import BadFormError

AROUND_FILE: Final = 64 * 1024
"""Bytes that a form may have beside its file: boundaries and headers, and nothing worth calling a part."""

_HEADERS: Final = 8
_HEADER_BYTES: Final = 4 * 1024
_NAME: Final = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class FormFile:
    """The file of a form: `filename` once its headers came, its bytes as they come.

    BadFormError for what isn't a form with exactly one file: the first header that says so ends it.
    """

    def __init__(self, boundary: bytes) -> None:
        self.filename: str | None = None
        self._parts = 0
        self._over = False
        self._pieces: list[bytes] = []
        self._field, self._value = b"", b""
        self._disposition = b""
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_field,
                    "on_header_value": self._add_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._add_data,
                    "on_end": self._end,
                },
                max_header_count=_HEADERS,
                max_header_size=_HEADER_BYTES,
            )
        except FormParserError:
            raise BadFormError("Its boundary is longer than 256 characters") from None

    def feed(self, data: bytes) -> list[bytes]:
        """What of the file is in this piece of the body."""
        if self._over:
            return []  # RFC 2046 lets something follow, which means nothing
        self._pieces = []
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise BadFormError(f"It can't be read ({error})") from None
        return self._pieces

    def finish(self) -> None:
        if not self._over:
            raise BadFormError("It ends early, before its last boundary")
        if not self._parts:
            raise BadFormError("It holds no file")

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise BadFormError("It holds more than one part")
        self._field, self._value, self._disposition = b"", b"", b""

    def _add_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        name = self._field.strip().lower()
        if name == b"content-disposition":
            self._disposition = self._value
        if name == b"content-transfer-encoding" and self._value.strip().lower() not in {
            b"binary",
            b"8bit",
            b"7bit",
        }:
            raise BadFormError("Its file is in a transfer encoding")
        self._field, self._value = b"", b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        given = options.get(b"filename")
        if given is None:
            name = options.get(b"name", b"").decode("utf-8", "replace")[:60]
            raise BadFormError(f"Its part '{name}' is no file: what isn't the file belongs into the query")
        name = re.split(r"[/\\]", given.decode("utf-8", "replace"))[-1]
        self.filename = _CONTROLS.sub("", name)[:_NAME] or None

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def _end(self) -> None:
        self._over = True


def form_of(request: Request) -> FormFile | None:
    """The form that a request's body is, None for any other body. BadFormError where its boundary isn't said."""
    given = request.headers.get("content-type", "")
    if not given.strip().lower().startswith("multipart/"):
        return None
    kind, options = parse_options_header(given)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise BadFormError("Its type must be `multipart/form-data; boundary=…`")
    return FormFile(boundary)
