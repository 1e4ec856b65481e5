"""The list as it stood at an earlier moment."""

from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import httpx
import pytest

from service.accounts.models import Population
from service.accounts.populations import NewPopulation, create_population
from service.imports.models import ImportKind, ImportMode, ImportStatus
from service.imports.operations import REMEMBERED, REMEMBERED_IMPORTS, roll_back
from service.imports.repository import Imports
from service.partnerships.populations import remove
from tests.domain.imports.support import FIRST, fetch, imported
from tests.factories.world import Member, World
from tests.support.changing_lists import HEADER, row

Account = dict[str, Any]


async def listed(
    client: httpx.AsyncClient,
    member: Member,
    moment: datetime | None = None,
    *,
    limit: int = 1000,
    of: str = "accounts",
    **asked: str,
) -> list[Account]:
    """Every record, page after page."""
    found: list[Account] = []
    query: dict[str, str | int] = {"limit": limit, **asked}
    query |= {"as_of": moment.isoformat()} if moment else {}
    while True:
        answer = await client.get(f"/v1/{of}", params=query, headers=member.headers)
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
    for _ in range(14):
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


class Attached(Story):
    """Random changes of people and deals, by files and undone, while their accounts come along."""

    async def step(self) -> None:
        await self.random.choices([self.file, self.people, self.deals, self.undoing], [1, 5, 5, 2])[0]()

    async def people(self) -> None:
        rows = [
            f"c{one},Quell{one},q{one}@firm{one}.com,{self.random.choice(('CTO', 'CFO'))},{self.account},{self.random.choice('AB')}"
            for one in self.random.sample(range(8), 5)
        ]
        await self.sent(
            ImportKind.CONTACTS, "Contact ID,Last Name,Email,Title,Account External ID,Owner", rows
        )

    async def deals(self) -> None:
        rows = [
            f"o{one},Deal {one},{self.account},{self.random.choice(('Proposal', 'Won', 'Lost'))},{self.random.randrange(9)}.50,"
            f"{self.random.choice('AB')}"
            for one in self.random.sample(range(8), 5)
        ]
        await self.sent(
            ImportKind.OPPORTUNITIES, "Opportunity ID,Opportunity Name,Account External ID,Stage,Amount,Owner", rows
        )  # fmt: skip

    @property
    def account(self) -> str:
        return f"x{self.random.randrange(6)}"

    async def file(self) -> None:
        text = "\n".join([HEADER, *(row(self.random, one) for one in range(6)), ""])
        await imported(self.world, self.member, text)

    async def sent(self, kind: ImportKind, header: str, rows: list[str]) -> None:
        mode = self.random.choice((ImportMode.UPSERT, ImportMode.REPLACE))
        text = "\n".join([header, *rows, ""])
        await imported(self.world, self.member, text, kind=kind, mode=mode, confirmed=True)


async def test_every_earlier_list_of_people_and_deals_is_told_as_it_was_but_for_who_was_erased(
    client: httpx.AsyncClient, world: World
) -> None:
    member = await world.organization("left")
    story = Attached(world, member, client, Random(4))
    for begin in (story.file, story.people, story.deals):
        await begin()
    remembered: list[tuple[datetime, dict[str, list[Account]]]] = []
    for _ in range(12):
        lists = {of: await listed(client, member, of=of) for of in ("contacts", "opportunities")}
        lists["deals"] = [await one(client, member, deal["id"]) for deal in lists["opportunities"]]
        remembered.append((world.clock.now(), lists))
        await story.step()
    assert len({str(lists["contacts"]) for _, lists in remembered}) > 3
    assert len({str(lists["deals"]) for _, lists in remembered}) > 3

    erased = remembered[0][1]["contacts"][0]["id"]
    gone = (await client.get("/v1/accounts/by-external-id/x0", headers=member.headers)).json()["id"]
    for path in (f"contacts/{erased}", "accounts/by-external-id/x0"):
        assert (await client.delete(f"/v1/{path}", headers=member.headers)).status_code == 204
    assert any(deal["account_id"] == gone for _, lists in remembered for deal in lists["deals"])
    for moment, before in remembered:
        lists = {
            of: [
                record | {"account_id": None if record["account_id"] == gone else record["account_id"]}
                for record in records
                if record["id"] != erased
            ]
            for of, records in before.items()
        }
        for of in ("contacts", "opportunities"):
            limit = story.random.choice((2, 1000))
            assert await listed(client, member, moment, limit=limit, of=of) == lists[of]
            kept = [record for record in lists[of] if record["owner"] == "A"]
            assert await listed(client, member, moment, of=of, owner="A") == kept
        assert [await one(client, member, deal["id"], moment) for deal in lists["deals"]] == lists["deals"]
    query = {"as_of": remembered[0][0].isoformat()}
    there = await client.get(f"/v1/contacts/{erased}", params=query, headers=member.headers)
    assert there.status_code == 404


async def one(
    client: httpx.AsyncClient, member: Member, deal_id: str, moment: datetime | None = None
) -> Account:
    """A deal with its stages."""
    query = {"as_of": moment.isoformat()} if moment else {}
    answer = await client.get(f"/v1/opportunities/{deal_id}", params=query, headers=member.headers)
    assert answer.status_code == 200, answer.text
    found: Account = answer.json()
    return found


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
    forgotten = earliest - timedelta(days=1), f"{earliest:%Y-%m-%dT%H:%M}"
    to_come = world.clock.now() + timedelta(days=1), "to come"
    for of, (moment, said) in product(("accounts", "contacts", "opportunities"), (forgotten, to_come)):
        query = {"as_of": moment.isoformat()}
        answer = await client.get(f"/v1/{of}", params=query, headers=member.headers)
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
