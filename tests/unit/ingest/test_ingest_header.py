"""Which header is which account field."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from service.ingest import IngestError, read_accounts
from service.matching.records import ACCOUNT_FIELDS


def mapping(read: Callable[..., Any], header: str, **options: Any) -> Any:
    """How a list with this comma-separated header is mapped."""
    values = ",".join("x" for _ in header.split(","))
    sheet = read(f"{header}\n{values}\n", **options)[2]
    return sheet.mapping


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Company", "name"), ("Company Name", "name"), ("Account Name", "name"), ("Account", "name"),
        ("Organisation", "name"), ("Organization", "name"), ("Firma", "name"), ("Unternehmen", "name"),
        ("Name", "name"), ("Société", "name"), ("Entreprise", "name"), ("Empresa", "name"),
        ("Website", "website"), ("Web", "website"), ("Domain", "website"), ("URL", "website"),
        ("Homepage", "website"), ("Webseite", "website"), ("Company Domain Name", "website"),
        ("Country", "country"), ("Land", "country"), ("Billing Country", "country"), ("Pays", "country"), ("País", "country"),
        ("City", "city"), ("Stadt", "city"), ("Ort", "city"), ("Billing City", "city"), ("Ville", "city"), ("Ciudad", "city"),
        ("Industry", "industry"), ("Branche", "industry"), ("Sector", "industry"),
        ("Employees", "employees"), ("No. of Employees", "employees"), ("Mitarbeiter", "employees"),
        ("Annual Revenue", "revenue"), ("Umsatz", "revenue"),
        ("Status", "status"), ("Account Status", "status"), ("Type", "status"), ("Lifecycle Stage", "status"),
        ("Owner", "owner"), ("Account Owner", "owner"), ("Email", "email"), ("E-Mail", "email"),
        ("LinkedIn", "linkedin"), ("LinkedIn URL", "linkedin"), ("LEI", "lei"), ("VAT", "vat"), ("VAT Number", "vat"),
        ("USt-IdNr", "vat"), ("DUNS", "duns"), ("SIREN", "siren"), ("Account ID", "external_id"),
        ("Record ID", "external_id"), ("CRM ID", "external_id"), ("External ID", "external_id"),
        ("  COMPANY_name ", "name"), ("no of employees", "employees"), ("SOCIETE", "name"), ("billing-country", "country"),
    ],
)  # fmt: skip
def test_a_header_is_recognised_whatever_its_case_spaces_and_punctuation(
    read: Callable[..., Any], header: str, field: str
) -> None:
    other = "Website" if field == "name" else "Company"

    assert mapping(read, f"{header},{other}")[field] == " ".join(header.split())


@pytest.mark.parametrize("field", ACCOUNT_FIELDS)
def test_the_name_of_every_account_field_is_recognised_as_itself(
    read: Callable[..., Any], field: str
) -> None:
    assert mapping(read, f"{field},Website" if field == "name" else f"{field},Company")[field] == field


def test_the_more_specific_of_two_headers_wins_and_the_other_is_listed(read: Callable[..., Any]) -> None:
    sheet = read("Name,Domain,Account Name,Website,Extra\na,b,c,d,e\n")[2]

    assert sheet.mapping == {"name": "Account Name", "website": "Website"}
    assert sheet.unmapped == ["Name", "Domain", "Extra"]


def test_of_two_spellings_alike_the_first_column_wins(read: Callable[..., Any]) -> None:
    accounts, _, sheet = read("Company,COMPANY\na,b\n")

    assert accounts["name"].to_list() == ["a"]
    assert sheet.unmapped == ["COMPANY"]


def test_a_mapping_overrides_recognition_and_leaves_the_rest_to_it(read: Callable[..., Any]) -> None:
    accounts, _, sheet = read("Company,Trade name,URL\na,b,c\n", columns={"name": "Trade name"})

    assert sheet.mapping == {"name": "Trade name", "website": "URL"}
    assert sheet.unmapped == ["Company"]
    assert accounts["name"].to_list() == ["b"]


def test_a_mapping_may_differ_in_case_and_punctuation(read: Callable[..., Any]) -> None:
    assert mapping(read, "Trade Name,URL", columns={"name": "trade-name"})["name"] == "Trade Name"


def test_a_column_that_a_mapping_took_is_not_recognised_again(read: Callable[..., Any]) -> None:
    assert mapping(read, "Company,Account", columns={"owner": "Account"}) == {
        "name": "Company",
        "owner": "Account",
    }


def test_an_unknown_field_lists_the_fields(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company\nAcme\n", columns={"nmae": "Company"})

    assert error.code == "unknown_field"
    assert "no field 'nmae'" in error.what
    assert all(field in error.mend for field in ACCOUNT_FIELDS)


@pytest.mark.parametrize("wanted", ["Compny", "Company#2", "#", ""])
def test_an_unknown_header_lists_the_headers(refusal: Callable[..., IngestError], wanted: str) -> None:
    error = refusal("Company,City\nAcme,Bonn\n", columns={"name": wanted})

    assert error.code == "unknown_header"
    assert f"no column '{wanted}' for name" in error.what
    assert "'Company', 'City'" in error.mend


def test_one_column_for_two_fields_is_refused(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company,City\nAcme,Bonn\n", columns={"name": "Company", "website": "Company"})

    assert error.code == "duplicate_header"
    assert "'Company' is given to both name and website" in error.what


@pytest.mark.parametrize("header", ["Name,Name", "Company,Notes,Notes"])
def test_duplicate_headers_refuse_the_file_and_say_how_to_settle_them(
    refusal: Callable[..., IngestError], header: str
) -> None:
    error = refusal(f"{header}\n{header}\n")

    assert (error.code, error.line) == ("duplicate_header", 1)
    twice = header.rsplit(",", 1)[1]
    assert f"2 columns are called '{twice}'" in error.what
    settled = f"name={twice}#2 for the second" if twice == "Name" else f"'{twice}' is then left out"
    assert settled in error.mend


def test_a_mapping_that_is_ambiguous_is_refused_with_the_choices(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Name,Name\na,b\n", columns={"name": "Name"})

    assert error.code == "duplicate_header"
    assert "Say which one: name=Name#1 or name=Name#2" in error.mend


@pytest.mark.parametrize(("number", "value"), [(1, "a"), (2, "b"), (3, "c")])
def test_a_number_selects_among_columns_of_one_name(
    read: Callable[..., Any], number: int, value: str
) -> None:
    accounts, _, sheet = read("Name,Name,Name\na,b,c\n", columns={"name": f"Name#{number}"})

    assert accounts["name"].to_list() == [value]
    assert sheet.unmapped == ["Name", "Name"]


def test_duplicates_of_a_field_that_the_mapping_leaves_open_are_refused(
    refusal: Callable[..., IngestError],
) -> None:
    error = refusal("Company,URL,URL\na,b,c\n", columns={"name": "Company"})

    assert error.code == "duplicate_header"
    assert "website=URL#1" in error.mend


def test_duplicates_that_no_field_wants_are_settled_by_any_mapping(read: Callable[..., Any]) -> None:
    assert mapping(read, "Company,Notes,Notes", columns={"name": "Company"}) == {"name": "Company"}


def test_a_header_with_a_number_sign_of_its_own_is_found_as_it_stands(read: Callable[..., Any]) -> None:
    assert mapping(read, "Name#2,URL", columns={"name": "Name#2"})["name"] == "Name#2"


def test_a_column_without_a_name_refuses_the_file(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company,,City\na,b,c\n")

    assert (error.code, error.line) == ("bad_header", 1)
    assert "column 2 has no name" in error.what
    assert "Name it in the header line or delete the column" in error.mend


def test_a_nul_in_the_header_refuses_the_file(refusal: Callable[..., IngestError]) -> None:
    error = refusal("\n\nComp\x00any,City\na,b\n")

    assert (error.code, error.line) == ("bad_header", 3)
    assert "column 1 holds the character U+0000" in error.what


def test_text_after_a_closing_quote_in_the_header_refuses_the_file(
    refusal: Callable[..., IngestError],
) -> None:
    error = refusal('"Company"x,City\na,b\n')

    assert (error.code, error.line) == ("bad_header", 1)
    assert "column 1 has text after its closing quote" in error.what


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_header_above_the_line_cap_refuses_the_file(refusal: Callable[..., IngestError], size: int) -> None:
    error = refusal("Company," + "x" * size + "\na,b\n")

    assert (error.code, error.line) == ("bad_header", 1)
    assert "limit 'line' of 65536" in error.what
    assert "Check that the file has line ends" in error.mend


def test_a_line_break_in_a_quoted_header_counts_as_a_space(read: Callable[..., Any]) -> None:
    accounts, _, sheet = read('Company,"No. of\nEmployees"\nAcme,7\n')

    assert sheet.mapping["employees"] == "No. of Employees"
    assert accounts["line"].to_list() == [3]


def test_the_mapping_is_in_the_order_of_the_fields(read: Callable[..., Any]) -> None:
    assert list(mapping(read, "City,Company,ID")) == ["external_id", "name", "city"]


def test_many_rows_with_a_nul_are_refused_row_by_row_and_not_taken_for_utf_16() -> None:
    content = (
        b"Company,Website\n"
        + b"A Company With A Long\x00 Name,along-name-here.de\n" * 200
        + b"Good Firm,good.de\n" * 5
    )
    accounts, refused, sheet = read_accounts(io.BytesIO(content))
    assert (sheet.encoding, accounts.height, refused.height) == ("utf-8", 5, 200)
