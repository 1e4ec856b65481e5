"""What texts of accounts say, as values. A value that can't be read leaves its columns empty, and its row and text stand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from service.accounts.columns import SETS
from service.imports.target import UNREADABLE, Unread
from service.ingest.values import Hints, Reading, amounts, countries, head_counts
from service.ingest.values.numbers import decimal_hints
from service.ingest.values.reading import fault
from service.matching.aliases import MOST_ALIASES, alias_parts, gathered, part_domains
from service.matching.columns import map_distinct, text_lists
from service.matching.names import name_keys
from service.matching.records import ALIAS_FIELDS, REGISTRY_FIELDS
from service.matching.registry import numbers_of

SHOWN_LINES: Final = 3
A_DOMAIN: Final = "domains such as example.com; example.org"
A_FEW: Final = f"up to {MOST_ALIASES}, parted by semicolons; the others are left out"
A_NUMBER: Final = "the number with its check digit as the register has it"
SCHEME_AND_NUMBER: Final = "the scheme before the number, such as lei:529900T8BM49AURSDO55"


def hints_of(rows: pl.DataFrame) -> dict[str, Hints]:
    """What values of a field say about its other ones, by field: those of a file's parts are joined by `|`."""
    return {field: hints(rows[field]) for field, hints in _HINTS.items()}


def read_values(
    rows: pl.DataFrame, hints: Mapping[str, Hints], headers: Mapping[str, str]
) -> tuple[pl.DataFrame, list[Unread]]:
    """`rows` with the columns of `SETS` for each field that the file has; and what couldn't be read, column by column.

    `hints` are those of the whole file, and `headers` the file's, by field.
    """
    unread: list[Unread] = []
    for field in headers:
        if field in SETS:
            read = _READERS[field](rows[field], hints.get(field, Hints()))
            values = [read.values[:, at].alias(column) for at, column in enumerate(SETS[field])]
            rows = rows.with_columns(values)
            unread += told_of(rows["line"], read.faults, headers[field])
        elif field in ALIAS_FIELDS:
            lists, faults = _ALIASES[field](rows)
            rows = rows.with_columns(lists.alias(field))
            unread += told_of(rows["line"], faults, headers[field])
        elif field in REGISTRY_FIELDS:
            unread += told_of(rows["line"], _invalid(rows[field], field), headers[field])
    return rows, unread


def joined(before: Sequence[Unread], more: Sequence[Unread]) -> list[Unread]:
    """Of one file's parts in their order: one entry a column."""
    found = {one.column: one for one in before}
    for one in more:
        first = found.get(one.column)
        found[one.column] = one if first is None else replace(
            first, rows=first.rows + one.rows, lines=[*first.lines, *one.lines][:SHOWN_LINES]
        )  # fmt: skip
    return list(found.values())


def told_of(lines: pl.Series, faults: pl.Series, header: str) -> Iterator[Unread]:
    """What there is to say of a column with `faults`: nothing, or one entry."""
    at = faults.is_not_null().arg_true()
    if len(at):
        said = f"line {lines[at[0]]}, column '{header}': {faults[at[0]]}"
        yield Unread(header, UNREADABLE, len(at), lines.gather(at.head(SHOWN_LINES)).to_list(), said)


def warnings_of(unread: Sequence[Unread]) -> list[str]:
    """A sentence a column."""
    return [
        f"{one.rows:,} {'value' if one.rows == 1 else 'values'} of the column '{one.column}' could not be read, such as this: {one.example} Their rows are kept."
        for one in unread
    ]


def _invalid(numbers: pl.Series, field: str) -> pl.Series:
    """What is wrong with registry numbers that no register gives: they are kept as text and match nothing."""
    expected = SCHEME_AND_NUMBER if field == "registry_id" else A_NUMBER
    said = numbers.str.strip_chars()
    return map_distinct(
        said.set(said == "", None),
        lambda text: None if numbers_of(field, text) else fault(text, f"is no valid {field}", expected),
    )


def _alias_domains(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """`array_literals` of the registrable domains, and what is wrong with the first part of a row that is no company's."""
    parts = alias_parts(rows["alias_domains"])
    found = part_domains(parts, name_keys(rows["name"]).name)
    wrong = parts.with_columns(found.domain, found.reason.alias("reason")).filter(pl.col("domain").is_null())
    said = [fault(part, "is no domain of a company of its own", A_DOMAIN) for part in wrong["part"].to_list()]
    faults = gathered(wrong["at"], pl.Series(said, dtype=pl.String), rows.height).list.first()
    return array_literals(gathered(parts["at"], found.domain, rows.height)), faults.fill_null(
        _too_many(rows["alias_domains"])
    )


def _alias_names(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    column = rows["alias_names"]
    return array_literals(text_lists(column).list.head(MOST_ALIASES)), _too_many(column)


def _too_many(column: pl.Series) -> pl.Series:
    many = (text_lists(column).list.len() > MOST_ALIASES).fill_null(value=False)
    return map_distinct(column.set(~many, None), lambda text: fault(text, "says too many at once", A_FEW))


def array_literals(lists: pl.Series) -> pl.Series:
    """Lists of texts as PostgreSQL reads arrays; null stays null."""
    quoted = lists.list.eval(
        pl.element().str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    )
    return '{"' + quoted.list.join('","') + '"}'


def _countries(column: pl.Series, _hints: Hints) -> Reading:
    return countries(column)


def _revenues(column: pl.Series, hints: Hints) -> Reading:
    return amounts(column, hints)


def _head_counts(column: pl.Series, _hints: Hints) -> Reading:
    return head_counts(column)


_READERS: Final[Mapping[str, Callable[[pl.Series, Hints], Reading]]] = {
    "country": _countries,
    "revenue": _revenues,
    "employees": _head_counts,
}
_ALIASES: Final[Mapping[str, Callable[[pl.DataFrame], tuple[pl.Series, pl.Series]]]] = {
    "alias_domains": _alias_domains,
    "alias_names": _alias_names,
}
_HINTS: Final[Mapping[str, Callable[[pl.Series], Hints]]] = {"revenue": decimal_hints}
