"""Filters over accounts: a small tree of conditions, as JSON says it, checked and typed. Pure; `filter_sql.py` makes SQL of it.

    {"all": [{"field": "country", "op": "is", "value": "DE"},
             {"any": [{"field": "industry", "op": "contains", "value": "software"},
                      {"not": {"field": "owner", "op": "is_set"}}]}]}

Every condition holds or doesn't: one on a field in which nothing stands doesn't hold, whatever it asks, except that `is_not` holds there
(`is_not` is the opposite of `is`) and `is_set` says so itself. Of texts, A–Z and a–z count as the same.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeAlias

from service.accounts.errors import InvalidFilterError
from service.accounts.models import StandardPopulation

MOST_CONDITIONS: Final = 50
DEEPEST: Final = 5
"""Groups inside each other."""
MOST_VALUES: Final = 200
"""Of one `in`."""
LONGEST_TEXT: Final = 200
ATTRIBUTE: Final = "attributes."
"""What the name of a custom attribute's field begins with."""
_GREATEST: Final = 10**18


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    POPULATION = "population"
    ATTRIBUTE = "attribute"


class Op(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BETWEEN = "between"
    """Both ends included."""
    IS_SET = "is_set"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, and without, `end`: a day as a whole, or one microsecond."""

    start: datetime
    end: datetime


Scalar: TypeAlias = str | bool | Decimal | date | Span
Value: TypeAlias = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` is a tuple for `in` and `between`, whether it should be set for `is_set`; text is in lower case as far as A–Z go."""

    field: str
    op: Op
    value: Value


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Filter"


Filter: TypeAlias = Condition | All | AnyOf | Not

TEXT_FIELDS: Final = (
    "name", "website", "domain", "country", "country_code", "city", "industry", "employees", "revenue", "status", "owner", "external_id",
    "linkedin", "registry_id", "lei", "vat", "duns", "siren", "revenue_currency", "parent_external_id", "parent_name", "parent_domain",
)  # fmt: skip
FIELDS: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(TEXT_FIELDS, FieldType.TEXT),
    **dict.fromkeys(("employees_from", "employees_to", "revenue_amount"), FieldType.NUMBER),
    "created_at": FieldType.MOMENT,
    "population": FieldType.POPULATION,
}
"""Fields by name; all but `population` are columns of the account table."""

_EQUAL = frozenset({Op.IS, Op.IS_NOT, Op.IN, Op.IS_SET})
_ORDERED = frozenset({Op.GT, Op.GTE, Op.LT, Op.LTE, Op.BETWEEN})
_PARTLY = frozenset({Op.CONTAINS, Op.STARTS_WITH})
OPS: Final[Mapping[FieldType, frozenset[Op]]] = {
    FieldType.TEXT: _EQUAL | _PARTLY,
    FieldType.NUMBER: _EQUAL | _ORDERED,
    FieldType.MOMENT: _ORDERED | {Op.IS_SET},
    FieldType.POPULATION: _EQUAL,
    FieldType.ATTRIBUTE: _EQUAL | _PARTLY | _ORDERED,
}
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def lowered(text: str) -> str:
    """A–Z in lower case, as PostgreSQL's `lower` does under the collation "C"."""
    return text.translate(_ASCII_LOWER)


def parse(given: object) -> Filter:
    """The filter that a piece of JSON stands for. InvalidFilterError says where it is wrong, and how to mend it."""
    return _Parser().part(given, "filter", 1)


def type_of(field: str) -> FieldType | None:
    """None for a field that there isn't."""
    if field.startswith(ATTRIBUTE):
        return FieldType.ATTRIBUTE if len(ATTRIBUTE) < len(field) <= len(ATTRIBUTE) + LONGEST_TEXT else None
    return FIELDS.get(field)


class _Parser:
    """One filter's conditions are counted together."""

    def __init__(self) -> None:
        self._left = MOST_CONDITIONS

    def part(self, given: object, where: str, depth: int) -> Filter:
        if not isinstance(given, dict):
            raise InvalidFilterError(where, "give an object: a condition, or one of all, any, not.")
        if depth > DEEPEST + 1:
            raise InvalidFilterError(where, f"groups stand in at most {DEEPEST} groups: take some apart.")
        keys = set(given)
        if keys == {"all"}:
            return All(self._parts(given["all"], f"{where}.all", depth))
        if keys == {"any"}:
            return AnyOf(self._parts(given["any"], f"{where}.any", depth))
        if keys == {"not"}:
            return Not(self.part(given["not"], f"{where}.not", depth + 1))
        if keys in ({"field", "op"}, {"field", "op", "value"}):
            return self._condition(given, where)
        raise InvalidFilterError(where, 'give "field", "op" and "value", or "all", "any" or "not" alone.')

    def _parts(self, given: object, where: str, depth: int) -> tuple[Filter, ...]:
        if not isinstance(given, list) or not given:
            raise InvalidFilterError(where, "give a list with at least one condition.")
        return tuple(self.part(part, f"{where}[{at}]", depth + 1) for at, part in enumerate(given))

    def _condition(self, given: dict[str, Any], where: str) -> Condition:
        self._left -= 1
        if self._left < 0:
            raise InvalidFilterError(where, f"a filter has at most {MOST_CONDITIONS} conditions.")
        field, op = given["field"], given["op"]
        kind = type_of(field) if isinstance(field, str) and _is_text(field) else None
        if kind is None:
            raise InvalidFilterError(
                f"{where}.field",
                f"use one of {', '.join(FIELDS)}, or {ATTRIBUTE}NAME for a custom attribute.",
            )
        if not isinstance(op, str) or op not in OPS[kind]:
            known = ", ".join(known.value for known in Op if known in OPS[kind])
            raise InvalidFilterError(f"{where}.op", f"for {field} use one of {known}.")
        return Condition(field, Op(op), _value(kind, Op(op), given.get("value", _MISSING), f"{where}.value"))


