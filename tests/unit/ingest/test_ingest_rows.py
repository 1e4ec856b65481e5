"""What a batch holds, and what refuses one row but not its neighbours."""

from collections.abc import Callable
from typing import Any

import pytest

from service.ingest import ACCOUNT_SCHEMA, REFUSED_SCHEMA, Limits, RowReason
from service.matching.records import ACCOUNT_FIELDS

GOOD = "Acme,acme.com\n"


def refused(read: Callable[..., Any], text: str, **options: Any) -> Any:
    """The only refused row of a list whose first and last rows are good."""
    accounts, rows, _ = read(f"Company,Website\n{GOOD}{text}{GOOD}".encode(), **options)
    assert accounts["name"].to_list() == ["Acme", "Acme"], "the good rows on both sides are kept"
    assert accounts["row"].to_list() == [1, 3], "a refused row counts as a row"
    (row,) = rows.rows(named=True)
    assert row["line"] == 3
    assert row["message"].startswith("line 3: ")
    return row


def test_frames_carry_row_line_and_every_account_field_in_order(read: Callable[..., Any]) -> None:
    accounts, refused_rows, _ = read("Company,Website\nAcme,acme.com\n")

    assert accounts.columns == ["row", "line", *ACCOUNT_FIELDS]
    assert accounts.schema == ACCOUNT_SCHEMA
    assert refused_rows.schema == REFUSED_SCHEMA
    assert accounts.row(0, named=True) == dict.fromkeys(ACCOUNT_FIELDS) | {
        "row": 1,
        "line": 2,
        "name": "Acme",
        "website": "acme.com",
    }


def test_values_are_stripped_and_empty_ones_are_null(read: Callable[..., Any]) -> None:
    accounts, _, _ = read('Company,Website,City\n  Acme\u00a0,"",   \n')

    assert accounts.select("name", "website", "city").row(0) == ("Acme", None, None)


@pytest.mark.parametrize(
    "value",
    [
        "=cmd|'/C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\uff1d1+1",
        "<script>alert(1)</script>",
        "\u202eevil",
        "a\u0300\u0301",
    ],
)
def test_values_stay_as_they_stand(read: Callable[..., Any], value: str) -> None:
    accounts, _, _ = read(f"Company\n{value}\n")

    assert accounts["name"].to_list() == [value]


def test_quoted_values_may_hold_delimiters_quotes_and_line_ends(read: Callable[..., Any]) -> None:
    accounts, _, _ = read('Company,City\n"Acme, ""the"" Inc","New\nYork"\nBeta,Bonn\n')

    assert accounts.select("row", "line", "name", "city").rows() == [
        (1, 2, 'Acme, "the" Inc', "New\nYork"),
        (2, 4, "Beta", "Bonn"),
    ]


def test_a_quote_inside_an_unquoted_value_is_a_character(read: Callable[..., Any]) -> None:
    accounts, rows, _ = read('Company,City\n5" Pipes,Bonn\nJoe "the" Cook,Rome\n')

    assert accounts["name"].to_list() == ['5" Pipes', 'Joe "the" Cook']
    assert rows.is_empty()


def test_blank_lines_are_no_rows_but_count_as_lines(read: Callable[..., Any]) -> None:
    accounts, rows, sheet = read("Company,City\n\nAcme,Bonn\n\r\n  \nBeta,Rome\n\n")

    assert accounts.select("row", "line", "name").rows() == [(1, 3, "Acme"), (2, 6, "Beta")]
    assert rows.is_empty()
    assert sheet.summary.rows == 2


