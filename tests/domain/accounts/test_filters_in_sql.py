"""What PostgreSQL makes of a filter is what a plain reading of it says, of every field and operator and of trees by chance."""

import json
import random
from typing import Any

import asyncpg

from service.accounts.bits import BITS
from service.accounts.filter_sql import where
from service.accounts.filters import ATTRIBUTE, FIELDS, parse
from service.accounts.models import StandardPopulation
from tests.support.filters import every_condition, holds, some_filter, some_row

ROWS, TREES = 120, 250


async def stored(driver: asyncpg.Connection, rows: list[dict[str, Any]]) -> None:
    await driver.execute(
        "CREATE TEMPORARY TABLE row (LIKE account) ON COMMIT DROP; ALTER TABLE row ADD COLUMN at int"
    )
    columns = [field for field in FIELDS if field != "population"]
    for name in await driver.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'row'::regclass AND attnotnull AND attnum > 0"
    ):
        await driver.execute(f'ALTER TABLE row ALTER COLUMN "{name[0]}" DROP NOT NULL')
    for at, row in enumerate(rows):
        bits = sum(BITS[StandardPopulation(slug)] for slug in row["population"])
        values = [at, bits, json.dumps(row["attributes"]), *(row[column] for column in columns)]
        places = ", ".join(f"${n}" for n in range(4, 4 + len(columns)))
        await driver.execute(
            f"INSERT INTO row (at, populations, attributes, {', '.join(columns)}) VALUES ($1, $2, $3, {places})",
            *values,
        )


async def chosen(driver: asyncpg.Connection, tree: dict[str, Any]) -> set[int]:
    values: list[Any] = [0]
    text = where(parse(tree), values)
    found = await driver.fetch(f"SELECT at, {text} AS holds FROM row WHERE at >= $1", *values)
    assert all(row["holds"] is not None for row in found), tree
    return {row["at"] for row in found if row["holds"]}


async def test_sql_chooses_what_a_plain_reading_chooses(superuser: asyncpg.Connection) -> None:
    chance = random.Random(20261122)
    rows = [some_row(chance) for _ in range(ROWS)]
    await stored(superuser, rows)
    trees = [*every_condition(chance), *every_condition(chance), *(some_filter(chance) for _ in range(TREES))]
    answers = set()
    for tree in trees:
        expected = {at for at, row in enumerate(rows) if holds(tree, row)}
        assert await chosen(superuser, tree) == expected, tree
        answers.add(0 < len(expected) < ROWS)
    assert answers == {True, False}


def test_no_word_of_a_filter_stands_in_the_statement() -> None:
    """Whatever a user writes is a parameter: the text is made of our own words alone."""
    mark = "x'; DROP TABLE account; --"
    conditions = [{"field": field, "op": "is", "value": mark} for field in ("name", f"{ATTRIBUTE}{mark}")] + [
        {"field": "owner", "op": "in", "value": [mark]},
        {"field": "city", "op": "contains", "value": mark},
    ]
    values: list[Any] = []
    text = where(parse({"all": [*conditions, {"not": {"any": conditions}}]}), values)
    assert "DROP" not in text
    assert ";" not in text
    assert len(values) == 2 * 5
