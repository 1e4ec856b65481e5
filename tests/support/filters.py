"""Filters as a plain reading of their JSON has them: what the SQL made of one is measured against; and filters and rows by chance."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from service.accounts.filters import FIELDS, FieldType
from service.accounts.models import StandardPopulation

TEXTS: Final = (
    None, "Siemens AG", "siemens ag", "SIEMENS", "Ärzte", "ärzte", "100%", "1_0", "a'b\"c", "\\d", "", " ", "İ", "日本", "S", "$1", "2026-01-31", "5",
)  # fmt: skip
NUMBERS: Final = (None, -1, 0, 5, 51, 200, 1_000_000)
DAYS: Final = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
MOMENTS: Final = ("2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999999Z", "2026-02-01T01:00:00+01:00")
ATTRIBUTES: Final = (
    None, "A", "a", "2026-01-31", "2026-01-31T10:00:00Z", "2026-01-31x", 5, 5.5, -1, True, False,
    {"amount": "5", "currency": "EUR"}, {"amount": "1000000.50", "currency": None}, "5",
)  # fmt: skip
_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}  # fmt: skip


def holds(tree: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether the filter chooses an account with these values; `attributes` is a dict, `population` a set of slugs."""
    if "all" in tree:
        return all(holds(part, row) for part in tree["all"])
    if "any" in tree:
        return any(holds(part, row) for part in tree["any"])
    if "not" in tree:
        return not holds(tree["not"], row)
    field, op, wanted = tree["field"], tree["op"], tree.get("value", True)
    if op == "is_not":
        return not holds({**tree, "op": "is"}, row)
    if field == "population":
        return _of_population(row["population"], op, wanted)
    if field.startswith("attributes."):
        found = row["attributes"].get(field.removeprefix("attributes."))
        found = found if op == "is_set" else _alike(found, wanted, op)
    else:
        found = row[field]
    if op == "is_set":
        return (found is not None) is wanted
    return found is not None and _compares(found, op, wanted)


def _of_population(found: set[str], op: str, wanted: Any) -> bool:
    if op == "is_set":
        return bool(found) is wanted
    return bool(found & (set(wanted) if op == "in" else {wanted}))


def _alike(found: Any, wanted: Any, op: str) -> Any:
    """What stands there, as far as it is of the kind of the value it is compared with."""
    one = wanted[0] if isinstance(wanted, list) else wanted
    if isinstance(one, bool):
        return found if isinstance(found, bool) else None
    if isinstance(one, str):
        if op in {*_SIGNS, "between"} and (
            not isinstance(found, str) or found[10:11] not in {"", "T"} or len(found) < 10
        ):
            return None
        return found if isinstance(found, str) else None
    if isinstance(found, dict):
        return Decimal(found["amount"])
    return None if isinstance(found, bool | str | None) else Decimal(str(found))


def _compares(found: Any, op: str, wanted: Any) -> bool:
    if op == "between":
        return _compares(found, "gte", wanted[0]) and _compares(found, "lte", wanted[1])
    if op == "in":
        return any(_compares(found, "is", one) for one in wanted)
    if isinstance(found, datetime):
        start, end = _day(wanted)
        return {"gt": found >= end, "gte": found >= start, "lt": found < start, "lte": found < end}[op]
    if isinstance(found, str) and op in _SIGNS:
        return _SIGNS[op](date.fromisoformat(found[:10]), date.fromisoformat(wanted))
    if isinstance(found, str):
        said, sought = _plain(found), _plain(wanted)
        return {"is": said == sought, "contains": sought in said, "starts_with": said.startswith(sought)}[op]
    if isinstance(found, bool):
        return found is wanted
    return found == Decimal(str(wanted)) if op == "is" else _SIGNS[op](found, Decimal(str(wanted)))


def _plain(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def _day(text: str) -> tuple[datetime, datetime]:
    moment = datetime.fromisoformat(text)
    if "T" in text:
        return moment, moment + timedelta(microseconds=1)
    start = moment.replace(tzinfo=UTC)
    return start, start + timedelta(days=1)


def some_row(chance: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field, kind in FIELDS.items():
        if kind is FieldType.TEXT:
            row[field] = chance.choice(TEXTS)
        elif kind is FieldType.NUMBER:
            row[field] = chance.choice(NUMBERS)
    row["created_at"] = datetime.fromisoformat(chance.choice(MOMENTS)) + timedelta(
        microseconds=chance.randint(-1, 1)
    )
    row["population"] = {slug.value for slug in StandardPopulation if chance.random() < 0.3}
    row["attributes"] = (
        {"tier": chance.choice(ATTRIBUTES), "x y": chance.choice(ATTRIBUTES)} if chance.random() < 0.9 else {}
    )
    return row


def some_filter(chance: random.Random, depth: int = 3) -> dict[str, Any]:
    if depth and chance.random() < 0.4:
        group = chance.choice(["all", "any", "not"])
        if group == "not":
            return {"not": some_filter(chance, depth - 1)}
        return {group: [some_filter(chance, depth - 1) for _ in range(chance.randint(1, 3))]}
    return chance.choice(every_condition(chance))


def every_condition(chance: random.Random) -> list[dict[str, Any]]:
    """One of every field and operator, with values by chance."""
    found = []
    for field in (*FIELDS, "attributes.tier", "attributes.x y"):
        for op, values in _offered(field):
            found.append({"field": field, "op": op, "value": _value(chance, op, values)})
    return found


_EQUAL, _ORDERED, _PARTLY = (
    ("is", "is_not", "in", "is_set"),
    ("gt", "gte", "lt", "lte", "between"),
    ("contains", "starts_with"),
)


def _offered(field: str) -> list[tuple[str, Sequence[Any]]]:
    """Operators, with what they may be asked of."""
    texts, numbers = [t for t in TEXTS if t], [n for n in NUMBERS if n is not None]
    if field.startswith("attributes."):
        return [
            *((op, ["A", "2026-01-31", "5", "0"]) for op in (*_EQUAL, *_PARTLY)), *((op, [5, 5.5, -1, 1_000_000]) for op in (*_EQUAL, *_ORDERED)),
            *((op, DAYS) for op in _ORDERED), ("is", [True, False]), ("is_not", [True, False]),
        ]  # fmt: skip
    offered: Mapping[FieldType, list[tuple[str, Sequence[Any]]]] = {
        FieldType.TEXT: [(op, texts) for op in (*_EQUAL, *_PARTLY)],
        FieldType.NUMBER: [(op, [*numbers, 5.5]) for op in (*_EQUAL, *_ORDERED)],
        FieldType.MOMENT: [("is_set", []), *((op, [*DAYS, *MOMENTS]) for op in _ORDERED)],
        FieldType.POPULATION: [(op, list(StandardPopulation)) for op in _EQUAL],
    }
    return offered[FIELDS[field]]


def _value(chance: random.Random, op: str, values: Sequence[Any]) -> Any:
    if op == "is_set":
        return chance.random() < 0.5
    if op == "between":
        return [chance.choice(values), chance.choice(values)]
    if op == "in":
        return [chance.choice(values) for _ in range(chance.randint(1, 3))]
    return chance.choice(values)
