"""A file that must be whole before it is read, since its format begins at its end: workbooks, archives, Parquet."""

import io
import os
import sys
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

from service.ingest.source import capped


class Whole:
    """`size` bytes that are opened any number of times, here and in a process that was started with `descriptors`.

    What came as a stream is held in memory that has no name (Linux) or as bytes, and on no disk; it goes with this object.
    """

    def __init__(self, place: Path | bytes, size: int, descriptors: tuple[int, ...] = ()) -> None:
        self._place, self.size, self.descriptors = place, size, descriptors

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(path.absolute(), path.stat().st_size)

    @classmethod
    def held(cls, chunks: Iterator[bytes], limit: int) -> Self:
        """All of a stream. TooLargeError as soon as it passes `limit` bytes."""
        chunks = capped(chunks, limit, name="bytes_compressed")
        if sys.platform != "linux":
            data = b"".join(chunks)
            return cls(data, len(data))
        descriptor = os.memfd_create("list")
        with os.fdopen(descriptor, "wb", closefd=False) as memory:
            made = cls(Path(f"/proc/self/fd/{descriptor}"), 0, (descriptor,))
            weakref.finalize(made, os.close, descriptor)
            for chunk in chunks:
                made.size += memory.write(chunk)
        return made

    @property
    def order(self) -> Mapping[str, Any]:
        """Where `reader_process` finds it."""
        return {"data": self._place} if isinstance(self._place, bytes) else {"path": str(self._place)}

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        with io.BytesIO(self._place) if isinstance(self._place, bytes) else self._place.open("rb") as stream:
            yield stream
