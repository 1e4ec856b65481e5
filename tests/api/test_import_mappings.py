"""How a source's lists are read is saved once, and uploads name it: what they say themselves comes first."""

import json
from typing import Any

import httpx

from service.imports.mappings import MOST, save_mapping
from service.imports.models import ImportKind
from tests.domain.imports.support import fetch
from tests.factories.world import Pair

PATH = "/v1/import-mappings"
SAVED = {
    "columns": {"name": "Haus", "owner": "Betreuung"}, "statuses": {"Stamm-Kunde": "customers", "Lead": None}, "mode": "append",
}  # fmt: skip
LIST = "Nr,Haus,Webseite,Betreuung,Status,Anderer\n1,Orchid,orchid.com,Ann,stamm kunde,Bo\n2,Kestrel,kestrel.com,Ann,LEAD,Bo\n3,Walnut,,Ann,Prospect,Bo\n"


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def sent(client: httpx.AsyncClient, pair: Pair, text: str = LIST, **query: Any) -> dict[str, Any]:
    answer = await client.post("/v1/imports", params=query, content=text.encode(), headers=pair.left.headers)
    assert answer.is_success, answer.text
    await pair.world.work()
    path = f"/v1/imports/{answer.json()['id']}"
    found: dict[str, Any] = (await client.get(path, headers=pair.left.headers)).json()
    return found


async def accounts(pair: Pair) -> dict[str, tuple[str, int]]:
    rows = await fetch(pair.world, pair.left, "SELECT name, owner, populations FROM account")
    return {row["name"]: (row["owner"], row["populations"]) for row in rows}


