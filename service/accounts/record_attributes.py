"""Custom attributes in records of the API: what JSON says → values of the types that were defined. Pure.

Each value stands for itself: no other record says how it is to be read. Numbers of JSON, and amounts as accounts show them, have a point
before their decimals; texts are read as in a file.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from service.accounts.columns import OWN_KEYS
from service.accounts.models import AccountAttribute
from service.imports.attributes import PREFIX
from service.ingest.refusals import Fault, RowReason, nested_value
from service.ingest.values import AttributeType, Hints, read_attributes

FIELD: Final = "attributes"
_POINT: Final = Hints(decimal_marks=frozenset("."))
_MONEY: Final = frozenset({"amount", "currency"})
_Said = dict[str, str | None]
"""Key → JSON of the value; None where the record empties it."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A value as a file would have it; `hints` settle what may be read in two ways."""

    text: str
    hints: Hints


def read_spoken(
    records: Sequence[Mapping[str, Any]], defined: Mapping[str, AccountAttribute]
) -> list[_Said | Fault]:
    """What each record says under `attributes`, or why it is refused; `defined` are the organization's, by key."""
    found = [_texts(record.get(FIELD, {}), defined) for record in records]
    said: list[_Said | Fault] = [
        one if isinstance(one, Fault) else dict[str, str | None].fromkeys(one) for one in found
    ]
    places: dict[tuple[str, Hints], dict[int, str]] = defaultdict(dict)
    for at, texts in enumerate(found):
        for key, value in () if isinstance(texts, Fault) else texts.items():
            if value is not None:
                places[key, value.hints][at] = value.text
    for (key, hints), texts_at in places.items():
        attribute = defined[key]
        column = pl.Series(list(texts_at.values()), dtype=pl.String)
        read = read_attributes(column, attribute.type, hints, currency=attribute.currency)
        for at, json, fault in zip(texts_at, read.values["json"], read.faults, strict=True):
            row = said[at]
            if isinstance(row, Fault):
                continue
            row[key] = json
            if fault is not None:
                said[at] = _unreadable(attribute, fault)
    return said


def columns_of(said: Sequence[_Said | Fault]) -> dict[str, list[str | None]]:
    """Columns with what each record says: each key's value, `attributes` as they are to be, and the keys that it speaks of; none where
    nobody speaks of any.
    """
    rows = [{} if isinstance(row, Fault) else row for row in said]
    if not (keys := sorted({key for row in rows for key in row})):
        return {}
    return {
        **{PREFIX + key: [row.get(key) for row in rows] for key in keys},
        FIELD: [_object(row) for row in rows],
        OWN_KEYS: ["{" + ",".join(row) + "}" for row in rows],
    }


def plain_text(value: str | float | bool) -> str:  # noqa: FBT001 - what JSON says
    """As a file has it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)


def _object(row: _Said) -> str:
    return "{" + ",".join(f'"{key}":{json}' for key, json in row.items() if json is not None) + "}"


def _texts(given: Any, defined: Mapping[str, AccountAttribute]) -> dict[str, _Text | None] | Fault:
    if not isinstance(given, dict):
        return Fault(
            RowReason.UNREADABLE_VALUE,
            'attributes: write an object of keys and values, such as {"tier": "gold"}; null as the value of a key empties that one.',
            FIELD,
        )
    found: dict[str, _Text | None] = {}
    for key, value in given.items():
        if key not in defined:
            return _unknown(key[:100], defined)
        text = _text(defined[key], value)
        if isinstance(text, Fault):
            return text
        found[key] = text
    return found


def _text(attribute: AccountAttribute, value: Any) -> _Text | Fault | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _Text(value, Hints())
    if isinstance(value, dict) and attribute.type is AttributeType.MONEY and "amount" in value:
        amount, currency = value["amount"], value.get("currency")
        plain = isinstance(amount, str | int | float) and isinstance(currency, str | None)
        if plain and set(value) <= _MONEY and not isinstance(amount, bool):
            return _Text(f"{plain_text(amount)} {currency or ''}", _POINT)
    if isinstance(value, dict | list):
        return nested_value(f"{FIELD}.{attribute.key}")
    return _Text(plain_text(value), _POINT)


def _unknown(key: str, defined: Mapping[str, AccountAttribute]) -> Fault:
    there = f"Use one of {', '.join(sorted(defined))}" if defined else "None is defined yet"
    return Fault(
        RowReason.UNKNOWN_ATTRIBUTE,
        f"there is no attribute '{key}'. {there}, or bring it with a file first, whose column is kept as attribute:{key}.",
        f"{FIELD}.{key}",
    )


def _unreadable(attribute: AccountAttribute, fault: str) -> Fault:
    kind = attribute.type.value + (f" in {attribute.currency}" if attribute.currency else "")
    message = (
        f"the attribute '{attribute.key}' is of the type {kind}: {fault[:-1]}, or null, which empties it."
    )
    return Fault(RowReason.UNREADABLE_VALUE, message, f"{FIELD}.{attribute.key}")
