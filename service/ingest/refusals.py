"""What refuses one row and leaves the others alone."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from service.ingest.limits import Limits

TEXT_KEPT = 65_536
"""Characters of a refused record that are kept for the person who mends it: all of it, within the limit `line`."""
TEXT_SHOWN = 500
"""Those that a list of refusals shows."""


class RowReason(StrEnum):
    """Stable codes of the `reason` column."""

    TOO_FEW_FIELDS = "too_few_fields"
    TOO_MANY_FIELDS = "too_many_fields"
    LINE_TOO_LONG = "line_too_long"
    FIELD_TOO_LONG = "field_too_long"
    BAD_QUOTING = "bad_quoting"
    NUL_BYTE = "nul_byte"
    CONTROL_CHARACTER = "control_character"
    ERROR_CELL = "error_cell"
    NESTED_VALUE = "nested_value"
    BAD_RECORD = "bad_record"
    UNEXPECTED_KEY = "unexpected_key"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    UNREADABLE_VALUE = "unreadable_value"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record is refused: its reason, the header of the column concerned (if one is) and the sentence."""

    reason: RowReason
    message: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fault at its place: 1-based data row, physical line on which the record starts, its text."""

    row: int
    line: int
    fault: Fault
    text: str


REFUSED_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32,
        "line": pl.UInt32,
        "column": pl.String,
        "reason": pl.String,
        "message": pl.String,
        "text": pl.String,
    }
)


def refused_frame(refusals: list[Refusal]) -> pl.DataFrame:
    """One line a refused record, in file order, under `REFUSED_SCHEMA`."""
    rows = [
        (r.row, r.line, r.fault.column, r.fault.reason.value, f"line {r.line}: {r.fault.message}", r.text)
        for r in refusals
    ]
    return pl.DataFrame(rows, schema=REFUSED_SCHEMA, orient="row")


def wrong_width(found: int, expected: int) -> Fault:
    """A ragged row; the usual cause is a delimiter inside a value that is not quoted, or a lost one."""
    reason = RowReason.TOO_FEW_FIELDS if found < expected else RowReason.TOO_MANY_FIELDS
    mend = (
        "Add the missing fields (empty ones too)"
        if found < expected
        else "Put values that contain the delimiter in double quotes, or remove the extra fields"
    )
    return Fault(reason, f"{found} fields where the header has {expected}. {mend}.")


def bad_quoting(column: str | None) -> Fault:
    where = f"in column '{column}' there" if column else "there"
    return Fault(
        RowReason.BAD_QUOTING,
        f'{where} is text after a closing quote. Double the quotes that belong to the value ("") or remove them.',
        column,
    )


def nul_byte(column: str | None) -> Fault:
    where = f"column '{column}'" if column else "the row"
    return Fault(
        RowReason.NUL_BYTE,
        f"{where} holds a NUL byte, which no text has. Remove it, or export the file as UTF-8 again.",
        column,
    )


def control_character(column: str, character: str) -> Fault:
    return Fault(
        RowReason.CONTROL_CHARACTER,
        f"column '{column}' holds the control character U+{ord(character):04X}. Remove it from the value.",
        column,
    )


def field_too_long(column: str, size: int, limits: Limits) -> Fault:
    return Fault(
        RowReason.FIELD_TOO_LONG,
        f"column '{column}' holds {size} bytes, the limit 'field' is {limits.field}. Shorten the value.",
        column,
    )


def line_too_long(limits: Limits, first: int, last: int) -> Fault:
    """A record above the cap; over several lines it is most likely a quote that was never closed."""
    mend = "Shorten it or split it."
    if last > first:
        mend = f"It reaches to line {last}: close the quote that is opened in it, or shorten it."
    return Fault(
        RowReason.LINE_TOO_LONG, f"the record is longer than the limit 'line' of {limits.line} bytes. {mend}"
    )


def error_cell(column: str, place: str, error: str) -> Fault:
    return Fault(
        RowReason.ERROR_CELL,
        f"cell {place} in column '{column}' shows the error {error}. Mend its formula, or empty the cell.",
        column,
    )


def nested_value(column: str) -> Fault:
    return Fault(
        RowReason.NESTED_VALUE,
        f"'{column}' holds an object or an array. Write one plain value there.",
        column,
    )


def bad_record(what: str) -> Fault:
    return Fault(RowReason.BAD_RECORD, f"{what}. Write one JSON object with plain values there.")


def unexpected_key(column: str) -> Fault:
    return Fault(
        RowReason.UNEXPECTED_KEY,
        f"the key '{column}' comes too late to be a column of this list. Give the first record all keys (null will do).",
        column,
    )
