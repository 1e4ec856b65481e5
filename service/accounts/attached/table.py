"""Tables of records at accounts, and how their history is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from service.accounts.rows import speaks_of
from service.imports.models import ImportKind
from service.ingest.kinds import NAMES_ACCOUNT

SPEAKS_OF_ACCOUNT: Final = pl.any_horizontal(speaks_of(field) for field in NAMES_ACCOUNT)
"""Whether a record of the API says whose it is."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of such records.

    `columns` are those that an import may set beside external id and account, with their types; `image` is SQL of what the
    history keeps of a row `a`; rows of `incoming` are only taken for the same as what is stored where `same` holds.
    """

    name: str
    kind: ImportKind
    columns: Mapping[str, str]
    image: str = "to_jsonb(a) - 'org_id'"
    same: str = "true"
    more: Mapping[str, str] = field(default_factory=dict)
    """Columns of `incoming` that are none of the table."""
    sealed: tuple[str, ...] = ()
    """Columns (bytea) that the history keeps as they are, beside the image."""
    spoken: Mapping[str, pl.Expr] = field(default_factory=dict)
    """Columns that follow from other fields than that of their own name → whether a record of the API speaks of them."""

    @property
    def stored(self) -> tuple[str, ...]:
        """Columns that an import may set, the sealed ones too."""
        return (*self.columns, *self.sealed)

    @property
    def incoming(self) -> dict[str, str]:
        first = {"id": "uuid", "new_id": "uuid", "identity": 'text COLLATE "C"', "digest": "bytea"}
        return {
            **first,
            "external_id": "text",
            "account_id": "uuid",
            **self.columns,
            **dict.fromkeys(self.sealed, "bytea"),
            **self.more,
        }


def keep_history(table: Table, change: str, rows: str, *, by: str = "$2") -> str:
    """SQL that keeps what `rows` (rows `a`, with their conditions) are now, as changed by the import that stands in the place `by`."""
    names = "".join(f", {name}" for name in table.sealed)
    values = "".join(f", a.{name}" for name in table.sealed)
    return (
        f"INSERT INTO record_history (org_id, record_id, import_id, kind, change, before, changed_at{names}) "
        f"SELECT a.org_id, a.id, {by}, '{table.kind.value}', '{change}', {table.image}, clock_timestamp(){values} FROM {rows}"
    )