_MISSING: Final = object()
_ENDS: Final = 2
_ZONED: Final = re.compile(r"[Zz]$|[+-]\d{2}:?\d{2}$", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _value(kind: FieldType, op: Op, given: object, where: str) -> Value:
    if op is Op.IS_SET:
        if given is _MISSING:
            return True
        if not isinstance(given, bool):
            raise InvalidFilterError(where, "give true or false, or leave it out.")
        return given
    if op in {Op.IN, Op.BETWEEN}:
        return _values(kind, op, given, where)
    return _scalar(kind, op, given, where)


def _values(kind: FieldType, op: Op, given: object, where: str) -> tuple[Scalar, ...]:
    count = len(given) if isinstance(given, list) else 0
    if op is Op.BETWEEN and count != _ENDS:
        raise InvalidFilterError(where, "give the two ends as a list, the lower one first.")
    if not isinstance(given, list) or not 1 <= count <= MOST_VALUES:
        raise InvalidFilterError(where, f"give a list of 1 to {MOST_VALUES} values.")
    found = tuple(_scalar(kind, op, one, f"{where}[{at}]") for at, one in enumerate(given))
    if len({type(one) for one in found}) > 1:
        raise InvalidFilterError(where, "give values of one kind: all texts, all numbers or all days.")
    return found


def _scalar(kind: FieldType, op: Op, given: object, where: str) -> Scalar:
    if kind is FieldType.ATTRIBUTE:
        return _of_attribute(op, given, where)
    read: Mapping[FieldType, Callable[[object, str], Scalar]] = {
        FieldType.TEXT: _text, FieldType.NUMBER: _number, FieldType.MOMENT: _span, FieldType.POPULATION: _population,
    }  # fmt: skip
    return read[kind](given, where)


def _of_attribute(op: Op, given: object, where: str) -> Scalar:
    """By the kind of value given: text, number, yes or no; a day where an order is asked for."""
    if isinstance(given, bool) and op in {Op.IS, Op.IS_NOT}:
        return given
    if isinstance(given, str):
        return _day(given, where) if op in _ORDERED else _text(given, where)
    if op in _PARTLY:
        return _text(given, where)
    return _number(given, where)


def _is_text(given: str) -> bool:
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in given)


def _text(given: object, where: str) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= LONGEST_TEXT or not _is_text(given):
        raise InvalidFilterError(where, f"give a text of 1 to {LONGEST_TEXT} characters.")
    return lowered(given)


def _number(given: object, where: str) -> Decimal:
    if not isinstance(given, bool) and isinstance(given, int | float) and -_GREATEST < given < _GREATEST:
        return Decimal(str(given))
    raise InvalidFilterError(where, "give a number of at most 18 digits before the point.")


def _population(given: object, where: str) -> str:
    if isinstance(given, str) and given in set(StandardPopulation):
        return given
    raise InvalidFilterError(where, f"give one of {', '.join(StandardPopulation)}.")


def _day(given: object, where: str) -> date:
    try:
        return date.fromisoformat(given if isinstance(given, str) and _DAY.fullmatch(given) else "")
    except ValueError:
        raise InvalidFilterError(where, "give a number, or a day such as 2026-11-22.") from None


def _span(given: object, where: str) -> Span:
    text = given if isinstance(given, str) and len(given) <= LONGEST_TEXT else ""
    try:
        if _DAY.fullmatch(text):
            start = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return Span(start, start + timedelta(days=1))
        start = datetime.fromisoformat(text if _ZONED.search(text) else "").astimezone(UTC)
        return Span(start, start + timedelta(microseconds=1))
    except (ValueError, OverflowError):
        raise InvalidFilterError(
            where, "give a day such as 2026-11-22, or a moment with its zone such as 2026-11-22T09:00:00Z."
        ) from None


def digest_of(tree: Mapping[str, Any]) -> str:
    """SHA-256 of a filter's JSON, in hexadecimal: tells whether two filters are the same one."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
