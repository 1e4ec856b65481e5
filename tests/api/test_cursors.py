"""A cursor is good for the list, filter and organization that it came from, and for no other."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from service.organizations.models import Role
from tests.factories.people import Browser, browser_of, make_person
from tests.factories.people import member as make_member
from tests.factories.world import Member, Pair, World, company_list

INVALID = "urn:commonground:problem:invalid-cursor"


@pytest.fixture
async def listed(pair: Pair) -> Pair:
    for member in (pair.left, pair.right):
        await pair.world.upload(member, company_list(*((f"Quorum {i}", f"quorum{i}.com") for i in range(5))))
    await pair.world.work()
    return pair


async def page(
    client: httpx.AsyncClient, member: Member, path: str = "/v1/accounts", **query: str
) -> httpx.Response:
    return await client.get(path, params=query, headers=member.headers)


async def cursor(client: httpx.AsyncClient, member: Member, **query: str) -> str:
    found: str = (await page(client, member, limit="2", **query)).json()["next_cursor"]
    return found


async def test_a_page_goes_on_where_the_last_one_ended_with_another_limit_too(
    client: httpx.AsyncClient, listed: Pair
) -> None:
    first = (await page(client, listed.left, limit="2")).json()
    second = (await page(client, listed.left, limit="3", cursor=first["next_cursor"])).json()
    names = [item["name"] for item in first["items"] + second["items"]]
    assert names == [f"Quorum {i}" for i in range(5)]
    assert (second["has_more"], second["next_cursor"]) == (False, None)


async def test_a_cursor_is_of_one_organization_address_and_filter(
    client: httpx.AsyncClient, listed: Pair
) -> None:
    given = await cursor(client, listed.left, population="customers")
    assert (await page(client, listed.left, population="customers", cursor=given)).status_code == 200
    others = [
        await page(client, listed.right, population="customers", cursor=given),
        await page(client, listed.left, cursor=given),
        await page(client, listed.left, population="prospects", cursor=given),
        await page(client, listed.left, population="customers", domain="quorum1.com", cursor=given),
        await page(client, listed.left, "/v1/imports", population="customers", cursor=given),
    ]
    assert [answer.status_code for answer in others] == [400] * 5
    assert {answer.json()["type"] for answer in others} == {INVALID}


async def test_the_order_of_the_filter_does_not_matter(client: httpx.AsyncClient, listed: Pair) -> None:
    given = (
        await client.get(
            "/v1/accounts?limit=1&population=customers&domain=quorum1.com", headers=listed.left.headers
        )
    ).json()
    assert given["items"][0]["name"] == "Quorum 1"
    first = await cursor(client, listed.left, population="customers")
    path = f"/v1/accounts?cursor={first}&population=customers&limit=2"
    assert (await client.get(path, headers=listed.left.headers)).status_code == 200


async def test_no_bit_of_a_cursor_can_be_changed(client: httpx.AsyncClient, listed: Pair) -> None:
    given = await cursor(client, listed.left)
    packed = bytearray(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    for place in range(len(packed)):
        packed[place] ^= 1
        forged = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        assert (await page(client, listed.left, cursor=forged)).json()["type"] == INVALID
        packed[place] ^= 1


@pytest.mark.parametrize(
    "given",
    ["", "x", "====", "é", "A" * 5_000, base64.b64encode(json.dumps(["accounts", "x"]).encode()).decode()],
)
async def test_what_was_never_given_out_is_refused(client: httpx.AsyncClient, pair: Pair, given: str) -> None:
    answer = await page(client, pair.left, cursor=given)
    assert (answer.status_code, answer.json()["type"]) == (400, INVALID)


async def test_lists_of_people_come_in_pages_that_name_each_once(app: FastAPI, world: World) -> None:
    people, org = app.state.commonground.people, await world.organization("acme")
    ada = await make_member(people, org.id, Role.ADMIN, email="ada@example.com")
    for n in range(4):
        await make_member(people, org.id, Role.VIEWER, email=f"viewer{n}@example.com")
    async with AsyncExitStack() as browsers:
        browser = [await browsers.enter_async_context(browser_of(app, ada)) for _ in range(5)][-1]
        for n in range(5):
            body = {"email": f"new{n}@example.com", "role": "viewer"}
            assert (await browser.ask("POST", "/v1/member-invitations", json=body)).status_code == 201
        for path, name in (("members", "person_id"), ("member-invitations", "id"), ("sessions", "id")):
            found = [page async for page in all_pages(browser, f"/v1/{path}")]
            assert [len(page) for page in found] == [2, 2, 1], path
            whole = (await browser.ask("GET", f"/v1/{path}")).json()["items"]
            assert [item for page in found for item in page] == whole
            assert len({item[name] for item in whole}) == 5


async def test_a_cursor_of_ones_sessions_is_good_for_nobody_else(app: FastAPI) -> None:
    people = app.state.commonground.people
    ada, eve = [await make_person(people, f"{name}@example.com") for name in ("ada", "eve")]
    async with browser_of(app, ada) as first, browser_of(app, ada), browser_of(app, eve) as other:
        given = (await first.ask("GET", "/v1/sessions?limit=1")).json()["next_cursor"]
        assert (await first.ask("GET", f"/v1/sessions?cursor={given}")).status_code == 200
        assert (await other.ask("GET", f"/v1/sessions?cursor={given}")).json()["type"] == INVALID


async def all_pages(browser: Browser, path: str) -> AsyncIterator[list[dict[str, str]]]:
    """Pages of two."""
    query: dict[str, str] | None = {"limit": "2"}
    while query is not None:
        page = (await browser.ask("GET", path, params=query)).json()
        yield page["items"]
        query = {"limit": "2", "cursor": page["next_cursor"]} if page["has_more"] else None


async def test_a_cursor_names_nothing_of_the_organization_and_outlives_the_process(
    client: httpx.AsyncClient, listed: Pair
) -> None:
    given = await cursor(client, listed.left)
    assert "uorum" not in base64.urlsafe_b64decode(given + "==").decode("latin-1")
    client._transport.app.state.commonground.signer.__init__()  # type: ignore[attr-defined]  # as a new process has it
    assert (await page(client, listed.left, cursor=given)).status_code == 200
