"""What all tables have in common."""

from enum import StrEnum
from uuid import UUID

import pytest
from sqlalchemy import create_engine, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable
from sqlmodel import Field

from service.db.model import NAMING, Record, enum_column, moment


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Sample(Record, table=True):
    __tablename__ = "sample_of_the_model_test"
    org_id: UUID = Field(primary_key=True)
    colour: Colour = Field(sa_column=enum_column(Colour))


TABLE = Record.metadata.tables["sample_of_the_model_test"]
Record.metadata.remove(TABLE)  # no migration makes it


def test_enum_is_text_with_a_named_check() -> None:
    written = str(CreateTable(TABLE).compile(dialect=postgresql.dialect()))
    assert "colour TEXT NOT NULL" in written
    assert "CONSTRAINT ck_sample_of_the_model_test_colour CHECK (colour IN ('red', 'blue'))" in written


def test_enum_comes_back_as_itself_and_an_unknown_value_is_refused() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        TABLE.create(connection)
        connection.execute(insert(TABLE).values(org_id=UUID(int=1), colour=Colour.BLUE))
        assert connection.execute(select(TABLE.c.colour)).scalar_one() is Colour.BLUE
        with pytest.raises(StatementError, match="green"):
            connection.execute(insert(TABLE).values(org_id=UUID(int=2), colour="green"))
    engine.dispose()


def test_moment_has_a_time_zone() -> None:
    assert moment().type.timezone is True


def test_every_kind_of_constraint_has_a_name() -> None:
    assert set(NAMING) == {"ix", "uq", "ck", "fk", "pk"}
