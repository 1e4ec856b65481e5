"""A cursor is good for the list, filter and organization that it came from, and for no other."""

import base64
import json

import httpx
import pytest

from tests.factories.world import Member, Pair, company_list

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


async def test_a_cursor_names_nothing_of_the_organization_and_outlives_the_process(
    client: httpx.AsyncClient, listed: Pair
) -> None:
    given = await cursor(client, listed.left)
    assert "uorum" not in base64.urlsafe_b64decode(given + "==").decode("latin-1")
    client._transport.app.state.commonground.signer.__init__()  # type: ignore[attr-defined]  # as a new process has it
    assert (await page(client, listed.left, cursor=given)).status_code == 200
