"""The list as it stood at an earlier moment."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from service.accounts.models import Population
from service.accounts.populations import NewPopulation, create_population
from service.imports.models import ImportMode, ImportStatus
from service.imports.operations import REMEMBERED, REMEMBERED_IMPORTS, roll_back
from service.imports.repository import Imports
from service.partnerships.populations import remove
from tests.domain.imports.support import FIRST, fetch, imported
from tests.factories.world import Member, World
from tests.support.changing_lists import HEADER, row

Account = dict[str, Any]


async def listed(
    client: httpx.AsyncClient, member: Member, moment: datetime | None = None, *, limit: int = 1000
) -> list[Account]:
    """Every account, page after page."""
    found: list[Account] = []
    query: dict[str, str | int] = {"limit": limit} | ({"as_of": moment.isoformat()} if moment else {})
    while True:
        answer = await client.get("/v1/accounts", params=query, headers=member.headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if not answer.json()["has_more"]:
            return found
        query["cursor"] = answer.json()["next_cursor"]


class Story:
    """Random changes of one list, by files, over the API and undone."""

    def __init__(self, world: World, member: Member, client: httpx.AsyncClient, random: Random) -> None:
        self.world, self.member, self.client, self.random = world, member, client, random

    async def step(self) -> None:
        await self.random.choices([self.file, self.records, self.removal, self.undoing], [4, 3, 1, 2])[0]()

    async def file(self) -> None:
        ids = self.random.sample(range(20), self.random.randrange(3, 15))
        text = "\n".join([HEADER, *(row(self.random, external_id) for external_id in ids), ""])
        mode = self.random.choice((ImportMode.UPSERT, ImportMode.REPLACE))
        await imported(self.world, self.member, text, mode=mode, confirmed=True)

    async def records(self) -> None:
        ids = self.random.sample(range(24), 3)
        records = [
            {"external_id": f"x{one}", "city": self.random.choice(("Ulm", "Bonn", None))} for one in ids
        ]
        answer = await self.client.post(
            "/v1/accounts:batch", json={"records": records}, headers=self.member.headers
        )
        assert answer.status_code == 200, answer.text

    async def removal(self) -> None:
        path = f"/v1/accounts/by-external-id/x{self.random.randrange(20)}"
        assert (await self.client.delete(path, headers=self.member.headers)).status_code in {204, 404}

    async def undoing(self) -> None:
        query = "SELECT id FROM import WHERE status = 'completed' ORDER BY number DESC LIMIT 4"
        undone = self.random.choice(await fetch(self.world, self.member, query))["id"]
        async with self.world.database.tenant(self.member.id) as session:
            await roll_back(session, self.world.clock, self.world.ids, undone)
        await self.world.work()


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_earlier_list_is_told_as_it_was(
    client: httpx.AsyncClient, world: World, seed: int
) -> None:
    member = await world.organization("left")
    story = Story(world, member, client, Random(seed))
    await story.file()
    remembered: list[tuple[datetime, list[Account]]] = []
    for _ in range(10):
        remembered.append((world.clock.now(), await listed(client, member)))
        await story.step()
    assert len({str(accounts) for _, accounts in remembered}) > 5
    for moment, accounts in remembered:
        assert await listed(client, member, moment, limit=story.random.choice((3, 1000))) == accounts
    moment, [first, *_] = max(remembered, key=lambda one: len(one[1]))
    path = f"/v1/accounts/{first['id']}"
    then = await client.get(path, params={"as_of": moment.isoformat()}, headers=member.headers)
    assert then.json() == first
    before = remembered[0][0] - timedelta(hours=1)
    assert await listed(client, member, before) == []


async def test_a_moment_that_is_forgotten_names_the_earliest_that_isnt(
    client: httpx.AsyncClient, world: World
) -> None:
    member = await world.organization("left")
    first = await imported(world, member, FIRST)
    async with world.database.tenant(member.id) as session:
        await session.sql("UPDATE import SET finished_at = finished_at - interval '200 days'")
        until = world.clock.now() - REMEMBERED
        assert await Imports(session).known_since(until, REMEMBERED_IMPORTS) is None
        await session.sql("UPDATE import SET origin = 'api'")
        earliest = await Imports(session).known_since(until, REMEMBERED_IMPORTS)
    assert first.finished_at is not None
    assert earliest == first.finished_at - timedelta(days=200)
    for moment, said in (
        (earliest - timedelta(days=1), f"{earliest:%Y-%m-%dT%H:%M}"),
        (world.clock.now() + timedelta(days=1), "to come"),
    ):
        query = {"as_of": moment.isoformat()}
        answer = await client.get("/v1/accounts", params=query, headers=member.headers)
        assert (answer.status_code, answer.json()["type"]) == (
            422,
            "urn:commonground:problem:invalid-parameter",
        )
        assert said in answer.json()["detail"]
    assert first.status is ImportStatus.COMPLETED


async def test_no_account_was_in_a_population_that_came_later_with_the_bit_of_one_that_is_gone(
    client: httpx.AsyncClient, world: World
) -> None:
    member = await world.organization("left")

    async def population(name: str) -> Population:
        wanted = NewPopulation(name, {"field": "city", "op": "is_set"})
        async with world.database.tenant(member.id) as session:
            return await create_population(session, world.ids, world.clock, wanted=wanted)

    async def cities(*of: str) -> None:
        rows = [f"x{at},Orchid {at},orchid{at}.com,{city}" for at, city in enumerate(of)]
        await imported(
            world, member, "\n".join(["Account ID,Company,Website,City", *rows, ""]), population=None
        )

    gold = await population("Gold")
    await cities("Ulm", "Bonn")
    moment = world.clock.now()
    await cities("Bonn", "Bonn")
    async with world.database.tenant(member.id) as session:
        await remove(session, world.clock, gold.id, meets=lambda _: None)
    await world.work()
    silver = await population("Silver")
    await world.work()
    assert silver.bit == gold.bit
    assert [one["populations"] for one in await listed(client, member)] == [["silver"], ["silver"]]
    assert [one["populations"] for one in await listed(client, member, moment)] == [[], []]
    query = {"as_of": moment.isoformat(), "population": "silver"}
    answer = await client.get("/v1/accounts", params=query, headers=member.headers)
    assert answer.json()["items"] == []
