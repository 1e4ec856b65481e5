"""What breaks the frame of a file refuses all of it: a stable code, the place, the mend."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.ingest import Limits, open_sheet
from service.ingest.errors import AlreadyReadError, CannotOpenError, IngestError, UndecodableTextError
from tests.support.formats import zipped


@pytest.mark.parametrize(
    ("data", "what", "mend"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a PNG image", "Export the list as CSV"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document", "Export the list as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel", "Export the list as CSV"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>", "a web page", "Export the list as CSV"),
        (zipped({"xl/workbook.bin": b"x"}), "binary form (XLSB)", "Export the list as CSV"),
        (zipped({"word/document.xml": b"x"}), "a Word document", "Export the list as CSV"),
        (zipped({"mimetype": "application/epub+zip"}), "an e-book", "Export the list as CSV"),
        (b"BZh91AY&SY", "a bzip2 file", "Unpack it"),
        (b"\xfd7zXZ\x00\x00", "an xz file", "Unpack it"),
        (bytes(range(1, 32)) * 20, "binary data", "Export the list as CSV"),
        (struct.pack("<400I", *range(400)), "binary data", "Export the list as CSV"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_what_it_looks_like(
    refusal: Callable[..., IngestError], data: bytes, what: str, mend: str
) -> None:
    error = refusal(data)

    assert error.code == "not_text"
    assert what in error.what
    assert error.mend.startswith(mend)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n\n", b"sep=;\n"])
def test_an_empty_file_is_refused(refusal: Callable[..., IngestError], data: bytes) -> None:
    error = refusal(data)

    assert error.code == "empty_file"
    assert "a header line, then one line a company" in error.mend


@pytest.mark.parametrize("data", ["Company,City", "Company,City\n", "\nCompany,City\n\n \n"])
def test_a_header_without_rows_is_refused_and_not_taken_for_an_empty_list(
    refusal: Callable[..., IngestError], data: bytes
) -> None:
    error = refusal(data)

    assert error.code == "no_data_rows"
    assert error.line == (2 if data.startswith("\n") else 1)
    assert "Export the list again" in error.mend


def test_rows_that_are_all_refused_are_rows_all_the_same(read: Callable[..., Any]) -> None:
    accounts, rows, _ = read("Company,City\nAcme\n")

    assert accounts.is_empty()
    assert rows.height == 1


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param('"Gamma,c.com\n' + "Delta,d.com\n" * 9_996, id="no quote follows"),
        pytest.param('"Gamma,c.com\n' + '"Delta","d.com"\n' * 9_996, id="all rows are quoted"),
        pytest.param('"Gamma","c.com\n' + '"Delta","d.com"\n' * 9_996, id="lost at the line end"),
        pytest.param('"Gamma,c.com\n' + 'Delta,""\n' * 9_996, id="empty quotes follow"),
        pytest.param('"Gamma,c.com\n' + "x" * 300_000, id="further than the line cap"),
    ],
)
def test_an_unclosed_quote_refuses_the_file_and_names_the_line_where_it_opened(
    refusal: Callable[..., IngestError], rest: str
) -> None:
    error = refusal("Company,Website\nAcme,acme.com\n" + rest)

    assert (error.code, error.line) == ("unclosed_quote", 3)
    assert "line 3: a quote is opened here and not closed" in str(error)
    assert 'Close the quote, or double it ("")' in error.mend


def test_an_unclosed_quote_in_the_header_names_line_one(refusal: Callable[..., IngestError]) -> None:
    error = refusal('"Company,Website\nAcme,acme.com\n')

    assert (error.code, error.line) == ("unclosed_quote", 1)


@pytest.mark.parametrize("place", [3, 20_000])
def test_damaged_utf8_is_refused_with_line_and_byte_offset(
    refusal: Callable[..., IngestError], place: int
) -> None:
    lines = [b"Company,City", "Müller,Köln".encode(), *[b"Acme,Bonn"] * 30_000]
    lines[place - 1] = b"Sch\xfcler,Bonn"
    data = b"\n".join(lines)
    error = refusal(data)

    assert isinstance(error, UndecodableTextError)
    assert (error.code, error.line, error.offset) == ("undecodable_text", place, data.index(b"\xfc"))
    assert f"line {place}: byte offset {data.index(0xFC)} (0xFC) is no text in utf-8" in str(error)
    assert "Export the file again as UTF-8" in error.mend


def test_the_place_of_a_bad_byte_counts_line_ends_of_every_kind(refusal: Callable[..., IngestError]) -> None:
    error = refusal(b"\xef\xbb\xbfCompany,City\r\nA,b\rC,d\n\xc3\n")

    assert (error.line, error.offset) == (4, 25)


def test_a_crlf_across_two_chunks_is_one_line_end(refusal: Callable[..., IngestError]) -> None:
    head = b"Company,City\r\n" + b"x" * 50_000 + b"\r\n"
    padding = b"y" * (1024**2 - len(head) - 1)  # so that a CR is the last byte of the first chunk
    error = refusal(head + padding + b"\r\n\xc3\xa4\xff\n")

    assert (error.line, error.code) == (4, "undecodable_text")


@pytest.mark.parametrize(
    "data", [b"\xff\xfeC\x00o\x00\n\x00A\x00\x00", b"\xff\xfeC\x00o\x00\n\x00A\x00\x00\xd8b\x00\n\x00"]
)
def test_broken_utf16_is_refused_with_its_place(refusal: Callable[..., IngestError], data: bytes) -> None:
    error = refusal(data)

    assert (error.code, error.line) == ("undecodable_text", 2)
    assert error.offset == 10


@pytest.mark.parametrize("text", ["Company,City\nAcme,Köl\u00e4", "Company,City\nAcme,Roma\u00e4"])
def test_half_a_character_at_the_end_is_refused(refusal: Callable[..., IngestError], text: str) -> None:
    error = refusal(text.encode()[:-1])

    assert (error.code, error.line) == ("undecodable_text", 2)


@pytest.mark.slow
def test_megabytes_of_blank_lines_are_no_data_rows_either(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company,City" + "\n" * 3_000_000)

    assert (error.code, error.line) == ("no_data_rows", 1)


def test_one_bad_byte_among_good_utf8_is_no_reason_to_guess(refusal: Callable[..., IngestError]) -> None:
    error = refusal(b"Company,City\nAc\xc3me,Bonn\n\xc3\xa4\xc3\xb6,Bonn\n")

    assert (error.code, error.line, error.what[:14]) == ("undecodable_text", 2, "byte offset 15")


def test_a_list_without_any_key_column_names_its_headers_and_how_to_map_them(
    refusal: Callable[..., IngestError],
) -> None:
    error = refusal("Foo,City\n1,2\n")

    assert (error.code, error.line) == ("no_key_column", 1)
    assert "'Foo', 'City'" in error.what
    assert "Map one, e.g. name=Foo" in error.mend


def test_more_columns_than_the_limit_refuse_the_file(refusal: Callable[..., IngestError]) -> None:
    error = refusal(",".join(f"c{n}" for n in range(1000)) + "\n1\n")

    assert (error.code, error.line) == ("too_many_columns", 1)
    assert "1000 columns, the limit 'columns' is 200" in error.what


def test_more_rows_than_the_limit_refuse_the_file(
    refusal: Callable[..., IngestError], read: Callable[..., Any]
) -> None:
    error = refusal("Company\n" + "Acme\n" * 11, limits=Limits(rows=10))

    assert error.code == "too_many_rows"
    assert "limit 'rows' of 10" in error.what
    assert "Split the list" in error.mend
    assert read("Company\n" + "Acme\n" * 10, limits=Limits(rows=10))[0].height == 10


def test_more_bytes_than_the_limit_refuse_the_file(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company\n" + "Acme\n" * 11, limits=Limits(bytes_raw=50))

    assert error.code == "too_large"
    assert "limit 'bytes_raw' of 50" in error.what


def test_an_error_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(b"Company,City\n")

    with pytest.raises(IngestError, match=r"^accounts\.csv, line 1: no data rows"):
        open_sheet(path)
    with pytest.raises(IngestError, match=r"^Q3 list, line 1: "):
        open_sheet(path, name="Q3 list")


def test_an_error_found_while_rows_are_read_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(b'Company,City\nAcme,Bonn\n"Beta,Rome\n')
    batches = open_sheet(path).batches()

    with pytest.raises(IngestError, match=r"^accounts\.csv, line 3: a quote is opened"):
        list(batches)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotOpenError, match="cannot be opened") as caught:
        open_sheet(tmp_path / name)
    assert caught.value.code == "cannot_open"
    assert "Check the path" in caught.value.mend


def test_the_rows_of_a_sheet_are_read_once() -> None:
    sheet = open_sheet(io.BytesIO(b"Company\nAcme\n"))
    list(sheet.batches())

    with pytest.raises(AlreadyReadError, match="Open the file again"):
        list(sheet.batches())


def test_a_stream_of_text_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="binary"):
        open_sheet(io.StringIO("Company\nAcme\n"))
