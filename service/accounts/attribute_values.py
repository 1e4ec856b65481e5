"""Columns of a file that are kept as custom attributes: of which type, and with which values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from service.accounts.attributes import MOST_ATTRIBUTES
from service.accounts.models import AccountAttribute
from service.accounts.values import told_of
from service.imports.attributes import AttributeColumn
from service.imports.errors import UnfitAttributeError
from service.imports.target import Unread
from service.ingest.values import AttributeType, Hints, column_hints, guess_type, read_attributes
from service.ingest.values.attributes import GUESSED_FROM

_PLAIN: Final = frozenset({AttributeType.TEXT, AttributeType.BOOLEAN})
"""Types whose values say nothing of each other."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A column and the attribute that its values are; `is_new`: nobody has defined it yet."""

    column: AttributeColumn
    type: AttributeType
    currency: str | None
    is_new: bool

    @property
    def told(self) -> str:
        kind = f"{self.type.value} in {self.currency}" if self.currency else self.type.value
        return f"The column '{self.column.header}' becomes the attribute '{self.column.key}' ({kind})."


def kept_columns(
    asked: Sequence[AttributeColumn],
    defined: Mapping[str, AccountAttribute],
    samples: Mapping[str, pl.Series],
) -> list[Kept]:
    """What each column that was asked for is kept as: what the attribute is, else what was said, else what the samples fit.

    UnfitAttributeError.
    """
    found = [_kept(column, defined.get(column.key), samples) for column in asked]
    many = len(defined) + sum(one.is_new for one in found)
    if many > MOST_ATTRIBUTES:
        raise UnfitAttributeError(
            f"There would be {many} attributes, and {MOST_ATTRIBUTES} is the limit: keep fewer columns, or delete attributes that nobody needs."
        )
    return found


def _kept(
    column: AttributeColumn, defined: AccountAttribute | None, samples: Mapping[str, pl.Series]
) -> Kept:
    if defined is None:
        kind = column.type or guess_type(samples[column.column], currency=column.currency)
        return Kept(column, kind, column.currency, is_new=True)
    said = (column.type or defined.type, column.currency or defined.currency)
    if said != (defined.type, defined.currency):
        raise UnfitAttributeError(
            f"The attribute '{column.key}' is {defined.type.value}{f' in {defined.currency}' if defined.currency else ''}: keep the column "
            "under another key, or leave its type out."
        )
    return Kept(column, defined.type, defined.currency, is_new=False)


def read_kept(
    rows: pl.DataFrame, hints: Mapping[str, Hints], kept: Sequence[Kept]
) -> tuple[pl.DataFrame, list[Unread]]:
    """`rows` with `attributes`, a JSON object of what the columns say; and what couldn't be read, column by column.

    `hints` are those of the whole file. Without any column to be kept there is nothing to add.
    """
    unread, parts = list[Unread](), list[pl.Series]()
    if not kept:
        return rows, unread
    for one in kept:
        name, header = one.column.column, one.column.header
        read = read_attributes(rows[name], one.type, hints.get(name, Hints()), currency=one.currency)
        parts.append((f'"{one.column.key}":' + read.values["json"]).alias(name))
        unread += told_of(rows["line"], read.faults, header)
    said = pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=",", ignore_nulls=True).fill_null(""))
    return rows.with_columns(("{" + said.to_series() + "}").alias("attributes")), unread


def hints_of_attributes(rows: pl.DataFrame, asked: Sequence[AttributeColumn]) -> dict[str, Hints]:
    """As `values.hints_of`, of the columns that were asked for."""
    return {one.column: column_hints(rows[one.column]) for one in asked if one.type not in _PLAIN}


def more_samples(
    samples: Mapping[str, pl.Series], rows: pl.DataFrame, asked: Sequence[AttributeColumn]
) -> dict[str, pl.Series]:
    """`samples` with the different values that one more part of the file has in the columns that were asked for, up to a bound."""
    none = pl.Series([], dtype=pl.String)
    return {
        one.column: before
        if len(before := samples.get(one.column, none)) >= GUESSED_FROM
        else pl.concat([before, rows[one.column].drop_nulls().alias("")])
        .unique(maintain_order=True)
        .head(GUESSED_FROM)
        for one in asked
    }
