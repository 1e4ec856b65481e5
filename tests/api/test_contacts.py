"""Contacts over HTTP: who may see them, what a dry run shows, and how one is erased."""

from typing import Any

import httpx

from service.organizations.models import Scope
from tests.factories.world import Pair

ACCOUNTS = "Account ID,Company,Website\n1,Siemens AG,siemens.com\n2,Bosch,bosch.com\n"
PEOPLE = (
    "Contact ID,Name,Email,Title,Account ID,Contact Owner\n"
    "c1,Annegret Quellmann,a.quellmann@siemens.com,CTO,1,Ann\nc2,Benedikt Torfstein,b@bosch.com,Buyer,,Bob\n"
)


async def sent(client: httpx.AsyncClient, pair: Pair, text: str, **query: Any) -> dict[str, Any]:
    answer = await client.post("/v1/imports", content=text, params=query, headers=pair.left.headers)
    assert answer.status_code == 202, answer.text
    await pair.world.work()
    address = f"/v1/imports/{answer.json()['id']}"
    found: dict[str, Any] = (await client.get(address, headers=pair.left.headers)).json()
    return found


async def listed(client: httpx.AsyncClient, pair: Pair, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/contacts", params=query, headers=pair.left.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_contacts_are_brought_listed_and_filtered(client: httpx.AsyncClient, pair: Pair) -> None:
    await sent(client, pair, ACCOUNTS)
    record = await sent(client, pair, PEOPLE, records="contacts")
    assert (record["records"], record["counts"]["created"]) == ("contacts", 2)
    everyone = await listed(client, pair)
    assert [(one["name"], one["email"], one["title"]) for one in everyone] == [
        ("Annegret Quellmann", "a.quellmann@siemens.com", "CTO"),
        ("Benedikt Torfstein", "b@bosch.com", "Buyer"),
    ]
    for query in ({"account_id": everyone[1]["account_id"]}, {"domain": "bosch.com"}, {"owner": "Bob"}):
        assert [one["name"] for one in await listed(client, pair, **query)] == ["Benedikt Torfstein"]
    one = await client.get(f"/v1/contacts/{everyone[0]['id']}", headers=pair.left.headers)
    assert one.json() == everyone[0]
    stranger = await client.get(f"/v1/contacts/{everyone[0]['id']}", headers=pair.right.headers)
    assert stranger.status_code == 404


async def test_a_dry_run_shows_where_something_stands_and_not_what(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    found = await sent(client, pair, PEOPLE, records="contacts", dry_run=True)
    assert (found["counts"]["created"], found["preview"]["columns"]["email"]) == (2, 2)
    assert found["preview"]["rows"][1]["name"] == "…"
    assert found["preview"]["rows"][1]["account_external_id"] is None
    assert "Torfstein" not in str(found)
    assert await listed(client, pair) == []


async def test_an_erased_contact_is_gone_and_the_log_keeps_its_id_alone(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await sent(client, pair, PEOPLE, records="contacts")
    first, second = await listed(client, pair)
    address = f"/v1/contacts/{first['id']}"
    looking = await pair.world.another_key(pair.left, [Scope.CONTACTS_READ])
    assert (await client.delete(address, headers=looking.headers)).status_code == 403
    assert (await client.delete(address, headers=pair.left.headers)).status_code == 204
    assert (await client.delete(address, headers=pair.left.headers)).status_code == 404
    assert await listed(client, pair) == [second]
    log = (await client.get("/v1/audit-log", headers=pair.left.headers)).text
    assert f"contact:{first['id']}" in log
    assert "Quellmann" not in log
