"""A filter as a condition of a statement on `account`: every value of a user is a parameter, every word of the text is ours."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, assert_never

from service.accounts.bits import BITS, STANDARD_BITS
from service.accounts.filters import (
    ATTRIBUTE,
    All,
    AnyOf,
    Condition,
    FieldType,
    Filter,
    Not,
    Op,
    Span,
    type_of,
)
from service.accounts.models import StandardPopulation

_SIGNS: Final[Mapping[Op, str]] = {Op.GT: ">", Op.GTE: ">=", Op.LT: "<", Op.LTE: "<="}
_MOMENTS: Final[Mapping[Op, tuple[str, str]]] = {
    Op.GT: (">=", "end"), Op.GTE: (">=", "start"), Op.LT: ("<", "start"), Op.LTE: ("<", "end"),
}  # fmt: skip
"""A moment compared with a span: the sign, and with which end of it."""


def where(wanted: Filter, values: list[Any], *, removed: Collection[str] = ()) -> str:
    """SQL that is true or false of each row of `account` (never null), with parameters numbered after those in `values`, which
    its own are added to. Of attributes whose keys are `removed` no account has a value.
    """
    match wanted:
        case Condition():
            return _Conditions(values, removed).sql(wanted)
        case All(parts):
            return "(" + " AND ".join(where(part, values, removed=removed) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " OR ".join(where(part, values, removed=removed) for part in parts) + ")"
        case Not(part):
            return f"(NOT {where(part, values, removed=removed)})"
        case _:
            assert_never(wanted)


class _Conditions:
    def __init__(self, values: list[Any], removed: Collection[str]) -> None:
        self._values = values
        self._removed = removed

    def sql(self, condition: Condition) -> str:
        field, op, value = condition.field, condition.op, condition.value
        kind = type_of(field)
        if kind is None:
            raise ValueError(field)
        if op is Op.IS_NOT:
            return f"(NOT {self.sql(Condition(field, Op.IS, value))})"
        of_kind: Mapping[FieldType, Callable[[str, Op, Any], str]] = {
            FieldType.TEXT: self._text,
            FieldType.NUMBER: self._number,
            FieldType.MOMENT: self._moment,
            FieldType.POPULATION: self._population,
            FieldType.ATTRIBUTE: self._attribute,
        }
        return f"coalesce({of_kind[kind](field, op, value)}, false)"

    def _put(self, value: object, cast: str) -> str:
        self._values.append(value)
        return f"${len(self._values)}::{cast}"

    def _text(self, column: str, op: Op, value: Any) -> str:
        if op is Op.IS_SET:
            return _set(column, wanted=value)
        lower = f'lower({column} COLLATE "C")'
        match op:
            case Op.IN:
                return f"{lower} = ANY({self._put(list(value), 'text[]')})"
            case Op.CONTAINS:
                return f"strpos({lower}, {self._put(value, 'text')}) > 0"
            case Op.STARTS_WITH:
                return f"starts_with({lower}, {self._put(value, 'text')})"
            case _:
                return f"{lower} = {self._put(value, 'text')}"

    def _number(self, column: str, op: Op, value: Any) -> str:
        match op:
            case Op.IS_SET:
                return _set(column, wanted=value)
            case Op.IN:
                return f"{column}::numeric = ANY({self._put(list(value), 'numeric[]')})"
            case Op.BETWEEN:
                low, high = (self._put(end, "numeric") for end in value)
                return f"{column}::numeric BETWEEN {low} AND {high}"
            case _:
                return f"{column}::numeric {_SIGNS.get(op, '=')} {self._put(value, 'numeric')}"

    def _moment(self, column: str, op: Op, value: Any) -> str:
        if op is Op.IS_SET:
            return _set(column, wanted=value)
        if op is Op.BETWEEN:
            low, high = value
            return f"({self._moment(column, Op.GTE, low)} AND {self._moment(column, Op.LTE, high)})"
        sign, end = _MOMENTS[op]
        return f"{column} {sign} {self._put(_end(value, end), 'timestamptz')}"

    def _population(self, _field: str, op: Op, value: Any) -> str:
        if op is Op.IS_SET:
            return f"(populations & {STANDARD_BITS} <> 0) = {'true' if value else 'false'}"
        slugs = value if isinstance(value, tuple) else (value,)
        bits = sum(BITS[StandardPopulation(slug)] for slug in set(slugs))
        return f"populations & {bits} <> 0"

    def _attribute(self, field: str, op: Op, value: Any) -> str:
        """What stands there takes part as far as it is of the kind that the condition's value is of; of money, the amount."""
        key = field.removeprefix(ATTRIBUTE)
        said = "NULL::jsonb" if key in self._removed else f"(attributes -> {self._put(key, 'text')})"
        one = value[0] if isinstance(value, tuple) else value
        if op is Op.IS_SET:
            return _set(f"({said} #>> '{{}}')", wanted=value)
        if isinstance(one, bool):
            return f"{said} = to_jsonb({self._put(value, 'boolean')})"
        if isinstance(one, Decimal):
            number = f"WHEN 'number' THEN {said} #>> '{{}}' WHEN 'object' THEN {said} ->> 'amount'"
            return self._number(f"(CASE jsonb_typeof({said}) {number} END)", op, value)
        text = f"(CASE jsonb_typeof({said}) WHEN 'string' THEN {said} #>> '{{}}' END)"
        return self._day(text, op, value) if isinstance(one, date) else self._text(text, op, value)

    def _day(self, text: str, op: Op, value: Any) -> str:
        """Days and moments stand as ISO 8601 writes them, whose first ten characters sort as the days do."""
        is_day = f"{text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T|$)'"
        day = f'left({text}, 10) COLLATE "C"'
        if op is Op.BETWEEN:
            low, high = (self._put(end.isoformat(), "text") for end in value)
            return f"({is_day} AND {day} BETWEEN {low} AND {high})"
        return f"({is_day} AND {day} {_SIGNS[op]} {self._put(value.isoformat(), 'text')})"


def _set(said: str, *, wanted: bool) -> str:
    return f"{said} IS {'NOT ' if wanted else ''}NULL"


def _end(span: Span, which: str) -> object:
    return span.start if which == "start" else span.end
