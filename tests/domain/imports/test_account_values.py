"""Accounts keep what a list says as values beside its texts; what can't be read costs nobody a row."""

from typing import Any

from service.imports.models import Import
from service.imports.operations import roll_back
from tests.domain.imports.support import counts, fetch, imported, one
from tests.domain.imports.test_previews import tried
from tests.factories.world import Member, Pair, World

HEADER = "Account ID,Company,Website,Country,Employees,Annual Revenue,LEI,Parent Company,Parent Account ID,Parent Website\n"
LIST = HEADER + (
    '1,Siemens,siemens.com,Deutschland,51–200,"€ 3,4 Mio",529900T8BM49AURSDO55,Siemens Holding,H-7,https://siemens.de\n'
    "2,Bosch,bosch.com,JPN,10.000+,1.2M,,,,\n"
    "3,Linde,linde.com,Atlantis,many,lots,529900T8BM49AURSDO56,,,\n"
    "4,Rimac,rimac.com,,,,,,,\n"
)  # fmt: skip
VALUES = """
    SELECT external_id, country, country_code, employees_from, employees_to, revenue_amount::text, revenue_currency, parent_name,
           parent_external_id, parent_domain FROM account ORDER BY external_id
"""


async def values(world: World, member: Member) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await fetch(world, member, VALUES)]


async def undone(pair: Pair, record: Import) -> Import:
    world = pair.world
    async with world.database.tenant(pair.left.id) as session:
        queued = await roll_back(session, world.clock, world.ids, record.id)
    await world.work()
    return await one(world, pair.left, queued.id)


async def test_values_are_read_beside_the_texts_and_what_cannot_be_read_is_told(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, LIST)
    assert counts(record) == (4, 0, 0, 0, 0)
    first = [
        ("1", "Deutschland", "DE", 51, 200, "3400000", "EUR", "Siemens Holding", "H-7", "https://siemens.de"),
        ("2", "JPN", "JP", 10000, None, "1200000", None, None, None, None),
        ("3", "Atlantis", None, None, None, None, None, None, None, None),
        ("4", None, None, None, None, None, None, None, None, None),
    ]
    assert await values(pair.world, pair.left) == first
    assert record.report is not None
    warned = record.report["warnings"][1:]
    assert [warning.split("'")[1] for warning in warned] == ["Country", "Employees", "Annual Revenue", "LEI"]
    assert "line 4, column 'Employees': 'many' is no number of people: write" in warned[1]

    again = await imported(pair.world, pair.left, LIST + "5,Miele,miele.com,DE,,,,,,\n")
    assert counts(again) == (1, 0, 4, 0, 0)
    _, found = await tried(pair, LIST.replace("Deutschland", "Utopia").replace("1.2M", "1.2 or so"))
    assert [(p["column"], p["reason"], p["rows"], p["lines"]) for p in found["problems"]] == [
        ("Country", "unreadable_value", 1, [2]),
        ("Annual Revenue", "unreadable_value", 1, [3]),
    ]

    # What the file has no column for stays; what it has one for follows, and comes back with a rollback.
    change = await imported(pair.world, pair.left, "Account ID,Company,Employees\n1,Siemens,\n2,Bosch,1k\n")
    now = await values(pair.world, pair.left)
    assert now[0] == ("1", "Deutschland", "DE", None, None, *first[0][5:])
    assert now[1] == ("2", "JPN", "JP", 1000, 1000, *first[1][5:])
    assert counts(await undone(pair, change))[1] == 2
    assert (await values(pair.world, pair.left))[:4] == first


async def test_values_that_a_new_row_settles_are_read_anew_though_their_rows_stand(pair: Pair) -> None:
    text = "Account ID,Company,Annual Revenue\n1,Siemens,€ 3.400\n2,Bosch,€ 1.200\n"
    await imported(pair.world, pair.left, text)
    amounts = "SELECT revenue_amount::text FROM account ORDER BY external_id"
    before = [row["revenue_amount"] for row in await fetch(pair.world, pair.left, amounts)]
    assert before == ["3400", "1200"]
    record = await imported(pair.world, pair.left, text + "3,Linde,€ 1.5\n")
    assert [row["revenue_amount"] for row in await fetch(pair.world, pair.left, amounts)] == [
        "3.4",
        "1.2",
        "1.5",
    ]
    assert counts(record) == (1, 2, 0, 0, 0)
