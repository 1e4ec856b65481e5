"""gzip and Zstandard streams, unpacked in pieces and never beyond what a file may cost."""

import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn, Protocol

from service.ingest.errors import (
    CorruptArchiveError,
    TooLargeError,
    TooMuchExpansionError,
    TrailingDataError,
    TruncatedArchiveError,
)
from service.ingest.limits import Limits
from service.ingest.source import CHUNK, SPLIT, capped

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
RATIO_FROM = 1024**2
"""Unpacked bytes below which the ratio is not judged: a few hundred equal rows are no bomb."""

REPACK = "Pack or upload the file again."
_INPUT = 64 * 1024
_MOST_MEMBERS = 100_000
"""A file packed in parallel has a member every 64 KB or so; one of empty members only costs time."""

_WINDOW_LOG = 26
"""Zstandard's window is memory: 64 MiB, more than any level asks for without --ultra."""


class Growth:
    """Counts what comes out of an archive and raises as soon as it is more than it may be.

    `taken` bytes went in so far; it is the measure for `Limits.ratio`.
    """

    def __init__(self, limits: Limits, taken: int = 0) -> None:
        self._limits = limits
        self.taken = taken
        self.given = 0

    def add(self, size: int) -> None:
        self.given += size
        if self.given > self._limits.bytes_raw:
            raise TooLargeError(
                f"the unpacked file has more bytes than the limit 'bytes_raw' of {self._limits.bytes_raw}",
                mend=SPLIT,
            )
        if self.given > RATIO_FROM and self.given > self._limits.ratio * self.taken:
            raise TooMuchExpansionError(
                f"the file unpacks to more than {self._limits.ratio} times its size, the limit 'ratio'",
                mend="Bring it unpacked if it really is a list.",
            )


class _Member(Protocol):
    """One gzip member or Zstandard frame."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Unpacks at most `CHUNK` bytes: (them, what of `data` is to be given again, whether more may come without)."""
        ...


class _GzipMember:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        piece = self._inflate.decompress(data, CHUNK)
        return piece, self._inflate.unconsumed_tail, False


class _ZstdFrame:
    def __init__(self) -> None:
        self._unpacker = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        )

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        piece = self._unpacker.decompress(data, CHUNK)
        return piece, b"", not self._unpacker.eof and not self._unpacker.needs_input


@dataclass(frozen=True, slots=True)
class Codec:
    """A stream compression: `name` as it is reported, the bytes each member begins with, and how to open one."""

    name: str
    magic: bytes
    member: Callable[[], _Member]
    padding: bytes = b""
    """Bytes between and after members that mean nothing: zeros in gzip, as gzip(1) has it."""


GZIP = Codec("gzip", GZIP_MAGIC, _GzipMember, padding=b"\x00")
ZSTD = Codec("zstd", ZSTD_MAGIC, _ZstdFrame)
CODECS = (GZIP, ZSTD)


def unpacked(chunks: Iterator[bytes], codec: Codec, limits: Limits) -> Iterator[bytes]:
    """Unpack a stream of one or more members in pieces of at most `CHUNK` bytes.

    Raises when the stream ends early, is damaged, is followed by something else, or grows beyond
    `limits.ratio` or `limits.bytes_raw`. Whoever reads must count nothing before the end is reached.
    """
    unpacker = _Unpacker(codec, limits)
    for chunk in capped(chunks, limits.bytes_compressed, name="bytes_compressed"):
        yield from unpacker.feed(chunk)
    unpacker.finish()


class _Unpacker:
    def __init__(self, codec: Codec, limits: Limits) -> None:
        self._codec = codec
        self._growth = Growth(limits)
        self._member: _Member | None = None
        self._start = b""
        self._members = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        # Small inputs, because zlib copies what lies behind a member for every one of them.
        for at in range(0, len(chunk), _INPUT):
            data = chunk[at : at + _INPUT]
            self._growth.taken += len(data)
            yield from self._feed(data)

    def _feed(self, data: bytes) -> Iterator[bytes]:
        more = False
        while data or more:
            if self._member is None:
                data = self._begin(data)
                continue
            piece, data, more = self._unpack(self._member, data)
            if piece:
                self._growth.add(len(piece))
                yield piece

    def _begin(self, data: bytes) -> bytes:
        """Open the next member."""
        data, magic = self._start + data, self._codec.magic
        if self._members and self._codec.padding:
            data = data.lstrip(self._codec.padding)
        self._start = data if len(data) < len(magic) and magic.startswith(data) else b""
        if not data or self._start:
            return b""
        if not data.startswith(magic):
            self._refuse_trailing()
        if self._members >= _MOST_MEMBERS:
            raise CorruptArchiveError(
                f"the {self._codec.name} stream has more than {_MOST_MEMBERS} members",
                mend="Pack the file in one piece.",
            )
        self._member = self._codec.member()
        return data

    def _unpack(self, member: _Member, data: bytes) -> tuple[bytes, bytes, bool]:
        try:
            piece, rest, more = member.step(data)
        except (zlib.error, zstd.ZstdError) as error:
            raise CorruptArchiveError(
                f"the {self._codec.name} stream is damaged after {self._growth.given} unpacked bytes ({error})",
                mend=REPACK,
            ) from error
        if member.eof:
            self._member = None
            self._members += 1
            return piece, member.unused_data, False
        return piece, rest, more

    def _refuse_trailing(self) -> NoReturn:
        raise TrailingDataError(
            f"after the {self._codec.name} stream ({self._growth.given} unpacked bytes) something else follows",
            mend=f"Remove what was appended. {REPACK}",
        )

    def finish(self) -> None:
        if self._start:
            self._refuse_trailing()
        if self._member is not None:
            raise TruncatedArchiveError(
                f"the {self._codec.name} stream ends early, after {self._growth.taken} bytes "
                f"({self._growth.given} unpacked)",
                mend=f"The transfer was cut short. {REPACK}",
            )
