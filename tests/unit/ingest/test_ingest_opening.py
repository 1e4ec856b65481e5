"""Encodings, dialects and compression are found and named."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.ingest import open_sheet

WESTERN = "Firma;Ort\r\nMüller & Söhne GmbH;Köln\r\nNestlé S.A.;Vevey\r\nØrsted A/S;Fredericia\r\n"
JAPANESE = "会社名,City\n株式会社日立製作所,東京\nトヨタ自動車株式会社,豊田市\n任天堂株式会社,京都市\n"


def cells(read: Callable[..., Any], data: bytes, **options: Any) -> Any:
    accounts, rows, sheet = read(data, **options)
    assert rows.is_empty()
    return sheet, accounts.select("name", "city").rows()


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8 with BOM"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le with BOM"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be with BOM"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "utf-32-le with BOM"),
        ("latin-1", b"", "latin-1"),
    ],
)
def test_an_encoding_is_found_read_and_named(
    read: Callable[..., Any], codec: str, mark: str, name: str
) -> None:
    sheet, rows = cells(read, mark + WESTERN.encode(codec))

    assert sheet.encoding == name
    assert rows[0] == ("Müller & Söhne GmbH", "Köln")
    assert rows[2] == ("Ørsted A/S", "Fredericia")


def test_windows_1252_is_told_from_latin_1_by_its_quotes(read: Callable[..., Any]) -> None:
    sheet, rows = cells(
        read, "Company,City\nJoe\u2019s \u201cDiner\u201d,Orléans\nNestlé,Vevey\n".encode("cp1252")
    )

    assert sheet.encoding == "cp1252"
    assert rows[0] == ("Joe\u2019s \u201cDiner\u201d", "Orléans")


def test_one_accent_at_the_very_end_is_latin_1(read: Callable[..., Any]) -> None:
    sheet, rows = cells(read, b"Company,City\nAcme,Orl\xe9")

    assert sheet.encoding == "latin-1"
    assert rows == [("Acme", "Orlé")]


def test_polish_is_not_taken_for_western(read: Callable[..., Any]) -> None:
    text = "Firma,Miasto,City\nŻabka Polska,x,Poznań\nŁódzkie Zakłady,x,Łódź\nPolskie Górnictwo,x,Kraków\n"
    sheet, rows = cells(read, text.encode("cp1250"))

    assert sheet.encoding == "cp1250"
    assert rows[1] == ("Łódzkie Zakłady", "Łódź")


def test_shift_jis_is_read(read: Callable[..., Any]) -> None:
    sheet, rows = cells(read, JAPANESE.encode("cp932"), columns={"name": "会社名"})

    assert sheet.encoding == "cp932"
    assert rows[0] == ("株式会社日立製作所", "東京")


def test_latin_1_may_show_only_after_megabytes_of_ascii() -> None:
    head = b"Company,City\n" + b"Acme Corporation,London\n" * 100_000
    sheet = open_sheet(io.BytesIO(head + "Nestlé,Vevey\nLindt & Sprüngli,Zürich\n".encode("latin-1")))
    assert sheet.encoding == "utf-8", "nothing else is known yet"
    last = list(sheet.batches())[-1].frame.tail(1)

    assert sheet.encoding == "latin-1"
    assert last.select("row", "name", "city").rows() == [(100_002, "Lindt & Sprüngli", "Zürich")]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "latin-1", "cp932"])
def test_a_character_may_lie_across_the_edge_of_a_chunk(codec: str) -> None:
    word = "株式会社日立製作所" if codec == "cp932" else "Müller-Société Besançon"
    text = "Company,City\n" + "".join(f"{'x' * (n % 7)}{word},Bonn\n" for n in range(150_000))
    sheet = open_sheet(io.BytesIO((b"\xff\xfe" if codec == "utf-16-le" else b"") + text.encode(codec)))
    names = [name for batch in sheet.batches() for name in batch.frame["name"]]

    assert names == ["x" * (n % 7) + word for n in range(150_000)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_delimiter_is_found_although_others_stand_in_the_values(
    read: Callable[..., Any], delimiter: str, quoted: str
) -> None:
    others = "".join(c for c in ",;|" if c != delimiter)
    name = f'"A{delimiter}{others}"' if quoted else f"A{others}"
    sheet, rows = cells(read, f"Company{delimiter}City\n{name}{delimiter}Bonn\n{name}{delimiter}Rome\n")

    assert sheet.dialect.delimiter == delimiter
    assert sheet.dialect.quote == ('"' if quoted else None)
    assert rows == [
        (f"A{delimiter if quoted else ''}{others}", "Bonn"),
        (f"A{delimiter if quoted else ''}{others}", "Rome"),
    ]


def test_a_list_of_one_column_may_hold_commas(read: Callable[..., Any]) -> None:
    accounts, rows, sheet = read('Company\n"Acme, Inc."\nBeta, Ltd.\n   \n""\nGamma\n')

    assert sheet.dialect.delimiter is None
    assert accounts.select("row", "line", "name").rows() == [
        (1, 2, "Acme, Inc."),
        (2, 3, "Beta, Ltd."),
        (3, 5, None),
        (4, 6, "Gamma"),
    ]
    assert rows.is_empty()


def test_the_sep_line_of_excel_is_obeyed_and_counted(read: Callable[..., Any]) -> None:
    accounts, _, sheet = read("sep=|\r\nCompany|City\r\nAcme, Ltd|Bonn\r\n")

    assert sheet.dialect.delimiter == "|"
    assert accounts.select("row", "line", "name").rows() == [(1, 3, "Acme, Ltd")]


@pytest.mark.parametrize(("end", "name"), [("\n", "LF"), ("\r\n", "CRLF"), ("\r", "CR")])
def test_line_ends_are_named(read: Callable[..., Any], end: str, name: str) -> None:
    assert read(f"Company,City{end}Acme,Bonn{end}")[2].dialect.line_end == name


def test_gzip_is_unpacked_and_named(read: Callable[..., Any]) -> None:
    sheet, rows = cells(read, gzip.compress(WESTERN.encode("utf-16")))

    assert (sheet.compression, sheet.encoding) == ("gzip", "utf-16-le with BOM")
    assert len(rows) == 3


def test_a_plain_file_has_no_compression(read: Callable[..., Any]) -> None:
    assert read("Company\nAcme\n")[2].compression is None


def test_a_sheet_tells_headers_mapping_and_what_is_left_over_before_rows_are_read() -> None:
    sheet = open_sheet(io.BytesIO(b"Company,Shoe size,URL\nAcme,44,acme.com\n"), name="Q3")

    assert sheet.name == "Q3"
    assert sheet.headers == ["Company", "Shoe size", "URL"]
    assert sheet.mapping == {"name": "Company", "website": "URL"}
    assert sheet.unmapped == ["Shoe size"]
    assert sheet.summary.rows == 0


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv.gz"
    path.write_bytes(
        gzip.compress(b"Company,City\n" + b"".join(b"Acme %d,x\n" % n for n in range(900_000)), 1)
    )
    seen = []
    sheet = open_sheet(path)
    rows = sum(batch.frame.height for batch in sheet.batches(seen.append))

    assert rows == 900_000
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    assert seen[-1] == sheet.size == path.stat().st_size


def test_a_stream_is_read_from_where_it_stands_and_left_open() -> None:
    stream = io.BytesIO(b"prefix\nCompany\nAcme\n")
    stream.readline()
    batches = list(open_sheet(stream).batches())

    assert batches[0].frame["name"].to_list() == ["Acme"]
    assert not stream.closed
