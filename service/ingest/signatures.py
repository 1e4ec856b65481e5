"""Files that are no text, told by how they begin."""

import re

from service.ingest.errors import NestedArchiveError, NotTextError

EXPORT_AS_CSV = "Export the list as CSV (UTF-8) and bring that file."

ARCHIVES = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
)

OTHERS = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (XLS, DOC)"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"<!doctype html", "a web page (HTML)"),
    (b"<html", "a web page (HTML)"),
    (b"<?xml", "an XML file"),
    (b"[{", "a JSON file"),
    (b'{"', "a JSON file"),
)

_XLSX = (b"[Content_Types].xml", b"xl/")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_SHARE = 0.1
"""More control bytes than this and the file is no list; a few NULs are the business of their rows."""


def refuse_signatures(head: bytes, *, unpacked: bool) -> None:
    """Raise for a file whose first bytes belong to another format.

    `unpacked` says that `head` comes out of an archive already: archives in archives are refused as such.
    """
    start = head[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for magic, what in (*ARCHIVES, *OTHERS):
        if head.startswith(magic) or (magic[:1] in b"<[{" and start.startswith(magic)):
            _refuse(_precisely(head, what), archive=(magic, what) in ARCHIVES, unpacked=unpacked)


def refuse_binary(head: bytes) -> None:
    """Raise for text that is mostly control bytes (UTF-16 and UTF-32 must have been told apart before)."""
    if len(_CONTROLS.findall(head)) > _BINARY_SHARE * len(head):
        raise NotTextError("the file is not text but binary data", mend=EXPORT_AS_CSV)


def _precisely(head: bytes, what: str) -> str:
    """An Excel workbook is a ZIP archive; its first entries give it away."""
    return "an Excel workbook (XLSX)" if what == "a ZIP archive" and any(m in head for m in _XLSX) else what


def _refuse(what: str, *, archive: bool, unpacked: bool) -> None:
    if archive and unpacked:
        raise NestedArchiveError(
            f"the archive holds {what} instead of text", mend="Pack the CSV file itself, once, as gzip."
        )
    if archive and what != "an Excel workbook (XLSX)":
        raise NotTextError(
            f"the file is not text but looks like {what}",
            mend="Unpack it and bring the CSV file inside, plain or packed as gzip.",
        )
    raise NotTextError(f"the file is not text but looks like {what}", mend=EXPORT_AS_CSV)
