"""Which column is which account field."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from service.ingest.errors import (
    BadHeaderError,
    DuplicateHeaderError,
    NoKeyColumnError,
    TooManyColumnsError,
    UnknownFieldError,
    UnknownHeaderError,
)
from service.ingest.limits import Limits
from service.matching.records import ACCOUNT_FIELDS, KEY_FIELDS

_SELECTOR = re.compile(r"(?P<header>.*)#(?P<number>[1-9][0-9]{0,3})", re.DOTALL)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_LISTED = 40


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Account field → position of its column, and the headers of the columns left over."""

    picks: dict[str, int]
    unmapped: list[str]


def squash(text: str) -> str:
    """What two spellings of a header have in common: lower-case letters and digits, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


@cache
def spellings() -> Mapping[str, tuple[str, int]]:
    """Squashed spelling → (field, rank): the earlier a spelling stands in `data/headers.csv`, the better it fits."""
    table = resources.files("service.ingest") / "data" / "headers.csv"
    with table.open(encoding="utf-8") as lines:
        found: dict[str, tuple[str, int]] = {}
        for rank, entry in enumerate(csv.DictReader(lines)):
            found.setdefault(squash(entry["spelling"]), (entry["field"], rank))
    return found


def check_headers(headers: Sequence[str], line: int, limits: Limits) -> None:
    """Raise for a header line that cannot name columns."""
    if len(headers) > limits.columns:
        raise TooManyColumnsError(
            f"{len(headers)} columns, the limit 'columns' is {limits.columns}",
            mend="Export only the columns that are needed.",
            line=line,
        )
    for position, header in enumerate(headers, 1):
        if not header:
            raise BadHeaderError(
                f"column {position} has no name ({_names(headers)})",
                mend="Name it in the header line or delete the column.",
                line=line,
            )
        if found := _CONTROL.search(header):
            raise BadHeaderError(
                f"the name of column {position} holds the character U+{ord(found[0]):04X}",
                mend="Write the name in one line, without control characters.",
                line=line,
            )


def map_columns(headers: Sequence[str], columns: Mapping[str, str], line: int) -> ColumnMap:
    """Map account fields to columns: as `columns` says, else by the known spellings of headers.

    `columns` gives a field its header, as it stands or but for case and punctuation; `Name#2` is the second
    column called Name. Raises what cannot be settled: unknown names, duplicates, no column that gives a key.
    """
    _refuse_unknown_fields(columns)
    chosen = {field: _position(headers, wanted, field) for field, wanted in columns.items()}
    _refuse_shared(chosen, headers)
    _refuse_duplicates(headers, chosen, line, settled=bool(columns))
    picks = chosen | _recognised(headers, chosen)
    if not picks.keys() & set(KEY_FIELDS):
        raise NoKeyColumnError(
            f"no column names a company: {_names(headers)}",
            mend=f"Map one, e.g. name={headers[0]} (fields that name a company: {', '.join(KEY_FIELDS)}). "
            "If the file has no header line, add one.",
            line=line,
        )
    taken = set(picks.values())
    ordered = {field: picks[field] for field in ACCOUNT_FIELDS if field in picks}
    return ColumnMap(ordered, [header for at, header in enumerate(headers) if at not in taken])


def _recognised(headers: Sequence[str], chosen: Mapping[str, int]) -> dict[str, int]:
    known = spellings()
    best: dict[str, tuple[int, int]] = {}
    for at, header in enumerate(headers):
        field, rank = known.get(squash(header), ("", 0))
        if field and field not in chosen and at not in chosen.values():
            best[field] = min(best.get(field, (rank, at)), (rank, at))
    return {field: at for field, (_, at) in best.items()}


def _refuse_unknown_fields(columns: Iterable[str]) -> None:
    for field in columns:
        if field not in ACCOUNT_FIELDS:
            raise UnknownFieldError(
                f"there is no field '{field}'", mend=f"The fields are: {', '.join(ACCOUNT_FIELDS)}."
            )


def _position(headers: Sequence[str], wanted: str, field: str) -> int:
    exact = [at for at, header in enumerate(headers) if header == wanted.strip()]
    alike = exact or [at for at, header in enumerate(headers) if squash(header) == squash(wanted) != ""]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise DuplicateHeaderError(
            f"{field}={wanted} fits {len(alike)} columns",
            mend=f"Say which one: {' or '.join(f'{field}={choice}' for choice in _selectors(headers, alike))}.",
        )
    if (match := _SELECTOR.fullmatch(wanted.strip())) and (number := int(match["number"])):
        same = [at for at, header in enumerate(headers) if header == match["header"].strip()]
        if number <= len(same):
            return same[number - 1]
    raise UnknownHeaderError(
        f"there is no column '{wanted}' for {field}", mend=f"The file has {_names(headers)}."
    )


def _selectors(headers: Sequence[str], positions: Sequence[int]) -> list[str]:
    """How to name each of these columns so that it is the only one meant."""
    counts = Counter(headers)
    return [
        headers[at] if counts[headers[at]] == 1 else f"{headers[at]}#{headers[: at + 1].count(headers[at])}"
        for at in positions
    ]


def _refuse_shared(chosen: Mapping[str, int], headers: Sequence[str]) -> None:
    by_position: dict[int, str] = {}
    for field, at in chosen.items():
        if at in by_position:
            raise DuplicateHeaderError(
                f"the column '{headers[at]}' is given to both {by_position[at]} and {field}",
                mend="Give each field a column of its own.",
            )
        by_position[at] = field


def _refuse_duplicates(
    headers: Sequence[str], chosen: Mapping[str, int], line: int, *, settled: bool
) -> None:
    """Columns of one name are settled by a mapping that leaves no field to be guessed from them."""
    known = spellings()
    for header, count in Counter(headers).items():
        field = known.get(squash(header), ("", 0))[0]
        if count == 1 or (settled and (not field or field in chosen)):
            continue
        raise DuplicateHeaderError(
            f"{count} columns are called '{header}'",
            mend=f"Rename them, or {_settling(field, header)}.",
            line=line,
        )


def _settling(field: str, header: str) -> str:
    if field:
        return (
            f"map the one that is meant: {field}={header}#1 for the first, {field}={header}#2 for the second"
        )
    return f"name the columns that you need, such as name=Company; '{header}' is then left out"


def _names(headers: Sequence[str]) -> str:
    shown = ", ".join(f"'{header[:60]}'" for header in headers[:_LISTED])
    more = f" and {len(headers) - _LISTED} more" if len(headers) > _LISTED else ""
    return f"the columns {shown}{more}"