def test_a_line_of_delimiters_is_a_row_of_nothing(read: Callable[..., Any]) -> None:
    accounts, _, _ = read("Company,City\n,\nBeta,Rome\n")

    assert accounts.select("row", "name").rows() == [(1, None), (2, "Beta")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("final", ["", "end"])
def test_every_kind_of_line_end_is_read_with_or_without_the_last_one(
    read: Callable[..., Any], end: str, final: str
) -> None:
    text = end.join(["Company,City", "Acme,Bonn", '"Be,ta",Rome']) + (end if final else "")
    accounts, rows, _ = read(text)

    assert accounts.select("row", "line", "name", "city").rows() == [
        (1, 2, "Acme", "Bonn"),
        (2, 3, "Be,ta", "Rome"),
    ]
    assert rows.is_empty()


def test_mixed_line_ends_are_all_line_ends_and_unicode_separators_are_none(read: Callable[..., Any]) -> None:
    accounts, _, sheet = read("Company,City\rA,x\nB\u2028b,x\r\nC,\x0bx\x0c\n")

    assert accounts.select("line", "name").rows() == [(2, "A"), (3, "B\u2028b"), (4, "C")]
    assert sheet.dialect.line_end == "mixed"


def test_too_few_fields_refuse_the_row(read: Callable[..., Any]) -> None:
    row = refused(read, "Short\n")

    assert row["reason"] == "too_few_fields" == RowReason.TOO_FEW_FIELDS
    assert row["column"] is None
    assert "1 fields where the header has 2. Add the missing fields" in row["message"]
    assert row["text"] == "Short"


def test_too_many_fields_refuse_the_row(read: Callable[..., Any]) -> None:
    row = refused(read, "Long, Inc,long.com\n")

    assert row["reason"] == "too_many_fields"
    assert (
        "3 fields where the header has 2. Put values that contain the delimiter in double quotes"
        in row["message"]
    )


def test_a_nul_byte_refuses_the_row_and_names_the_column(read: Callable[..., Any]) -> None:
    row = refused(read, "Nul,n\x00.com\n")

    assert (row["reason"], row["column"]) == ("nul_byte", "Website")
    assert "Remove it" in row["message"]
    assert row["text"] == "Nul,n\x00.com"


@pytest.mark.parametrize("control", ["\x1f", "\x07", "\x7f", "\u0085"])
def test_a_control_character_in_a_key_column_refuses_the_row(read: Callable[..., Any], control: str) -> None:
    row = refused(read, f"Con{control}trol,c.com\n")

    assert (row["reason"], row["column"]) == ("control_character", "Company")
    assert f"U+{ord(control):04X}. Remove it" in row["message"]


def test_a_control_character_elsewhere_is_kept(read: Callable[..., Any]) -> None:
    accounts, rows, _ = read("Company,City,Other\nAcme,B\x07onn,\x01\n")

    assert accounts["city"].to_list() == ["B\x07onn"]
    assert rows.is_empty()


def test_a_long_field_refuses_the_row_with_column_limit_and_size(read: Callable[..., Any]) -> None:
    row = refused(read, f"{'x' * 4097},x.com\n")

    assert (row["reason"], row["column"]) == ("field_too_long", "Company")
    assert "holds 4097 bytes, the limit 'field' is 4096. Shorten" in row["message"]
    assert row["text"].endswith("x,x.com"), "the original text is whole"


def test_a_field_is_measured_in_bytes(read: Callable[..., Any]) -> None:
    assert refused(read, f"{'é' * 6},x.com\n", limits=Limits(field=11))["reason"] == "field_too_long"
    assert read(f"Company\n{'é' * 6}\n", limits=Limits(field=12))[1].is_empty()


def test_a_long_value_in_a_column_that_is_not_kept_is_no_matter(read: Callable[..., Any]) -> None:
    accounts, rows, _ = read(f"Company,Remarks\nAcme,{'x' * 5000}\n")

    assert accounts.height == 1
    assert rows.is_empty()


def test_a_line_above_the_cap_refuses_the_row_and_names_the_limit(read: Callable[..., Any]) -> None:
    row = refused(read, f"{'x' * 70_000},x.com\n")

    assert row["reason"] == "line_too_long"
    assert "limit 'line' of 65536 bytes. Shorten it" in row["message"]
    assert row["text"] == "x" * 500


def test_a_long_record_over_several_lines_names_the_last_one_and_suspects_the_quote(
    read: Callable[..., Any],
) -> None:
    text = f'Company,City\nAcme,Bonn\n"Open,Rome\n{"x,y" * 100}\n{"z" * 100}",b\nBeta,Rome\n'
    accounts, rows, _ = read(text, limits=Limits(line=200))

    assert accounts.select("row", "line").rows() == [(1, 2), (3, 6)]
    assert rows["reason"].to_list() == ["line_too_long"]
    assert "reaches to line 5: close the quote that is opened in it" in rows["message"][0]


def test_text_after_a_closing_quote_refuses_the_row(read: Callable[..., Any]) -> None:
    row = refused(read, '"Acme" Inc,acme.com\n')

    assert (row["reason"], row["column"]) == ("bad_quoting", "Company")
    assert 'Double the quotes that belong to the value ("")' in row["message"]
    assert row["text"] == '"Acme" Inc,acme.com'


def test_text_after_a_closing_quote_in_the_last_line_refuses_that_row_only(read: Callable[..., Any]) -> None:
    accounts, rows, _ = read('Company,City\nAcme,Bonn\nBeta,"Ro"me')

    assert accounts["name"].to_list() == ["Acme"]
    assert rows.select("row", "line", "column", "reason").rows() == [(2, 3, "City", "bad_quoting")]


def test_every_fault_of_a_list_is_reported_in_file_order(read: Callable[..., Any]) -> None:
    accounts, rows, sheet = read(f"Company,City\nA\nB,b\nC,c,c\n\nD\x00,d\n{'E' * 5000},e\nF,f\n")

    assert accounts["row"].to_list() == [2, 6]
    assert rows.select("row", "line", "reason").rows() == [
        (1, 2, "too_few_fields"),
        (3, 4, "too_many_fields"),
        (4, 6, "nul_byte"),
        (5, 7, "field_too_long"),
    ]
    assert (sheet.summary.rows, sheet.summary.kept, sheet.summary.refused) == (6, 2, 4)
    assert sheet.summary.reasons["nul_byte"] == 1


def test_an_odd_row_in_a_long_list_leaves_rows_and_lines_of_all_others_right(
    read: Callable[..., Any],
) -> None:
    lines = [f'"Company {n}","City, {n}"' for n in range(1, 30_001)]
    lines[20_000 - 1] = "ragged"
    lines[10 - 1] = '"two\nlines",x'
    accounts, rows, _ = read("Company,City\n" + "\n".join(lines))

    assert rows.select("row", "line").rows() == [(20_000, 20_002)]
    assert accounts.height == 29_999
    last = accounts.tail(1)
    assert last.select("row", "line", "name").rows() == [(30_000, 30_002, "Company 30000")]
    others = accounts.filter(accounts["row"] > 10)
    assert (others["line"] - others["row"]).unique().to_list() == [2]
