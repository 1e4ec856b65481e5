"""Files that are no list, told by how they begin."""

import re

from service.ingest.errors import NestedArchiveError, NotTextError

EXPORT_AS_CSV = "Export the list as CSV (UTF-8) and bring that file."

READ_ARCHIVES = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
)

UNREAD_ARCHIVES = (
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
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (XLS, DOC), or a workbook with a password"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"<!doctype html", "a web page (HTML)"),
    (b"<html", "a web page (HTML)"),
    (b"<?xml", "an XML file"),
)

_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_SHARE = 0.1
"""More control bytes than this and the file is no list; a few NULs are the business of their rows."""


def refuse_signatures(head: bytes) -> None:
    """Raise for a file whose first bytes belong to a format that is no list, or to a compression that isn't read."""
    for magic, what in UNREAD_ARCHIVES:
        if head.startswith(magic):
            raise NotTextError(
                f"the file is not text but looks like {what}",
                mend="Unpack it and bring the file inside, plain or packed as gzip, zstd or ZIP.",
            )
    start = head[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for magic, what in OTHERS:
        if head.startswith(magic) or (magic[:1] == b"<" and start.startswith(magic)):
            raise NotTextError(f"the file is not text but looks like {what}", mend=EXPORT_AS_CSV)


def refuse_nested(head: bytes) -> None:
    """Raise for an archive that came out of an archive."""
    for magic, what in (*READ_ARCHIVES, *UNREAD_ARCHIVES):
        if head.startswith(magic):
            raise NestedArchiveError(
                f"the archive holds {what} instead of a list", mend="Pack the list itself, once."
            )


def refuse_binary(head: bytes) -> None:
    """Raise for text that is mostly control bytes (UTF-16 and UTF-32 must have been told apart before)."""
    if len(_CONTROLS.findall(head)) > _BINARY_SHARE * len(head):
        raise NotTextError("the file is not text but binary data", mend=EXPORT_AS_CSV)
