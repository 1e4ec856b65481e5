"""Lists and single overlaps: encoded by hand for speed, so the declared shape is compared with what is sent."""

import json
from typing import Any

import httpx
import pytest

from service.api.pagination import Page
from service.api.v1.overlap_shapes import OverlapOut
from service.partnerships.models import SharingLevel
from tests.factories.world import Pair, company_list

LEFT = company_list(*((f"Brook Bakery {i} Ltd", f"brook{i}.example.com", "DE") for i in range(7)))
RIGHT = company_list(*((f"Brook Bakery {i}", f"brook{i}.example.com", "DE") for i in range(5)))


@pytest.fixture
async def partnership(pair: Pair) -> str:
    await pair.world.upload(pair.left, LEFT)
    await pair.world.upload(pair.right, RIGHT)
    await pair.world.work()
    return str(pair.partnership.id)


async def listed(client: httpx.AsyncClient, pair: Pair, **query: str | int) -> dict[str, Any]:
    answer = await client.get(
        "/v1/overlaps",
        params={"partnership": str(pair.partnership.id)} | query,
        headers=pair.left.headers,
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_what_is_sent_is_exactly_what_is_declared(
    client: httpx.AsyncClient, pair: Pair, partnership: str
) -> None:
    page = await listed(client, pair, limit=2)
    assert len(page["items"]) == 2
    assert Page[OverlapOut].model_validate(page).model_dump(mode="json") == page
    answer = await client.get(
        f"/v1/overlaps/{page['items'][0]['id']}",
        params={"partnership": partnership},
        headers=pair.left.headers,
    )
    assert json.loads(answer.text) == page["items"][0]


@pytest.mark.usefixtures("partnership")
async def test_pages_of_two_give_every_overlap_once_surest_first(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    whole = (await listed(client, pair))["items"]
    seen, query = [], {"limit": 2}
    while True:
        page = await listed(client, pair, **query)
        seen += page["items"]
        if not page["has_more"]:
            break
        query = {"limit": 2, "cursor": page["next_cursor"]}
    assert seen == whole
    assert len({item["id"] for item in seen}) == 5
    order = [(item["confidence"], item["id"]) for item in seen]
    assert order == sorted(order, reverse=True)


async def test_an_overlap_tells_nothing_of_accounts_that_only_take_part(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    async def told() -> list[dict[str, Any]]:
        await pair.world.work()
        return [
            {name: value for name, value in item.items() if name != "updated_at"}
            for status in ("auto", "review")
            for item in (await listed(client, pair, status=status))["items"]
        ]

    levels = {"customers": SharingLevel.OVERLAPPING, "prospects": SharingLevel.MATCHED}
    await pair.world.share(pair.right, pair.partnership, levels)
    await pair.world.upload(pair.left, company_list(("Stayhaven Property Holding", "stayhaven.com")))
    await pair.world.upload(pair.right, company_list(("Aldermoor", "stayhaven.com")))
    alone = await told()
    hidden = company_list(("Birchgate Suites", "stayhaven.com"), ("Calder Inns", "stayhaven.com"))
    await pair.world.upload(pair.right, hidden, population="prospects")
    assert await told() == alone
    await pair.world.share(pair.right, pair.partnership, dict.fromkeys(levels, SharingLevel.OVERLAPPING))
    assert [item["status"] for item in alone] == ["auto"]
    shared = await told()
    assert alone[0]["id"] not in {item["id"] for item in shared if item["status"] == "auto"}
