"""What all tables have in common.

Ids are UUIDv7 and come from the application as values, so no table gives them a default; moments are `timestamptz`;
a `StrEnum` is stored as text with a check. A table is never the body of a request or an answer.
"""

from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Column, DateTime, Dialect, MetaData, Table, Text, TypeDecorator, event
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a migration can name what it drops."""


class Record(SQLModel):
    """Base of every table: `class Account(Record, table=True)`."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


def moment(*, nullable: bool = False) -> Column[Any]:
    """Make a `timestamptz` column."""
    return Column(DateTime(timezone=True), nullable=nullable)


class TextEnum(TypeDecorator[StrEnum]):
    """A `StrEnum` stored by value in a text column; an unknown value is refused both ways."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else self.enum(value)


def enum_column(enum: type[StrEnum], *, nullable: bool = False, primary_key: bool = False) -> Column[Any]:
    """Make a text column for `enum` with a check named `ck_<table>_<column>`."""
    column: Column[Any] = Column(TextEnum(enum), nullable=nullable, primary_key=primary_key)

    def add_check(made: Column[Any], table: Table) -> None:
        table.append_constraint(CheckConstraint(one_of(made.name, enum), name=made.name))

    event.listen(column, "after_parent_attach", add_check)
    return column


def one_of(column: str, enum: type[StrEnum]) -> str:
    """Write the check that `column` holds a value of `enum`, for models and migrations alike."""
    return f"{column} IN ({', '.join(repr(member.value) for member in enum)})"
