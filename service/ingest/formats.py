"""Which format a file is in, told by its content, and by its name where the content leaves it open."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from service.ingest.archive import EMPTY_ZIP_MAGIC, ZIP_MAGIC, Archive
from service.ingest.batches import Table
from service.ingest.compression import CODECS, unpacked
from service.ingest.delimited import DelimitedTable
from service.ingest.encoding import TextStream, sniff
from service.ingest.errors import EmptyFileError, NotTextError
from service.ingest.kinds import RecordKind
from service.ingest.limits import Limits
from service.ingest.parquet import PARQUET_MAGIC, ParquetTable
from service.ingest.records import RecordsTable
from service.ingest.signatures import EXPORT_AS_CSV, refuse_binary, refuse_nested, refuse_signatures
from service.ingest.source import Source, capped, peek
from service.ingest.whole import Whole
from service.ingest.workbook import WorkbookTable

_HEAD = 64 * 1024
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_OTHER_DOCUMENTS: Mapping[str, str] = {
    "xl/workbook.bin": "an Excel workbook in the binary form (XLSB)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "mimetype": "an OpenDocument file that is no spreadsheet, or an e-book",
}
_OBJECT = re.compile(r'\s*\{\s*(?:"|\}|$)')
_ARRAY = re.compile(r"\s*\[\s*(?:\{|\]|$)")
_BY_NAME = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a file is opened for; `name` is the one it was given."""

    limits: Limits
    kind: RecordKind
    name: str
    worksheet: str | None


def open_table(origin: Source, request: Request) -> tuple[Table, str | None]:
    """The table in a file, and the compression it came in (None, gzip, zstd, zip)."""
    limits = request.limits
    head, chunks, _ = peek(origin.chunks(), _HEAD)
    for codec in CODECS:
        if head.startswith(codec.magic):
            return _open_unpacked(unpacked(chunks, codec, limits), request), codec.name
    if head.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        archive = Archive(_whole(origin, chunks, limits), limits)
        workbook = _workbook(archive, request)
        if workbook is not None:
            return workbook, None
        name, inside = archive.the_file()
        inner = Request(limits, request.kind, name, request.worksheet)
        return _open_unpacked(inside, inner), "zip"
    if head.startswith(PARQUET_MAGIC):
        return ParquetTable(_whole(origin, chunks, limits), limits), None
    return _open_text(capped(chunks, limits.bytes_raw, name="bytes_raw"), request), None


def _whole(origin: Source, chunks: Iterator[bytes], limits: Limits) -> Whole:
    if origin.path is None:
        return Whole.held(chunks, limits.bytes_compressed)
    origin.bytes_read = origin.size or 0
    return Whole.at(origin.path)


def _open_unpacked(chunks: Iterator[bytes], request: Request) -> Table:
    """What was inside a compression: anything but another one."""
    limits = request.limits
    head, chunks, _ = peek(chunks, _HEAD)
    if head.startswith(PARQUET_MAGIC):
        return ParquetTable(Whole.held(chunks, limits.bytes_compressed), limits)
    if head.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        workbook = _workbook(Archive(Whole.held(chunks, limits.bytes_compressed), limits), request)
        if workbook is not None:
            return workbook
    refuse_nested(head)
    return _open_text(chunks, request)


def _workbook(archive: Archive, request: Request) -> Table | None:
    """The workbook that an archive is, None for an archive of files. Raises for other kinds of document."""
    names = set(archive.names)
    if "xl/workbook.xml" in names:
        return WorkbookTable(archive, "xlsx", request.limits, request.worksheet)
    if {"mimetype", "content.xml"} <= names and archive.head("mimetype", 100).startswith(_ODS):
        return WorkbookTable(archive, "ods", request.limits, request.worksheet)
    for part, what in _OTHER_DOCUMENTS.items():
        if part in names:
            raise NotTextError(f"the file is no list but looks like {what}", mend=EXPORT_AS_CSV)
    return None


def _open_text(chunks: Iterator[bytes], request: Request) -> Table:
    head, chunks, _ = peek(chunks, _HEAD)
    if not head:
        raise EmptyFileError(
            "the file is empty",
            mend=f"Export the list again: a header line, then one line a {request.kind.noun}.",
        )
    refuse_signatures(head)
    encoding = sniff(head)
    if encoding.codec == "utf-8":
        refuse_binary(head)
    start = head[encoding.bom :].decode(encoding.codec, "ignore")
    text = TextStream(chunks, encoding)
    format_ = _json(start, request.name)
    if format_ is not None:
        return RecordsTable(text, format_, request.limits, request.kind)
    return DelimitedTable(text, request.limits, request.kind)


def _json(start: str, name: str) -> str | None:
    if _ARRAY.match(start):
        return "json"
    if _OBJECT.match(start):
        return "ndjson"
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes[-2:]]
    named = next((_BY_NAME[suffix] for suffix in suffixes if suffix in _BY_NAME), None)
    return named if named and start.lstrip()[:1] in tuple('{["') else None
