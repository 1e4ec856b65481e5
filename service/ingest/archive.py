"""ZIP archives: the one file inside, and what a workbook is before a library sees it."""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NoReturn

from service.ingest.compression import REPACK, Growth
from service.ingest.errors import (
    CorruptArchiveError,
    EmptyFileError,
    EncryptedError,
    SeveralFilesError,
    TooLargeError,
    TrailingDataError,
    TruncatedArchiveError,
    UnsafeArchiveError,
)
from service.ingest.limits import Limits
from service.ingest.source import SPLIT
from service.ingest.whole import Whole

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"

_END = struct.Struct("<4s4H2LH")
_ZIP64 = 0xFFFFFFFF
_MOST_ENTRIES = 2_000
"""A workbook has a few dozen; each takes memory before it is looked at."""

_INPUT = 64 * 1024
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_COMPANIONS = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
"""What file managers add without being asked."""

_OUTSIDE = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\\")
_DOCUMENT_TYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML = (".xml", ".rels")
_ERROR_MARKS = (b't="e"', b"t='e'", b'value-type="error"')


class Archive:
    """An opened ZIP archive whose frame is whole: it begins with its first entry and ends with its list of them."""

    def __init__(self, packed: Whole, limits: Limits) -> None:
        self._limits = limits
        self.packed = packed
        self.size = packed.size
        if self.size > limits.bytes_compressed:
            raise TooLargeError(
                f"the file has more bytes than the limit 'bytes_compressed' of {limits.bytes_compressed}",
                mend=SPLIT,
            )
        with self.packed.opened() as stream:
            _check_frame(stream, self.size)
            with _zip_errors():
                self._entries = zipfile.ZipFile(stream).infolist()

    @property
    def names(self) -> list[str]:
        return [entry.filename for entry in self._entries]

    def head(self, name: str, size: int) -> bytes:
        """The first bytes of an entry."""
        with self.packed.opened() as stream, _zip_errors(), zipfile.ZipFile(stream).open(name) as entry:
            return entry.read(size)

    def the_file(self) -> tuple[str, Iterator[bytes]]:
        """The name and the bytes of the only file. Raises where it isn't the only one or isn't plain."""
        files = [e for e in self._entries if not e.is_dir() and not _COMPANIONS.search(e.filename)]
        for entry in files:
            _refuse_unsafe(entry)
        if not files:
            raise EmptyFileError("the ZIP archive holds no file", mend="Pack the list itself and bring that.")
        if len(files) > 1:
            shown = ", ".join(f"'{entry.filename[:60]}'" for entry in files[:5])
            raise SeveralFilesError(
                f"the ZIP archive holds {len(files)} files ({shown}{' …' if len(files) > 5 else ''})",  # noqa: PLR2004
                mend="Pack each list by itself, or bring them unpacked.",
            )
        return files[0].filename, self._unpack(files[0], Growth(self._limits))

    def inspect(self) -> bool:
        """Unpack every entry of a workbook for once, counting: declared sizes may lie. Whether cells may show errors.

        Raises for entries that are no part of one, and for document types, by which entities could multiply.
        """
        growth = Growth(self._limits, self.size)
        suspect = False
        for entry in self._entries:
            _refuse_unsafe(entry)
            is_xml = entry.filename.lower().endswith(_XML)
            tail = b""
            for piece in self._unpack(entry, growth):
                text = tail + piece
                if is_xml and _DOCUMENT_TYPE.search(text):
                    _refuse_document_type(entry.filename)
                suspect = suspect or (is_xml and any(mark in text for mark in _ERROR_MARKS))
                tail = piece[-32:]
        return suspect

    def _unpack(self, entry: zipfile.ZipInfo, growth: Growth) -> Iterator[bytes]:
        with self.packed.opened() as stream, _zip_errors(), zipfile.ZipFile(stream).open(entry) as packed:
            while piece := packed.read(
                _INPUT
            ):  # as many bytes are taken at a time, so that `taken` says how many came of them
                growth.taken = max(growth.taken, stream.tell())
                growth.add(len(piece))
                yield piece


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        struct.error,
        UnicodeError,
    ) as error:
        raise CorruptArchiveError(f"the ZIP archive is damaged ({error})", mend=REPACK) from error


def _check_frame(stream: BinaryIO, size: int) -> None:
    """Raise unless the archive ends with its list of entries and nothing stands before the first of them."""
    start = max(0, size - _END.size - 0xFFFF)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(EMPTY_ZIP_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        raise TruncatedArchiveError(
            f"the ZIP archive ends early, after {size} bytes", mend=f"The transfer was cut short. {REPACK}"
        )
    *_, entries, length, offset, comment = _END.unpack_from(tail, at)
    end = start + at
    if end + _END.size + comment != size:
        raise TrailingDataError(
            "after the ZIP archive something else follows", mend=f"Remove what was appended. {REPACK}"
        )
    is_zip64 = _ZIP64 in (length, offset) or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")
    if not is_zip64 and offset + length != end:
        raise CorruptArchiveError("the list of the ZIP archive's entries is not where it says", mend=REPACK)
    if entries > _MOST_ENTRIES:
        raise SeveralFilesError(
            f"the ZIP archive has {entries} entries", mend="Pack the list alone and bring that."
        )


def _refuse_unsafe(entry: zipfile.ZipInfo) -> None:
    shown = entry.filename[:100]
    if entry.flag_bits & _ENCRYPTED:
        raise EncryptedError(
            f"'{shown}' in the ZIP archive has a password", mend="Pack it without a password."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnsafeArchiveError(f"'{shown}' in the ZIP archive is a link", mend="Pack the list itself.")
    if _OUTSIDE.search(entry.filename):
        raise UnsafeArchiveError(
            f"'{shown}' in the ZIP archive is a path that leads out of it",
            mend="Pack the list under its own name.",
        )
    if entry.compress_type not in _METHODS:
        raise CorruptArchiveError(
            f"'{shown}' is packed by the method {entry.compress_type}, which is not read",
            mend="Pack it as an ordinary ZIP (deflate).",
        )


def _refuse_document_type(name: str) -> NoReturn:
    raise UnsafeArchiveError(
        f"'{name}' in the workbook declares a document type or entities",
        mend="No spreadsheet program writes them: open it there and save it again.",
    )