async def test_an_upload_is_read_as_its_mapping_says(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers
    made = await client.put(f"{PATH}/crm-de", json=SAVED, headers=who)
    assert made.status_code == 200, made.text
    assert (
        made.json().items() >= {**SAVED, "records": "accounts", "worksheet": None, "population": None}.items()
    )
    first = await sent(client, pair, mapping="crm-de", filename="a.csv")
    assert (first["status"], first["mapping"], first["mode"]) == ("completed", "crm-de", "append"), first
    assert first["report"]["mapping"]["name"] == "Haus"
    assert await accounts(pair) == {"Orchid": ("Ann", 1), "Kestrel": ("Ann", 0), "Walnut": ("Ann", 4)}
    # The very bytes again, to be read in another way, are another import; what the query says comes before what is saved.
    own = json.dumps({"owner": "Anderer"})
    second = await sent(client, pair, mapping="crm-de", mode="upsert", columns=own)
    assert (second["mode"], second["counts"]["updated"]) == ("upsert", 3), second
    assert second["report"]["mapping"].items() >= {"name": "Haus", "owner": "Anderer"}.items()
    changed = {**SAVED, "statuses": {"Lead": "customers"}, "mode": None}
    assert (await client.put(f"{PATH}/crm-de", json=changed, headers=who)).status_code == 200
    third = await sent(client, pair, mapping="crm-de", columns=own)
    assert (third["mode"], third["id"] == second["id"]) == ("upsert", False)
    assert await accounts(pair) == {"Orchid": ("Bo", 0), "Kestrel": ("Bo", 1), "Walnut": ("Bo", 4)}
    again = await client.post(
        "/v1/imports", params={"mapping": "crm-de", "columns": own}, content=LIST.encode(), headers=who
    )
    assert (again.status_code, again.json()["id"]) == (200, third["id"])
    key = {
        "params": {"mapping": "crm-de"},
        "content": LIST.encode(),
        "headers": who | {"Idempotency-Key": "k"},
    }
    once = await client.post("/v1/imports", **key)
    lacking = await sent(client, pair, "Company,Website\nOrchid,orchid.com\n", mapping="crm-de")
    assert (lacking["status"], lacking["problem"]["code"]) == ("failed", "unknown_header")
    assert "'Haus'" in lacking["problem"]["message"]
    assert (await client.delete(f"{PATH}/crm-de", headers=who)).status_code == 204
    assert (await client.post("/v1/imports", **key)).content == once.content, "answered by its key"
    unknown = await client.post("/v1/imports", **(key | {"headers": who | {"Idempotency-Key": "other"}}))
    assert problem(unknown) == (422, "unknown-mapping")


async def test_a_mapping_of_another_kind_brings_it_along(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers
    people = {"records": "contacts", "columns": {"name": "Mensch"}}
    assert (await client.put(f"{PATH}/people", json=people, headers=who)).status_code == 200
    found = await sent(client, pair, "Mensch,Email\nAnn Quandt,a@orchid.com\n", mapping="people")
    assert (found["records"], found["status"], found["counts"]["created"]) == ("contacts", "completed", 1)
    for query, said in (
        ({"mapping": "people", "records": "accounts"}, "'people' is of contacts"),
        ({"mapping": "people", "population": "customers"}, "only accounts belong"),
        ({"mapping": "people", "columns": '{"domain": "x"}'}, "no contact field 'domain'"),
    ):
        answer = await client.post("/v1/imports", params=query, content=b"Mensch\nA\n", headers=who)
        assert problem(answer) == (422, "invalid-parameter")
        assert said in answer.json()["detail"]
    unknown = await client.post(
        "/v1/imports", params={"mapping": "nope"}, content=b"Mensch\nA\n", headers=who
    )
    assert problem(unknown) == (422, "unknown-mapping")
    assert "there are people" in unknown.json()["detail"]
    assert [path.name for path in pair.world.spool.folder.iterdir()] == []


async def test_mappings_are_listed_changed_under_their_tag_and_removed(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    who = pair.left.headers
    for name in ("b", "a"):
        first = await client.put(f"{PATH}/{name}", json={}, headers=who | {"If-None-Match": "*"})
        assert first.status_code == 200
    assert (await client.put(f"{PATH}/a", json={}, headers=who | {"If-None-Match": "*"})).status_code == 412
    assert [one["name"] for one in (await client.get(PATH, headers=who)).json()["items"]] == ["a", "b"]
    tag = (await client.get(f"{PATH}/a", headers=who)).headers["etag"]
    assert (await client.put(f"{PATH}/a", json=SAVED, headers=who | {"If-Match": tag})).status_code == 200
    assert (await client.delete(f"{PATH}/a", headers=who | {"If-Match": tag})).status_code == 412
    assert (await client.get(f"{PATH}/a", headers=pair.right.headers)).status_code == 404
    assert (await client.delete(f"{PATH}/a", headers=who)).status_code == 204
    assert problem(await client.get(f"{PATH}/a", headers=who)) == (404, "not-found")
    assert problem(await client.delete(f"{PATH}/a", headers=who)) == (404, "not-found")
    for wrong in (
        {"columns": {"colour": "X"}}, {"records": "contacts", "statuses": {"a": "customers"}}, {"records": "contacts", "population": "customers"},
    ):  # fmt: skip
        assert problem(await client.put(f"{PATH}/a", json=wrong, headers=who)) == (
            422,
            "invalid-parameter",
        ), wrong
    gone = await client.put(f"{PATH}/a", json={"statuses": {"a": "gold"}}, headers=who)
    assert problem(gone) == (422, "unknown-population")
    for wrong in ({"statuses": {"a": "Gold!"}}, {"columns": {"name": ""}}, {"more": 1}):
        assert problem(await client.put(f"{PATH}/a", json=wrong, headers=who)) == (422, "invalid-request"), (
            wrong
        )
    said = {"kind": ImportKind.ACCOUNTS, "columns": {}, "statuses": {}}
    async with pair.world.database.tenant(pair.left.id) as session:
        for number in range(MOST - 1):
            await save_mapping(session, pair.world.clock, f"m{number}", said, meets=lambda _: None)
    assert problem(await client.put(f"{PATH}/one-more", json={}, headers=who)) == (409, "too-many-mappings")
    assert (await client.put(f"{PATH}/b", json=SAVED, headers=who)).status_code == 200
