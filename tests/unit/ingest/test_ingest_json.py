"""NDJSON and arrays of objects: keys are headers, plain values cells, and each record answers for itself."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from service.ingest import IngestError, Limits, open_sheet, read_accounts

GOOD = '{"Company": "Acme"}'


def test_lines_and_arrays_are_told_by_their_beginning(read: Callable[..., Any]) -> None:
    for text, name in ((f"\n{GOOD}\n", "ndjson"), (f" [\n{GOOD}]\n", "json")):
        accounts, refused, sheet = read(text)
        assert accounts.select("row", "line", "name").rows() == [(1, 2, "Acme")]
        assert (sheet.format, sheet.encoding, sheet.dialect, sheet.worksheet) == (name, "utf-8", None, None)
        assert refused.is_empty()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_records_are_read_in_any_encoding(read: Callable[..., Any], codec: str) -> None:
    text = json.dumps([{"Company": "Müller & Söhne", "City": "Köln"}] * 3, ensure_ascii=False)
    accounts, _, _ = read(text.encode(codec))

    assert accounts.select("name", "city").row(0) == ("Müller & Söhne", "Köln")


def test_a_header_that_looks_like_json_is_a_header(read: Callable[..., Any]) -> None:
    assert read("[Company],City\nAcme,Bonn\n", columns={"name": "[Company]"})[2].format == "csv"
    assert read("{Company},City\nAcme,Bonn\n", columns={"name": "{Company}"})[2].format == "csv"


def test_the_name_of_a_file_tells_json_where_its_beginning_does_not(
    refusal: Callable[..., IngestError], read: Callable[..., Any]
) -> None:
    assert refusal('[1, "a"]', name="list.json").code == "bad_json"
    assert read("[1],Company\nx,Acme\n", name="list.csv")[2].format == "csv"


def test_numbers_stand_as_they_are_written_truths_as_in_a_spreadsheet(read: Callable[..., Any]) -> None:
    accounts, _, _ = read(
        '{"Company":"A","a":1.50,"b":12345678901234567890123,"c":1e5,"d":true,"e":false,"f":null,"g":NaN}',
        attributes=dict(zip("tuvwxyz", "abcdefg", strict=True)),
    )

    assert accounts.select(*"tuvwxyz").row(0) == (
        "1.50",
        "12345678901234567890123",
        "1e5",
        "TRUE",
        "FALSE",
        None,
        "NaN",
    )


def test_keys_are_gathered_from_the_first_mebibyte(read: Callable[..., Any]) -> None:
    lines = [GOOD] * 1000 + ['{"Website": "b.com", "Company": "Beta", "Extra": 1}']
    accounts, refused, sheet = read("\n".join(lines))

    assert sheet.headers == ["Company", "Website", "Extra"]
    assert accounts.select("name", "website").row(-1) == ("Beta", "b.com")
    assert refused.is_empty()


def test_a_key_that_comes_later_refuses_its_row_if_it_would_have_been_a_column(
    read: Callable[..., Any],
) -> None:
    lines = [json.dumps({"Company": "x" * 1000})] * 1100
    lines += ['{"Company": "Beta", "Shoe size": 44}', '{"Company": "Gamma", "Web site": "g.com"}']
    accounts, refused, _ = read("\n".join(lines))

    assert accounts["name"].to_list()[-1] == "Beta"
    assert refused.select("line", "column", "reason").rows() == [(1102, "Web site", "unexpected_key")]


@pytest.mark.parametrize(
    ("record", "reason", "column"),
    [
        ('{"Company": ["Acme"]}', "nested_value", "Company"),
        ('{"Company": {"name": "Acme"}}', "nested_value", "Company"),
        ("[1]", "bad_record", None),
        ("7", "bad_record", None),
        ('{"Company": "\\ud800"}', "bad_record", None),
        ('{"Company": "A\\u0000"}', "nul_byte", "Company"),
        ('{"Company": "A\\u0001"}', "control_character", "Company"),
        (json.dumps({"Company": "x" * 50}), "field_too_long", "Company"),
        (json.dumps({"Company": "x", "Other": "y" * 200}), "line_too_long", None),
        ('{"x":' * 20 + "1" + "}" * 20, None, None),
    ],
)
@pytest.mark.parametrize("shape", ["{0}\n{1}\n{0}\n", "[{0},\n{1},\n{0}]"])
def test_a_bad_record_is_refused_and_its_neighbours_are_kept(
    read: Callable[..., Any], record: str, reason: str | None, column: str | None, shape: str
) -> None:
    accounts, refused, _ = read(shape.format(GOOD, record), limits=Limits(field=40, line=200))

    if reason is None:
        assert accounts.height == 3, "what is nested where no column is kept is nobody's business"
        return
    assert accounts.select("row", "line").rows() == [(1, 1), (3, 3)]
    assert refused.select("row", "line", "column", "reason").rows() == [(2, 2, column, reason)]
    assert record.encode("utf-8", "replace").decode().startswith(refused["text"][0])


def test_a_line_that_is_no_json_is_refused_by_itself(read: Callable[..., Any]) -> None:
    accounts, refused, _ = read(f"{GOOD}\nnope\n{{'Company': 'x'}}\n{GOOD}\n{{\n")

    assert accounts["line"].to_list() == [1, 4]
    assert refused.select("line", "reason", "text").rows() == [
        (2, "bad_record", "nope"),
        (3, "bad_record", "{'Company': 'x'}"),
        (5, "bad_record", "{"),
    ]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("shape", ["{0}\n{1}\n{0}\n", "[{0},\n{1},\n{0}]"])
def test_a_record_nested_a_hundred_thousand_deep_is_refused_by_itself(
    read: Callable[..., Any], opening: str, shape: str
) -> None:
    closing = "]" if opening == "[" else "}"
    deep = opening * 10_000 + "1" + closing * 10_000
    accounts, refused, _ = read(shape.format(GOOD, deep))

    assert accounts["line"].to_list() == [1, 3]
    assert refused.select("line", "reason").rows() == [(2, "bad_record")]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (f"[{GOOD},\n{GOOD}", 2, "ends early"),
        (f"[{GOOD},\n", 2, "no value"),
        (f"[{GOOD}\n{GOOD}]", 2, "neither a comma"),
        (f"[{GOOD},\n]", 2, "no value"),
        (f"[{GOOD}]\n\n[1]", 3, "something else follows"),
        (f"[{GOOD},\n\n{{'Company': 1}}]", 3, "no JSON"),
        (f'[{GOOD},\n\n{{"Company": "Beta}}]', 3, "ends early"),
        ('[{"a"', 1, "ends early"),
    ],
)
def test_an_array_that_breaks_refuses_the_file_and_names_the_line(
    refusal: Callable[..., IngestError], text: str, line: int, what: str
) -> None:
    error = refusal(text)

    assert (error.code, error.line) == ("bad_json", line)
    assert what in error.what
    assert "one array of objects" in error.mend


@pytest.mark.parametrize("part", range(1, 16))
def test_a_truncated_array_refuses_the_file_wherever_it_ends(
    refusal: Callable[..., IngestError], part: int
) -> None:
    data = json.dumps([{"Company": f"C{n}", "Website": f"c{n}.com"} for n in range(2_000)])

    assert refusal(data[: len(data) * part // 16]).code == "bad_json"


@pytest.mark.parametrize(
    ("text", "code"), [("[]", "no_data_rows"), ("{}\n", "bad_json"), ("[1]", "bad_json")]
)
def test_records_without_any_key_refuse_the_file(
    refusal: Callable[..., IngestError], text: str, code: str
) -> None:
    assert refusal(text, name="list.json").code == code


def test_keys_that_look_alike_are_refused_as_headers_are(refusal: Callable[..., IngestError]) -> None:
    assert refusal('{"Name": "a", " Name": "b"}').code == "duplicate_header"
    assert refusal('{"Company": "a", "": "b"}').code == "bad_header"
    many = json.dumps({f"k{n}": n for n in range(201)})
    assert refusal(many).code == "too_many_columns"


def test_more_records_than_rows_may_be_refuse_the_file(refusal: Callable[..., IngestError]) -> None:
    assert refusal(f"{GOOD}\n" * 11, limits=Limits(rows=10)).code == "too_many_rows"
    assert refusal(f"[{','.join([GOOD] * 11)}]", limits=Limits(rows=10)).code == "too_many_rows"


class Pieces(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream, self._size = io.BytesIO(data), size

    def read(self, _size: int = -1) -> bytes:
        return self._stream.read(self._size)


@pytest.mark.parametrize("array", [True, False])
def test_records_lie_across_the_edges_of_blocks(array: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setattr("service.ingest.source.BLOCK", 7)
    records = [{"Company": f'C{n}"\\[]{{}}é', "Website": f"c{n}.com"} for n in range(60)]
    text = json.dumps(records, indent=1) if array else "\n".join(map(json.dumps, records))
    accounts, refused, _ = read_accounts(Pieces(text.encode(), 5))

    assert accounts["name"].to_list() == [f'C{n}"\\[]{{}}é' for n in range(60)]
    assert refused.is_empty()


def test_a_sheet_of_records_tells_its_columns_before_rows_are_read() -> None:
    sheet = open_sheet(io.BytesIO(b'{"Company":"Acme","Shoe size":44}\n'))

    assert sheet.mapping == {"name": "Company"}
    assert sheet.unmapped == ["Shoe size"]
