"""What a list is about: the canonical columns of a kind of record, and which of a file's columns give them."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from service.matching.records import ACCOUNT_FIELDS, KEY_FIELDS

PLACE = {"row": pl.UInt32, "line": pl.UInt32}
"""How every frame begins: 1-based data row, physical line on which the record starts."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record that files hold; `name` is for programs, `noun` what one record is called in messages.

    `fields` are the canonical columns in the order in which frames carry them. A file must have one of `key_fields`,
    and a control character in one of them refuses its row. The spellings of headers stand in `data/<headers>`, a CSV of
    field, spelling, language: the earlier a spelling stands, the better it fits.
    """

    name: str
    noun: str
    fields: tuple[str, ...]
    key_fields: tuple[str, ...]
    headers: str

    @property
    def a_record(self) -> str:
        """With its article."""
        return f"{'an' if self.name[0] in 'ao' else 'a'} {self.name}"


ACCOUNTS = RecordKind("account", "company", ACCOUNT_FIELDS, KEY_FIELDS, "headers.csv")
NAMES_ACCOUNT = ("account_external_id", "account_name", "account_domain")
"""Columns by which a contact or an opportunity says whose it is."""
CONTACTS = RecordKind(
    "contact", "contact",
    ("external_id", *NAMES_ACCOUNT, "name", "first_name", "last_name", "email", "phone", "mobile", "title", "department",
     "linkedin", "country", "city", "owner", "status", "consent", "source"),
    ("name", "last_name", "email"), "headers_contacts.csv",
)  # fmt: skip
OPPORTUNITIES = RecordKind(
    "opportunity", "opportunity",
    ("external_id", *NAMES_ACCOUNT, "name", "stage", "amount", "currency", "probability", "owner", "created",
     "expected_close", "closed", "outcome", "type", "next_step", "stage_history"),
    ("name", "external_id"), "headers_opportunities.csv",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns of a file that are kept: the position of each field and attribute that the file gives.

    `attributes` are further columns, under names of the caller's choosing; they follow the kind's fields as text.
    """

    kind: RecordKind
    positions: Mapping[str, int]
    attributes: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.kind.fields, *self.attributes)

    @property
    def schema(self) -> pl.Schema:
        return frame_schema(self.fields)


def frame_schema(fields: tuple[str, ...]) -> pl.Schema:
    """`row`, `line`, then every field as text or null."""
    return pl.Schema(PLACE | dict.fromkeys(fields, pl.String))
