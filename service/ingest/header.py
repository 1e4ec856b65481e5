"""Which column is which field of a record."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
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
from service.ingest.kinds import PLACE, RecordKind, Selection
from service.ingest.limits import Limits

_SELECTOR = re.compile(r"(?P<header>.*)#(?P<number>[1-9][0-9]{0,3})", re.DOTALL)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_LISTED = 40


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The columns that are kept, and the headers of those left over."""

    selection: Selection
    unmapped: list[str]


def squash(text: str) -> str:
    """What two spellings of a header have in common: lower-case letters and digits, without accents.

    The voicing marks of Japanese and the vowel signs of other scripts aren't accents: they stay in their letters.
    """
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", plain)))


@cache
def spellings(kind: RecordKind) -> Mapping[str, tuple[str, int]]:
    """Squashed spelling → (field, rank): the earlier a spelling stands in the kind's file, the better it fits."""
    table = resources.files("service.ingest") / "data" / kind.headers
    with table.open(encoding="utf-8") as lines:
        found: dict[str, tuple[str, int]] = {}
        for rank, entry in enumerate(csv.DictReader(lines)):
            if entry["field"] in kind.fields:
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file is read for: a kind of record, headers of its fields where recognition won't do, and attributes.

    `columns` gives a field its header, as it stands or but for case and punctuation; `Name#2` is the second column
    called Name. `attributes` asks likewise for further columns under names of the caller's choosing, which no field has.
    """

    kind: RecordKind
    columns: Mapping[str, str]
    attributes: Mapping[str, str]

    def __post_init__(self) -> None:
        if taken := self.attributes.keys() & {*self.kind.fields, *PLACE}:
            raise ValueError(
                f"an attribute cannot be called '{min(taken)}': a {self.kind.name} has that column"
            )


def map_columns(headers: Sequence[str], wanted: Wanted, line: int) -> ColumnMap:
    """Map fields and attributes to columns: as `wanted` says, else fields by the known spellings of headers.

    Raises what cannot be settled: unknown names, duplicates, none of the kind's key fields.
    """
    kind = wanted.kind
    _refuse_unknown_fields(wanted)
    asked = {**wanted.columns, **wanted.attributes}
    chosen = {field: _position(headers, header, field) for field, header in asked.items()}
    _refuse_shared(chosen, headers)
    _refuse_duplicates(headers, chosen, kind, line)
    positions = chosen | _recognised(headers, chosen, kind)
    if not positions.keys() & set(kind.key_fields):
        raise NoKeyColumnError(
            f"no column names a {kind.noun}: {_names(headers)}",
            mend=f"Map one, e.g. {_example(kind)}={headers[0]} (fields that name a {kind.noun}: "
            f"{', '.join(kind.key_fields)}). If the file has no header line, add one.",
            line=line,
        )
    taken = set(positions.values())
    ordered = {field: positions[field] for field in (*kind.fields, *wanted.attributes) if field in positions}
    return ColumnMap(
        Selection(kind, ordered, tuple(wanted.attributes)),
        [header for at, header in enumerate(headers) if at not in taken],
    )


def _example(kind: RecordKind) -> str:
    return "name" if "name" in kind.key_fields else kind.key_fields[0]


def _recognised(headers: Sequence[str], chosen: Mapping[str, int], kind: RecordKind) -> dict[str, int]:
    known = spellings(kind)
    best: dict[str, tuple[int, int]] = {}
    for at, header in enumerate(headers):
        field, rank = known.get(squash(header), ("", 0))
        if field and field not in chosen and at not in chosen.values():
            best[field] = min(best.get(field, (rank, at)), (rank, at))
    return {field: at for field, (_, at) in best.items()}


def _refuse_unknown_fields(wanted: Wanted) -> None:
    fields = wanted.kind.fields
    for field in wanted.columns:
        if field not in fields:
            raise UnknownFieldError(
                f"there is no field '{field}'", mend=f"The fields are: {', '.join(fields)}."
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
    headers: Sequence[str], chosen: Mapping[str, int], kind: RecordKind, line: int
) -> None:
    """Columns of one name are settled by a mapping that leaves no field to be guessed from them."""
    known = spellings(kind)
    for header, count in Counter(headers).items():
        field = known.get(squash(header), ("", 0))[0]
        if count == 1 or (chosen and (not field or field in chosen)):
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
