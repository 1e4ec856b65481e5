"""Records of the API → rows as a file has them: what JSON says as text, and which fields and attributes each record speaks of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl

from service.accounts import record_attributes, record_stages
from service.accounts.models import AccountAttribute
from service.accounts.record_attributes import plain_text
from service.imports.attributes import PREFIX
from service.ingest import ACCOUNTS, Batch, Limits, Selection
from service.ingest.kinds import RecordKind
from service.ingest.refusals import Fault, RowReason, nested_value
from service.ingest.rows import Harvest, Layout

LISTS: Final = frozenset({"alias_domains", "alias_names"})
"""Fields that hold several values: a list in JSON, parts between semicolons in a file."""
_ALWAYS: Final = ("external_id", "name")
"""Columns that a frame has whatever the records say."""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """`batch` has a row a record (`row` from 1) and `said`, the fields that it speaks of; `fields` are those of all records.

    `attributes` are as they were defined when the values of any record were read.
    """

    batch: Batch
    fields: tuple[str, ...]
    attributes: Mapping[str, AccountAttribute]

    @property
    def headers(self) -> Mapping[str, str]:
        return {field: field for field in self.fields}


def speak_of_attributes(records: Sequence[Mapping[str, Any]]) -> bool:
    return any(record_attributes.FIELD in record for record in records)


def read_records(
    kind: RecordKind,
    records: Sequence[Mapping[str, Any]],
    attributes: Mapping[str, AccountAttribute] | None = None,
) -> Records:
    """Check and convert; a record that is wrong is refused by itself. Heavy: for a thread.

    `attributes` are those that are defined, by key, for accounts that speak of any.
    """
    defined = attributes or {}
    fields = [field for field in kind.fields if any(field in record for record in records)]
    columns = [*fields, *(field for field in _ALWAYS if field not in fields)]
    selection = Selection(kind, {field: at for at, field in enumerate(columns)})
    layout = Layout(columns, selection, Limits(), disarmed=False)
    harvest, said = Harvest(layout), list[str]()
    spoken = record_attributes.read_spoken(records if kind is ACCOUNTS else [{}] * len(records), defined)
    for row, (record, own) in enumerate(zip(records, spoken, strict=True), start=1):
        found = own if isinstance(own, Fault) else _texts(kind, record)
        if isinstance(found, Fault):
            harvest.refuse(row, row, found, _shown(record))
        else:
            harvest.keep(row, row, [found.get(field) for field in columns], partial(_shown, record))
        named = [field for field in fields if field in record and field != "external_id"]
        named += [] if isinstance(own, Fault) else [PREFIX + key for key in sorted(own)]
        said.append(",".join(named))
    batch = harvest.batch()
    more = record_attributes.columns_of(spoken)
    texts = dict.fromkeys(("said", *more), pl.String)
    beside = pl.DataFrame(
        {"row": range(1, len(said) + 1), "said": said, **more}, schema={"row": pl.UInt32, **texts}
    )
    frame = batch.frame.join(beside, on="row", how="left", maintain_order="left")
    keys = [column for column in more if column.startswith(PREFIX)]
    used = {key: defined[key] for key in (column.removeprefix(PREFIX) for column in keys)}
    return Records(Batch(frame, batch.refused), (*fields, *keys), used)


def fields_of(kind: RecordKind) -> tuple[str, ...]:
    """What a record of this kind may have."""
    return (*kind.fields, record_attributes.FIELD) if kind is ACCOUNTS else kind.fields


def _texts(kind: RecordKind, record: Mapping[str, Any]) -> dict[str, str | None] | Fault:
    unknown = next((name for name in record if name not in fields_of(kind)), None)
    if unknown is not None:
        shown = unknown[:100]
        return Fault(
            RowReason.UNKNOWN_FIELD,
            f"{kind.a_record} has no field '{shown}'. Leave it out, or use one of {', '.join(fields_of(kind))}.", shown,
        )  # fmt: skip
    found: dict[str, str | None] = {}
    for name, value in record.items():
        if name not in kind.fields:
            continue  # attributes
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
    if isinstance(value, list) and name == record_stages.FIELD:
        return record_stages.history_text(value)
    if isinstance(value, list | dict):
        return nested_value(name)
    return None if value is None else plain_text(value)


def _shown(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)
