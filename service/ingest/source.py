"""Bytes of a file or stream, counted, capped and unpacked, a chunk at a time."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from service.ingest.errors import (
    CannotOpenError,
    CorruptGzipError,
    TooLargeError,
    TooMuchExpansionError,
    TrailingDataError,
    TruncatedGzipError,
)
from service.ingest.limits import Limits

CHUNK = 1024**2
GZIP_MAGIC = b"\x1f\x8b"
RATIO_FROM = 1024**2
"""Unpacked bytes below which the ratio is not judged: a few hundred equal rows are no bomb."""

_INPUT = 64 * 1024
_MOST_MEMBERS = 100_000
"""A gzip packed in parallel has a member every 64 KB or so; a file of empty members only costs time."""

_REPACK = "Pack or upload the file again."
_SPLIT = "Split the file, or drop the columns that are not needed."


class Source:
    """A file by its path (opened and closed here) or a binary stream (left open, read once from where it stands).

    `bytes_read` counts what was taken from it, before unpacking; `size` is the whole, where it is known.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        self._source = source
        self.bytes_read = 0
        self.size = source.stat().st_size if isinstance(source, Path) and source.exists() else None

    def chunks(self) -> Iterator[bytes]:
        if isinstance(self._source, Path):
            with _opened(self._source) as stream:
                yield from self._drain(stream)
        else:
            yield from self._drain(self._source)

    def _drain(self, stream: BinaryIO) -> Iterator[bytes]:
        while chunk := stream.read(CHUNK):
            if not isinstance(chunk, bytes):
                raise TypeError("a list is read from a binary stream: open the file with mode 'rb'")
            self.bytes_read += len(chunk)
            yield chunk


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotOpenError(
            f"the file cannot be opened ({error.strerror})", mend="Check the path and the right to read it."
        ) from error


def peek(chunks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes], bool]:
    """The first `size` bytes or more, a stream that begins with them, and whether they are everything."""
    parts: list[bytes] = []
    held = 0
    for chunk in chunks:
        parts.append(chunk)
        held += len(chunk)
        if held >= size:
            break
    head = b"".join(parts)
    return head, _joined(head, chunks), held < size


def _joined(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    del head  # or the suspended generator holds it as long as the file lasts
    yield from rest


def capped(chunks: Iterator[bytes], limit: int, *, name: str) -> Iterator[bytes]:
    """The same chunks; raises `TooLargeError` as soon as they pass `limit` bytes."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise TooLargeError(f"the file has more bytes than the limit '{name}' of {limit}", mend=_SPLIT)
        yield chunk


def gunzip(chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """Unpack a gzip stream of one or more members in pieces of at most `CHUNK` bytes.

    Raises when the stream ends early, a check sum is wrong, something else follows, or it grows beyond
    `limits.ratio` or `limits.bytes_raw`. Whoever reads must count nothing before the end is reached.
    """
    unpacker = _Gunzip(limits)
    for chunk in capped(chunks, limits.bytes_compressed, name="bytes_compressed"):
        yield from unpacker.feed(chunk)
    unpacker.finish()


class _Gunzip:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._member: zlib._Decompress | None = None
        self._start = b""
        self._members = 0
        self._taken = 0
        self._given = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        # Small inputs, because zlib copies what lies behind a member for every one of them.
        for at in range(0, len(chunk), _INPUT):
            data = chunk[at : at + _INPUT]
            self._taken += len(data)
            yield from self._feed(data)

    def _feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member is None:
                data = self._begin(data)
                continue
            piece, data = self._unpack(self._member, data)
            if piece:
                self._check_growth(len(piece))
                yield piece

    def _begin(self, data: bytes) -> bytes:
        """Open the next member; zeros between and after members are padding, as gzip(1) has it."""
        data = self._start + data
        if self._members:
            data = data.lstrip(b"\x00")
        self._start = data if data == GZIP_MAGIC[:1] else b""
        if not data or self._start:
            return b""
        if not data.startswith(GZIP_MAGIC):
            self._refuse_trailing()
        if self._members >= _MOST_MEMBERS:
            raise CorruptGzipError(
                f"the gzip stream has more than {_MOST_MEMBERS} members", mend="Pack the file in one piece."
            )
        self._member = zlib.decompressobj(wbits=31)
        return data

    def _unpack(self, member: "zlib._Decompress", data: bytes) -> tuple[bytes, bytes]:
        try:
            piece = member.decompress(data, CHUNK)
        except zlib.error as error:
            raise CorruptGzipError(
                f"the gzip stream is damaged after {self._given} unpacked bytes ({error})", mend=_REPACK
            ) from error
        if member.eof:
            self._member = None
            self._members += 1
            return piece, member.unused_data
        return piece, member.unconsumed_tail

    def _check_growth(self, size: int) -> None:
        self._given += size
        if self._given > self._limits.bytes_raw:
            raise TooLargeError(
                f"the unpacked file has more bytes than the limit 'bytes_raw' of {self._limits.bytes_raw}",
                mend=_SPLIT,
            )
        if self._given > RATIO_FROM and self._given > self._limits.ratio * self._taken:
            raise TooMuchExpansionError(
                f"the file unpacks to more than {self._limits.ratio} times its size, the limit 'ratio'",
                mend="Bring it unpacked if it really is a list.",
            )

    def _refuse_trailing(self) -> NoReturn:
        raise TrailingDataError(
            f"after the gzip stream ({self._given} unpacked bytes) something else follows",
            mend=f"Remove what was appended. {_REPACK}",
        )

    def finish(self) -> None:
        if self._start:
            self._refuse_trailing()
        if self._member is not None:
            raise TruncatedGzipError(
                f"the gzip stream ends early, after {self._taken} bytes ({self._given} unpacked)",
                mend=f"The transfer was cut short. {_REPACK}",
            )
