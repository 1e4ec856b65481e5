"""One table, written in every format that is read."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import polars as pl
import xlsxwriter

Rows = Sequence[Sequence[str]]

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def as_delimited(rows: Rows, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def as_tsv(rows: Rows) -> bytes:
    return as_delimited(rows, "\t")


def as_xlsx(rows: Rows, name: str = "List") -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write_string(at, column, value)
    return packed.getvalue()


def zipped(entries: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return packed.getvalue()


def ods_cell(value: str) -> str:
    paragraphs = "".join(f"<text:p>{_spaces(line)}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'


def _spaces(text: str) -> str:
    return escape(text).replace("\t", "<text:tab/>").replace("  ", '<text:s text:c="2"/>')


def ods_book(tables: Mapping[str, Sequence[str]]) -> bytes:
    """Name → its rows, each the XML of cells or, beginning with `<table:table-row`, of the row itself."""
    sheets = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(
            row if row.startswith("<table:table-row") else f"<table:table-row>{row}</table:table-row>"
            for row in rows
        )
        + "</table:table>"
        for name, rows in tables.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_NAMES} office:version="1.3">'
        f"<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/></manifest:manifest>'
    )
    return zipped({"mimetype": ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": manifest})


def as_ods(rows: Rows) -> bytes:
    return ods_book({"List": ["".join(map(ods_cell, row)) for row in rows]})


def as_parquet(rows: Rows) -> bytes:
    header, *data = rows
    packed = io.BytesIO()
    schema = dict.fromkeys(header, pl.String)
    pl.DataFrame([list(row) for row in data], schema=schema, orient="row").write_parquet(packed)
    return packed.getvalue()


def as_ndjson(rows: Rows) -> bytes:
    header, *data = rows
    lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in data]
    return "".join(f"{line}\n" for line in lines).encode()


def as_json(rows: Rows) -> bytes:
    header, *data = rows
    return json.dumps([dict(zip(header, row, strict=True)) for row in data], indent=1).encode()


WRITERS: Mapping[str, Callable[[Rows], bytes]] = {
    "csv": as_delimited,
    "tsv": as_tsv,
    "xlsx": as_xlsx,
    "ods": as_ods,
    "parquet": as_parquet,
    "ndjson": as_ndjson,
    "json": as_json,
}
