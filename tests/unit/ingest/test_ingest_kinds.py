"""A list may be about any kind of record, and carry columns that no kind knows."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from service.ingest import IngestError, RecordKind
from service.matching.records import ACCOUNT_FIELDS

DEALS = RecordKind("deal", "deal", ("external_id", "owner", "status"), ("external_id",), "headers.csv")
"""Its spellings are those of accounts, as far as it has the fields."""


def test_another_kind_of_record_has_its_own_columns(read: Callable[..., Any]) -> None:
    deals, refused, sheet = read("Owner,Name,Account ID\nAda,Acme,7\n", kind=DEALS)

    assert deals.schema == pl.Schema(
        {
            "row": pl.UInt32,
            "line": pl.UInt32,
            "external_id": pl.String,
            "owner": pl.String,
            "status": pl.String,
        }
    )
    assert deals.rows() == [(1, 2, "7", "Ada", None)]
    assert refused.is_empty()
    assert sheet.mapping == {"external_id": "Account ID", "owner": "Owner"}
    assert sheet.unmapped == ["Name"], "a spelling of a field that this kind lacks means nothing to it"


def test_a_file_without_a_key_of_its_kind_is_refused_in_its_words(
    refusal: Callable[..., IngestError],
) -> None:
    error = refusal("Name,Owner\nAcme,Ada\n", kind=DEALS)

    assert error.code == "no_key_column"
    assert "no column names a deal" in error.what
    assert "external_id=Name (fields that name a deal: external_id)" in error.mend


def test_an_empty_file_is_refused_in_the_words_of_its_kind(refusal: Callable[..., IngestError]) -> None:
    assert "then one line a deal" in refusal(b"", kind=DEALS).mend
    assert "then one line a deal" in refusal(b"\n\n", kind=DEALS).mend


def test_a_field_that_the_kind_lacks_is_unknown(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Account ID,Name\n7,Acme\n", kind=DEALS, columns={"name": "Name"})

    assert error.code == "unknown_field"
    assert error.mend == "The fields are: external_id, owner, status."


def test_control_characters_are_refused_in_the_key_fields_of_the_kind(read: Callable[..., Any]) -> None:
    deals, refused, _ = read("Account ID,Owner\n7,A\x01da\n8\x01,Bob\n", kind=DEALS)

    assert deals["owner"].to_list() == ["A\x01da"]
    assert refused.select("line", "column", "reason").rows() == [(3, "Account ID", "control_character")]


@pytest.mark.parametrize("odd", ["", 'x" y'])
def test_attributes_follow_the_fields_as_text(read: Callable[..., Any], odd: str) -> None:
    accounts, _, sheet = read(
        f"Tier,Company,Region,Notes\n 1 ,Acme,EMEA,{odd}\n,Beta,,\n",
        attributes={"region": "region", "tier": "Tier"},
    )

    assert accounts.columns == ["row", "line", *ACCOUNT_FIELDS, "region", "tier"]
    assert accounts.select("name", "region", "tier").rows() == [("Acme", "EMEA", "1"), ("Beta", None, None)]
    assert sheet.attributes == {"region": "Region", "tier": "Tier"}
    assert sheet.mapping == {"name": "Company"}
    assert sheet.unmapped == ["Notes"]


def test_an_attribute_takes_its_column_from_recognition(read: Callable[..., Any]) -> None:
    accounts, _, sheet = read("Company,Industry\nAcme,Steel\n", attributes={"branch": "Industry"})

    assert accounts.select("industry", "branch").row(0) == (None, "Steel")
    assert sheet.mapping == {"name": "Company"}


def test_an_attribute_longer_than_a_field_may_be_refuses_its_row(read: Callable[..., Any]) -> None:
    accounts, refused, _ = read(f"Company,Memo\nAcme,{'x' * 5000}\nBeta,y\n", attributes={"memo": "Memo"})

    assert accounts.select("name", "memo").rows() == [("Beta", "y")]
    assert refused.select("column", "reason").rows() == [("Memo", "field_too_long")]


def test_an_attribute_without_its_column_refuses_the_file(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company\nAcme\n", attributes={"tier": "Tier"})

    assert error.code == "unknown_header"
    assert "no column 'Tier' for tier" in error.what


def test_a_column_cannot_be_a_field_and_an_attribute(refusal: Callable[..., IngestError]) -> None:
    error = refusal("Company,Web\nA,b\n", columns={"name": "Company"}, attributes={"trade": "Company"})

    assert error.code == "duplicate_header"
    assert "given to both name and trade" in error.what


@pytest.mark.parametrize("slug", ["name", "row", "line"])
def test_an_attribute_called_like_a_field_is_a_mistake_of_the_program(
    read: Callable[..., Any], slug: str
) -> None:
    with pytest.raises(ValueError, match=f"cannot be called '{slug}'"):
        read("Company,Tier\nAcme,1\n", attributes={slug: "Tier"})
