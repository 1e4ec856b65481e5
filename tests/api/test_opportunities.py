"""Opportunities over HTTP: brought by an import of their own kind, listed, filtered, and with their stages."""

from typing import Any

import httpx

from tests.factories.world import Pair

ACCOUNTS = "Account ID,Company,Website\n1,Siemens AG,siemens.com\n2,Bosch,bosch.com\n"
DEALS = (
    "Opportunity ID,Opportunity Name,Account ID,Stage,Amount,Owner\n"
    "o1,Turbines,1,Proposal,€ 1.5M,Ann\no2,Drills,2,Closed Won,7,Bob\no3,Trains,1,Closed Lost,,Ann\n"
)


async def sent(client: httpx.AsyncClient, pair: Pair, text: str, **query: str) -> dict[str, Any]:
    answer = await client.post("/v1/imports", content=text, params=query, headers=pair.left.headers)
    assert answer.status_code == 202, answer.text
    await pair.world.work()
    found: dict[str, Any] = (
        await client.get(f"/v1/imports/{answer.json()['id']}", headers=pair.left.headers)
    ).json()
    return found


async def listed(client: httpx.AsyncClient, pair: Pair, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/opportunities", params=query, headers=pair.left.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_opportunities_are_brought_listed_and_filtered(client: httpx.AsyncClient, pair: Pair) -> None:
    await sent(client, pair, ACCOUNTS)
    record = await sent(client, pair, DEALS, records="opportunities")
    assert (record["records"], record["counts"]["created"]) == ("opportunities", 3)
    everyone = await listed(client, pair)
    assert [(one["name"], one["amount"], one["currency"], one["outcome"]) for one in everyone] == [
        ("Turbines", "1500000", "EUR", "open"),
        ("Drills", "7", None, "won"),
        ("Trains", None, None, "lost"),
    ]
    for query in (
        {"account_id": everyone[0]["account_id"]}, {"domain": "siemens.com"}, {"owner": "Ann"},
    ):  # fmt: skip
        assert [one["name"] for one in await listed(client, pair, **query)] == ["Turbines", "Trains"]
    assert [one["name"] for one in await listed(client, pair, stage="Closed Won")] == ["Drills"]
    assert [one["name"] for one in await listed(client, pair, outcome="lost", owner="Ann")] == ["Trains"]
    page = await client.get("/v1/opportunities?limit=2", headers=pair.left.headers)
    rest = await listed(client, pair, limit="2", cursor=page.json()["next_cursor"])
    assert [one["name"] for one in rest] == ["Trains"]


async def test_one_opportunity_comes_with_its_stages(client: httpx.AsyncClient, pair: Pair) -> None:
    await sent(client, pair, DEALS, records="opportunities")
    await sent(client, pair, DEALS.replace("Proposal", "Negotiation"), records="opportunities")
    [deal] = await listed(client, pair, stage="Negotiation")
    found = await client.get(f"/v1/opportunities/{deal['id']}", headers=pair.left.headers)
    assert [stage["stage"] for stage in found.json()["stages"]] == ["Proposal", "Negotiation"]
    assert {**found.json(), "stages": None} == {**deal, "stages": None}
    stranger = await client.get(f"/v1/opportunities/{deal['id']}", headers=pair.right.headers)
    assert stranger.status_code == 404


async def test_what_only_accounts_have_is_refused_for_others(client: httpx.AsyncClient, pair: Pair) -> None:
    for query, said in (
        ({"population": "customers"}, "only accounts belong to populations"),
        ({"columns": '{"website": "Site"}'}, "no opportunity field 'website'"),
    ):
        answer = await client.post(
            "/v1/imports",
            content=DEALS,
            params={"records": "opportunities", **query},
            headers=pair.left.headers,
        )
        assert answer.status_code == 422, answer.text
        assert said in answer.json()["detail"]


async def test_a_mapping_names_fields_of_opportunities(client: httpx.AsyncClient, pair: Pair) -> None:
    text = "What,How much\nTurbines,12\n"
    mapping = '{"name": "What", "amount": "How much"}'
    record = await sent(client, pair, text, records="opportunities", columns=mapping)
    assert record["counts"]["created"] == 1
    assert [one["amount"] for one in await listed(client, pair)] == ["12"]
