"""Records of the API → rows as a file has them: what JSON says as text, and which fields each record speaks of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

import polars as pl

from service.ingest import ACCOUNTS, Batch, Limits, Selection
from service.ingest.refusals import Fault, RowReason, nested_value
from service.ingest.rows import Harvest, Layout

FIELDS: Final = ACCOUNTS.fields
LISTS: Final = frozenset({"alias_domains", "alias_names"})
"""Fields that hold several values: a list in JSON, parts between semicolons in a file."""
_ALWAYS: Final = ("external_id", "name")
"""Columns that a frame has whatever the records say."""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """`batch` has a row a record (`row` from 1) and `said`, the fields that it speaks of; `fields` are those of all records."""

    batch: Batch
    fields: tuple[str, ...]

    @property
    def headers(self) -> Mapping[str, str]:
        return {field: field for field in self.fields}


def read_records(records: Sequence[Mapping[str, Any]]) -> Records:
    """Check and convert; a record that is wrong is refused by itself. Heavy: for a thread."""
    fields = [field for field in FIELDS if any(field in record for record in records)]
    columns = [*fields, *(field for field in _ALWAYS if field not in fields)]
    selection = Selection(ACCOUNTS, {field: at for at, field in enumerate(columns)})
    layout = Layout(columns, selection, Limits(), disarmed=False)
    harvest, said = Harvest(layout), []
    for row, record in enumerate(records, start=1):
        found = _texts(record)
        if isinstance(found, Fault):
            harvest.refuse(row, row, found, _shown(record))
        else:
            harvest.keep(row, row, [found.get(field) for field in columns], partial(_shown, record))
        said.append(",".join(field for field in fields if field in record and field != "external_id"))
    batch = harvest.batch()
    spoken = pl.DataFrame(
        {"row": range(1, len(said) + 1), "said": said}, schema={"row": pl.UInt32, "said": pl.String}
    )
    frame = batch.frame.join(spoken, on="row", how="left", maintain_order="left")
    return Records(Batch(frame, batch.refused), tuple(fields))


def _texts(record: Mapping[str, Any]) -> dict[str, str | None] | Fault:
    unknown = next((name for name in record if name not in FIELDS), None)
    if unknown is not None:
        shown = unknown[:100]
        return Fault(
            RowReason.UNKNOWN_FIELD,
            f"an account has no field '{shown}'. Leave it out, or use one of {', '.join(FIELDS)}.", shown,
        )  # fmt: skip
    found: dict[str, str | None] = {}
    for name, value in record.items():
        text = _text(name, value)
        if isinstance(text, Fault):
            return text
        found[name] = text
    return found


def _text(name: str, value: Any) -> str | Fault | None:
    if isinstance(value, list) and name in LISTS:
        parts = [_text(name, part) if not isinstance(part, list) else nested_value(name) for part in value]
        fault = next((part for part in parts if isinstance(part, Fault)), None)
        return fault or "; ".join(part for part in parts if isinstance(part, str) and part)
    if isinstance(value, list | dict):
        return nested_value(name)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return None if value is None else str(value)


def _shown(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)
