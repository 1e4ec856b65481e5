"""Bytes of a file or stream, counted and capped, a chunk at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from service.ingest.errors import CannotOpenError, TooLargeError

CHUNK = 1024**2
BLOCK = 4 * 1024**2
SPLIT = "Split the file, or drop the columns that are not needed."


class Source:
    """A file by its path (opened and closed here) or a binary stream (left open, read once from where it stands).

    `bytes_read` counts what was taken from it, before unpacking; `size` is the whole, where it is known.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        self._source = source
        self.path = source if isinstance(source, Path) else None
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
            raise TooLargeError(f"the file has more bytes than the limit '{name}' of {limit}", mend=SPLIT)
        yield chunk


def regrouped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks of any size as blocks worth a vectorised pass."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
