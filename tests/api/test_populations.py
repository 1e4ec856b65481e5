"""Populations by filters over HTTP: made, tried, read, changed under their tag, removed, and refused in words."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.accounts.populations import MOST, NewPopulation, create_population
from service.api.app import state_in
from tests.factories.world import Pair

PATH = "/v1/populations"
ANNS = {"field": "owner", "op": "is", "value": "Ann"}
LIST = "Account ID,Company,Website,Owner,Status\n" + "".join(
    f"{n},Orchid {n},{f'orchid{n}.com' if n % 2 else ''},{'Ann' if n < 12 else 'Bo'},Customer\n"
    for n in range(16)
)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_a_population_lives(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers
    await pair.world.upload(pair.left, LIST, population=None)
    await pair.world.work()
    tried = (await client.post(f"{PATH}/preview", json={"filter": ANNS}, headers=who)).json()
    assert (tried["accounts"], tried["with_domain"], tried["matchable"]) == (12, 6, 12)
    assert [account["name"] for account in tried["first"]] == [f"Orchid {n}" for n in range(10)]
    made = await client.post(PATH, json={"name": "Ann's accounts", "filter": ANNS}, headers=who)
    assert made.status_code == 201
    body = made.json()
    assert (body["slug"], body["accounts"], body["settled"], body["filter"]) == (
        "ann_s_accounts",
        0,
        False,
        ANNS,
    )
    await pair.world.work()
    listed = (await client.get(PATH, headers=who)).json()["items"]
    assert {p["slug"]: (p["accounts"], p["settled"], p["filter"]) for p in listed} == {
        "customers": (16, True, None), "open_opportunities": (0, True, None), "prospects": (0, True, None),
        "ann_s_accounts": (12, True, ANNS),
    }  # fmt: skip
    page = await client.get("/v1/accounts", params={"population": "ann_s_accounts"}, headers=who)
    assert len(page.json()["items"]) == 12
    assert page.json()["items"][0]["populations"] == ["customers", "ann_s_accounts"]
    path = f"{PATH}/{body['id']}"
    read = await client.get(path, headers=who)
    tag = read.headers["etag"]
    assert tag == made.headers["etag"]
    bos = {"not": ANNS}
    changed = await client.patch(path, json={"filter": bos}, headers=who | {"If-Match": tag})
    late = await client.patch(path, json={"name": "Late"}, headers=who | {"If-Match": tag})
    assert (changed.status_code, changed.json()["settled"], late.status_code) == (200, False, 412)
    await pair.world.work()
    assert (await client.get(path, headers=who)).json()["accounts"] == 4
    assert (await client.delete(path, headers=who | {"If-Match": tag})).status_code == 412
    assert (await client.delete(path, headers=who)).status_code == 204
    assert problem(await client.get(path, headers=who)) == (404, "not-found")
    assert problem(await client.delete(path, headers=who)) == (404, "not-found")
    assert len((await client.get(PATH, headers=who)).json()["items"]) == 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "x", "filter": {"all": [ANNS, {**ANNS, "op": "gt"}]}}, "filter.all[1].op: for owner use one of is, is_not, in"),
        ({"name": "x", "filter": {}}, "filter: give"),
        ({"name": "x", "filter": {**ANNS, "field": "populations"}}, "filter.field: use one of name, website"),
    ],
)  # fmt: skip
async def test_what_is_no_filter_is_refused_wherever_it_comes(
    client: httpx.AsyncClient, pair: Pair, body: dict[str, Any], said: str
) -> None:
    who = pair.left.headers
    made = (await client.post(PATH, json={"name": "Gold", "filter": ANNS}, headers=who)).json()
    for answer in (
        await client.post(PATH, json=body, headers=who),
        await client.post(f"{PATH}/preview", json={"filter": body["filter"]}, headers=who),
        await client.patch(f"{PATH}/{made['id']}", json=body, headers=who),
    ):
        assert problem(answer) == (422, "invalid-filter")
        assert said in answer.json()["detail"]
    assert (await client.get(f"{PATH}/{made['id']}", headers=who)).json()["name"] == "Gold"


async def test_what_stands_in_the_way_is_told(client: httpx.AsyncClient, pair: Pair) -> None:
    who, world = pair.left.headers, pair.world
    [standard, *_] = (await client.get(PATH, headers=who)).json()["items"]
    for answer in (
        await client.patch(f"{PATH}/{standard['id']}", json={"name": "x"}, headers=who),
        await client.delete(f"{PATH}/{standard['id']}", headers=who),
    ):
        assert problem(answer) == (409, "standard-population")
    again = await client.post(PATH, json={"name": "Customers", "filter": ANNS}, headers=who)
    assert problem(again) == (409, "population-exists")
    async with world.database.tenant(pair.left.id) as session:
        for number in range(MOST):
            await create_population(
                session, world.ids, world.clock, wanted=NewPopulation(f"Gold {number}", ANNS)
            )
    one_more = {"name": "One more", "filter": ANNS}
    full = await client.post(PATH, json=one_more, headers=who)
    assert problem(full) == (409, "too-many-populations")
    assert "remove one first" in full.json()["detail"]
    await world.work()
    assert (
        await client.delete(f"{PATH}/{made_id(await client.get(PATH, headers=who))}", headers=who)
    ).is_success
    soon = await client.post(PATH, json=one_more, headers=who)
    assert problem(soon) == (409, "too-many-populations")
    assert "is being cleared: try again" in soon.json()["detail"]
    assert (int(soon.headers["retry-after"]) > 0, "retry-after" in full.headers) == (True, False)
    await world.work()
    assert (await client.post(PATH, json=one_more, headers=who)).status_code == 201


def made_id(listed: httpx.Response) -> str:
    return str(listed.json()["items"][-1]["id"])


async def test_one_filter_is_tried_at_a_time(client: httpx.AsyncClient, app: FastAPI, pair: Pair) -> None:
    path, body = f"{PATH}/preview", {"filter": ANNS}
    with state_in(app).reports.room(pair.left.id):
        busy = await client.post(path, json=body, headers=pair.left.headers)
        assert problem(busy) == (503, "busy")
        assert (await client.post(path, json=body, headers=pair.right.headers)).status_code == 200
    assert (await client.post(path, json=body, headers=pair.left.headers)).status_code == 200


async def test_a_list_lives(client: httpx.AsyncClient, pair: Pair) -> None:
    who, world = pair.left.headers, pair.world
    wanted = {"name": "Guests", "kind": "list"}
    for wrong in (wanted | {"filter": ANNS}, {"name": "Guests"}):
        assert problem(await client.post(PATH, json=wrong, headers=who)) == (422, "invalid-request")
    made = await client.post(PATH, json=wanted, headers=who)
    assert (made.status_code, made.json()["kind"], made.json()["settled"]) == (201, "list", True)
    guests, members = f"{PATH}/{made.json()['id']}", f"{PATH}/{made.json()['id']}/members"
    gold = (await client.post(PATH, json={"name": "Gold", "filter": ANNS}, headers=who)).json()
    await world.upload(pair.left, LIST, population=None)
    await world.work()
    first, second, third = [
        account["id"]
        for account in (await client.get("/v1/accounts", params={"limit": 3}, headers=who)).json()["items"]
    ]
    before = world.clock.now()
    unknown = str(world.ids.new())
    done = await client.post(members, json={"add": [first, second, unknown]}, headers=who)
    assert [r["status"] for r in done.json()["results"]] == ["added", "added", "unknown"]
    done = await client.post(members, json={"add": [third, first], "remove": [second]}, headers=who)
    assert done.json()["results"] == [
        {"id": third, "status": "added"},
        {"id": first, "status": "unchanged"},
        {"id": second, "status": "removed"},
    ]
    assert (await client.get(guests, headers=who)).json()["accounts"] == 2

    async def inside(**more: str) -> set[str]:
        page = await client.get("/v1/accounts", params={"population": "guests", **more}, headers=who)
        return {one["id"] for one in page.json()["items"]}

    assert (await inside(), await inside(as_of=before.isoformat())) == ({first, third}, set())
    undo = await client.post(f"/v1/imports/{done.json()['import_id']}/rollback", headers=who)
    await world.work()
    assert (undo.status_code, await inside()) == (202, {first, second})
    record = {"records": [{"external_id": "1", "name": "Orchid 1"}, {"name": "New"}]}
    sent = await client.post("/v1/accounts:batch", params={"population": "guests"}, json=record, headers=who)
    assert (sent.json()["created"], len(await inside())) == (1, 3)
    for wrong in ({}, {"add": [first], "remove": [first]}, {"add": [first] * 600, "remove": [third] * 401}):
        assert problem(await client.post(members, json=wrong, headers=who)) == (422, "invalid-request")
    assert problem(await client.patch(guests, json={"filter": ANNS}, headers=who)) == (409, "population-kind")
    body = {"json": {"add": [first]}, "headers": who}
    assert problem(await client.post(f"{PATH}/{gold['id']}/members", **body)) == (409, "population-kind")
    for path, sending in (("/v1/imports", {"content": LIST}), ("/v1/accounts:batch", {"json": record})):
        for slug, said in (("gold", "invalid-parameter"), ("nobody", "unknown-population")):
            refused = await client.post(path, params={"population": slug}, headers=who, **sending)  # type: ignore[arg-type]
            assert problem(refused) == (422, said)
    sent = await client.post("/v1/imports", params={"population": "guests"}, content=LIST, headers=who)
    await world.work()
    assert (sent.status_code, len(await inside())) == (202, 17)
