"""XLSX and ODS: the right sheet, cells as people see them, and every way in which a workbook is refused."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from service.ingest import IngestError, Limits, open_sheet
from tests.support.formats import as_json, as_ndjson, as_ods, as_parquet, as_xlsx, ods_book, ods_cell, zipped

TABLE = [["Company", "Website"], ["Acme", "acme.com"], ["Beta", "beta.com"]]


def book(fill: Callable[[Any], None], **options: Any) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True} | options) as workbook:
        fill(workbook)
    return packed.getvalue()


def one_sheet(*rows: list[Any]) -> bytes:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)

    return book(fill)


def three_sheets(workbook: Any) -> None:
    hidden = workbook.add_worksheet("Codes")
    hidden.write_row(0, 0, ["Company"])
    hidden.write_row(1, 0, ["Hidden"])
    workbook.add_worksheet("Empty")
    for name, company in (("Q3 List", "Acme"), ("Old", "Gamma")):
        sheet = workbook.add_worksheet(name)
        sheet.write_row(0, 0, ["Company"])
        sheet.write_row(1, 0, [company])
        sheet.activate()
    hidden.hide()


@pytest.mark.parametrize(
    ("wanted", "name", "company"),
    [
        (None, "Q3 List", "Acme"),
        ("Old", "Old", "Gamma"),
        ("q3 list", "Q3 List", "Acme"),
        (4, "Old", "Gamma"),
        ("1", "Codes", "Hidden"),
    ],
)
def test_a_sheet_is_chosen_by_name_or_number_else_the_first_with_data_that_is_shown(
    read: Callable[..., Any], wanted: str | int | None, name: str, company: str
) -> None:
    accounts, _, sheet = read(book(three_sheets), worksheet=wanted)

    assert accounts["name"].to_list() == [company]
    assert (sheet.format, sheet.worksheet) == ("xlsx", name)
    assert sheet.worksheets == ["Codes", "Empty", "Q3 List", "Old"]
    assert (sheet.encoding, sheet.dialect, sheet.compression) == ("utf-8", None, None)


@pytest.mark.parametrize("wanted", ["Nope", "0", "5", ""])
def test_an_unknown_sheet_refuses_the_file_and_names_those_there_are(
    refusal: Callable[..., IngestError], wanted: str
) -> None:
    error = refusal(book(three_sheets), worksheet=wanted)

    assert error.code == "unknown_worksheet"
    assert f"no sheet '{wanted}'" in error.what
    assert "'Codes', 'Empty', 'Q3 List', 'Old'" in error.mend


def test_a_workbook_without_any_data_is_empty(refusal: Callable[..., IngestError]) -> None:
    assert refusal(one_sheet()).code == "empty_file"
    assert "'Empty' is empty" in refusal(book(three_sheets), worksheet="Empty").what


def test_a_sheet_of_a_header_alone_has_no_rows(refusal: Callable[..., IngestError]) -> None:
    error = refusal(one_sheet([], [], ["Company"]))

    assert (error.code, error.line) == ("no_data_rows", 3)


def test_the_header_is_the_first_row_that_is_not_blank_and_lines_are_rows_of_the_sheet(
    read: Callable[..., Any],
) -> None:
    accounts, refused, sheet = read(
        one_sheet(
            [], ["", " "], ["", "Company", "No. of\nEmployees"], ["", "Acme", 7], [], ["", "Beta", None]
        )
    )

    assert accounts.select("row", "line", "name", "employees").rows() == [
        (1, 4, "Acme", "7"),
        (2, 6, "Beta", None),
    ]
    assert sheet.mapping == {"name": "Company", "employees": "No. of Employees"}
    assert refused.is_empty()


def test_cells_stand_as_people_see_them(read: Callable[..., Any]) -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        formats = [None, None, None, None, "dd/mm/yy", "d.m.yyyy h:mm", "h:mm", "[h]:mm", None, "0%"]
        values = [
            1234.0, 0.1 + 0.2, 123456789012, 1e20, dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 13, 45),  # noqa: DTZ001
            dt.time(13, 45), 1.5, True, 0.25,
        ]  # fmt: skip
        sheet.write_row(0, 0, ["Company", *(f"c{n}" for n in range(len(values)))])
        sheet.write(1, 0, "Acme")
        for at, (value, shown) in enumerate(zip(values, formats, strict=True)):
            sheet.write(1, at + 1, value, workbook.add_format({"num_format": shown}) if shown else None)

    accounts, _, _ = read(book(fill), attributes={f"a{n}": f"c{n}" for n in range(10)})

    assert accounts.select(f"a{n}" for n in range(10)).row(0) == (
        "1234", "0.3", "123456789012", "100000000000000000000", "2026-01-31", "2026-01-31T13:45:00", "13:45:00", "36:00:00",
        "TRUE", "0.25",
    )  # fmt: skip


def test_dates_counted_from_1904_are_the_same_dates(read: Callable[..., Any]) -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["Company", "Status"])
        sheet.write(1, 0, "Acme")
        sheet.write_datetime(1, 1, dt.date(2026, 1, 31), workbook.add_format({"num_format": "yyyy-mm-dd"}))

    assert read(book(fill, date_1904=True))[0]["status"].to_list() == ["2026-01-31"]


def with_error(workbook: Any) -> None:
    sheet = workbook.add_worksheet()
    sheet.write_row(1, 1, ["Company", "Website", "Memo"])
    for at, (company, place) in enumerate([("Acme", 2), ("Beta", 3), ("Gamma", None)], 2):
        sheet.write(at, 1, company)
        if place is not None:
            sheet.write_formula(at, place, "=1/0", None, "#DIV/0!")


def test_an_error_in_a_column_that_is_kept_refuses_its_row_with_its_place(read: Callable[..., Any]) -> None:
    accounts, refused, _ = read(book(with_error))

    assert accounts["name"].to_list() == ["Beta", "Gamma"], "nobody misses what the Memo would have been"
    (row,) = refused.rows(named=True)
    assert (row["row"], row["line"], row["column"], row["reason"]) == (1, 3, "Website", "error_cell")
    assert "cell C3 in column 'Website' shows the error #DIV/0!" in row["message"]
    assert row["text"] == "Acme,,"


def test_an_error_in_an_ods_sheet_refuses_its_row_with_its_place(read: Callable[..., Any]) -> None:
    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    data = ods_book(
        {
            "Other": [ods_cell("Company"), error],
            "List": [
                ods_cell("Company") + ods_cell("City"),
                '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>',
                ods_cell("Acme") + error,
                ods_cell("Beta") + ods_cell("Bonn"),
            ],
        }
    )
    accounts, refused, _ = read(data, worksheet="List")

    assert accounts.select("line", "name").rows() == [(5, "Beta")]
    assert refused.select("line", "column", "reason").rows() == [(4, "City", "error_cell")]
    assert "cell B4 in column 'City' shows the error #DIV/0!" in refused["message"][0]


def test_an_ods_sheet_has_its_values_as_text_dates_and_truths(read: Callable[..., Any]) -> None:
    cells = (
        '<table:table-cell office:value-type="float" office:value="12"><text:p>12</text:p></table:table-cell>',
        '<table:table-cell office:value-type="date" office:date-value="2026-01-31"><text:p>31.01.26</text:p></table:table-cell>',
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>',
    )
    header = "".join(map(ods_cell, ["Company", "a", "b", "c"]))
    data = ods_book({"List": [header, ods_cell("Acme") + "".join(cells)]})
    accounts, _, sheet = read(data, attributes={"n": "a", "d": "b", "t": "c"})

    assert accounts.select("n", "d", "t").row(0) == ("12", "2026-01-31", "TRUE")
    assert (sheet.format, sheet.worksheet, sheet.worksheets) == ("ods", "List", ["List"])


def test_a_value_beside_the_header_refuses_its_row(read: Callable[..., Any]) -> None:
    accounts, refused, _ = read(one_sheet(["Company"], ["Acme"], ["Beta", "", "stray"]))

    assert accounts["name"].to_list() == ["Acme"]
    assert refused.select("line", "reason", "text").rows() == [(3, "too_many_fields", "Beta,,stray")]


@pytest.mark.parametrize("write", [as_xlsx, as_ods, as_ndjson, as_json, as_parquet])
def test_a_list_of_which_every_row_is_refused_has_rows_all_the_same(
    read: Callable[..., Any], write: Callable[..., bytes]
) -> None:
    accounts, refused, _ = read(write([["Company"], ["x" * 50], ["y" * 50]]), limits=Limits(field=40))
    assert (accounts.height, refused.height) == (0, 2)


def test_a_sheet_with_a_stray_value_in_every_row_has_rows_all_the_same(read: Callable[..., Any]) -> None:
    accounts, refused, _ = read(one_sheet(["Company"], ["Acme", "x"], ["Beta", "y"]))

    assert accounts.is_empty()
    assert refused["reason"].to_list() == ["too_many_fields"] * 2


def test_batches_of_which_the_last_is_empty_are_read(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.ingest.workbook._BATCH", 2)
    monkeypatch.setattr("service.ingest.records._BATCH", 2)
    for write in (as_xlsx, as_ndjson):
        assert read(write([["Company"], *[["Acme"]] * 4]))[0]["row"].to_list() == [1, 2, 3, 4]


def test_long_values_and_long_rows_are_refused_row_by_row(read: Callable[..., Any]) -> None:
    rows = [["Company", "City"], ["x" * 41, "y"], ["x" * 39, "y" * 39], ["Acme", "Bonn"]]
    accounts, refused, _ = read(as_xlsx(rows), limits=Limits(field=40, line=60))

    assert accounts["name"].to_list() == ["Acme"]
    assert refused.select("line", "column", "reason").rows() == [
        (2, "Company", "field_too_long"),
        (3, None, "line_too_long"),
    ]


def test_rows_columns_and_cells_of_a_sheet_are_limited(refusal: Callable[..., IngestError]) -> None:
    data = one_sheet(["Company", "a", "b"], *[["Acme", 1, 2]] * 11)

    assert refusal(data, limits=Limits(rows=10)).code == "too_many_rows"
    assert refusal(data, limits=Limits(columns=2)).code == "too_many_columns"
    error = refusal(data, limits=Limits(cells=35))
    assert error.code == "too_many_cells"
    assert "'Sheet1' spreads over 12 rows and 3 columns" in error.what


@pytest.mark.parametrize("write", [as_xlsx, as_ods])
@pytest.mark.parametrize("part", range(1, 16))
def test_a_truncated_workbook_refuses_the_file_wherever_it_ends(
    refusal: Callable[..., IngestError], write: Callable[..., bytes], part: int
) -> None:
    data = write(TABLE)
    error = refusal(data[: len(data) * part // 16])

    assert error.code == "truncated_archive"


@pytest.mark.parametrize("write", [as_xlsx, as_ods])
def test_a_workbook_with_something_behind_it_is_refused(
    refusal: Callable[..., IngestError], write: Callable[..., bytes]
) -> None:
    assert refusal(write(TABLE) + b"rubbish").code == "trailing_data"


def test_a_workbook_whose_check_sum_is_wrong_is_refused(refusal: Callable[..., IngestError]) -> None:
    data = bytearray(zipped({"xl/workbook.xml": "<workbook/>"}, method=0))
    data[data.index(b"<workbook/>") + 3] ^= 1
    error = refusal(bytes(data))

    assert error.code == "corrupt_archive"
    assert "Bad CRC-32" in error.what


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/workbook.xml": "<workbook/>"},
        {"xl/workbook.xml": "no XML <", "[Content_Types].xml": "<"},
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<office:"},
    ],
)
def test_a_workbook_without_its_parts_is_refused_as_damaged(
    refusal: Callable[..., IngestError], parts: dict[str, str]
) -> None:
    error = refusal(zipped(parts))

    assert error.code in {"corrupt_workbook", "empty_file"}
    assert "save it again" in error.mend or error.code == "empty_file"


def test_entities_in_a_workbook_are_refused_before_they_multiply(refusal: Callable[..., IngestError]) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
    error = refusal(zipped({"xl/workbook.xml": laughs}))

    assert error.code == "unsafe_archive"
    assert "'xl/workbook.xml' in the workbook declares a document type" in error.what


def test_a_list_of_a_workbook_on_disk_is_read_from_there(tmp_path: Path) -> None:
    path = tmp_path / "accounts.xlsx"
    path.write_bytes(as_xlsx(TABLE))
    seen: list[int] = []
    sheet = open_sheet(path)
    frames = [batch.frame for batch in sheet.batches(seen.append)]

    assert frames[0]["name"].to_list() == ["Acme", "Beta"]
    assert seen == [path.stat().st_size]


def test_a_reader_that_is_left_alone_ends_with_its_sheet() -> None:
    sheet = open_sheet(io.BytesIO(as_xlsx(TABLE)))
    process = sheet._table._apart._process
    assert process.poll() is None
    del sheet

    assert process.poll() is not None
