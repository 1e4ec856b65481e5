"""What hostile files cost, measured as the resident memory of a process that reads one, and of its readers."""

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from backports import zstd

from service.ingest import Limits
from tests.support.formats import ods_book, ods_cell, zipped

MIB = 1024**2
READ = """
import json, re, resource, sys, time
from service.ingest import IngestError, open_sheet
from pathlib import Path
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
for path in sys.argv[1:]:
    before, begun, code, rows = peak(), time.monotonic(), None, 0
    try:
        for batch in open_sheet(Path(path)).batches():
            rows += batch.frame.height
    except IngestError as error:
        code = error.code
    grown = peak() - before
print(json.dumps([code, rows, grown, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, time.monotonic() - begun]))
"""
"""The first file warms up what is loaded once; the last one is measured. VmHWM is the peak since exec: ru_maxrss begins with
that of whoever started the process. Batches are let go, as they come: what a caller keeps of them is bounded by `rows` alone."""


def read_apart(warm: Path, path: Path) -> tuple[str | None, int, int, int, float]:
    """(code of the refusal, rows, bytes by which the reader grew, peak of its children, seconds)."""
    done = subprocess.run(
        [sys.executable, "-c", READ, warm, path], capture_output=True, text=True, check=True, timeout=120
    )
    code, rows, grown, children, seconds = json.loads(done.stdout)
    return code, rows, grown, children, seconds


WORKBOOK = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="List" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>'
    ),
}
NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(rows: str, strings: tuple[str, ...] = ("Company",)) -> bytes:
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    return zipped(
        WORKBOOK
        | {
            "xl/worksheets/sheet1.xml": f"<worksheet {NAMES}><sheetData>{rows}</sheetData></worksheet>",
            "xl/sharedStrings.xml": f"<sst {NAMES}>{shared}</sst>",
        }
    )


HEADER = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


def small() -> bytes:
    return workbook(HEADER + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>')


def far_corner() -> bytes:
    return workbook(HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def one_text_shown_a_million_times() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c></row>' for n in range(2, 300_000))
    return workbook(HEADER + rows, ("Company", "".join(map(str, range(6_000)))))


def repeated_rows() -> bytes:
    row = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
    )
    return ods_book({"List": [ods_cell("Company"), row]})


def entry_of_half_a_gigabyte() -> bytes:
    return zipped({"accounts.csv": b"Company\n" + b"Acme\n" * (100 * MIB)})


def workbook_of_zeros() -> bytes:
    return zipped(WORKBOOK | {"xl/worksheets/sheet1.xml": bytes(512 * MIB)})


def ten_gigabytes_of_members() -> bytes:
    return gzip.compress(b"Company\n") + gzip.compress(b"Acme\n" * (25 * MIB)) * 80


def ten_gigabytes_of_frames() -> bytes:
    return zstd.compress(b"Company\n") + zstd.compress(b"Acme\n" * (25 * MIB)) * 80


def array_without_end() -> bytes:
    return b'[{"Company": "Acme"}, {"Company": "' + b"x" * (200 * MIB)


def line_without_end() -> bytes:
    return b'{"Company": "Acme"}\n{"Company": ' + b'["x",' * (40 * MIB) + b"\n" + b'{"Company": "Beta"}\n'


def long_texts_in_parquet() -> bytes:
    packed = io.BytesIO()
    pl.DataFrame({"Company": pl.repeat("x" * 60_000, 100_000, eager=True)}).write_parquet(packed)
    return packed.getvalue()


def millions_of_short_rows() -> bytes:
    return b"Company\n" + b"Acme\n" * (6 * MIB)


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (far_corner, {"too_much_memory"}),
        (one_text_shown_a_million_times, {"too_much_memory"}),
        (repeated_rows, {"too_much_memory", "too_many_cells", "corrupt_workbook"}),
        (entry_of_half_a_gigabyte, {"too_much_expansion"}),
        (millions_of_short_rows, {"too_many_rows"}),
        (workbook_of_zeros, {"too_much_expansion"}),
        (ten_gigabytes_of_members, {"too_much_expansion"}),
        (ten_gigabytes_of_frames, {"too_much_expansion"}),
        (array_without_end, {"bad_json"}),
        (line_without_end, {None}),
        (long_texts_in_parquet, {"too_large"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_hostile_file_is_answered_in_bounded_time_and_memory(
    tmp_path: Path, make: Callable[[], bytes], codes: set[Any]
) -> None:
    warm, path = tmp_path / "warm.xlsx", tmp_path / "hostile"
    warm.write_bytes(small())
    path.write_bytes(make())
    code, rows, grown, children, seconds = read_apart(warm, path)

    assert code in codes
    assert rows == 2 or make is not line_without_end
    assert grown < 100 * MIB, f"{grown / MIB:.0f} MiB"
    assert children < Limits().memory + 150 * MIB, f"{children / MIB:.0f} MiB"
    assert seconds < 10  # each takes less than 2 s on a quiet machine
