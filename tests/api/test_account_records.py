"""Accounts brought as JSON: by the batch, and one by its external id."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from service.api.app import build_app, set_state
from service.http.state import AppState
from service.imports.models import ImportMode
from service.imports.operations import RUN_JOB, roll_back
from service.imports.repository import Imports
from tests.domain.imports.support import FIRST, fetch, imported, one
from tests.factories.world import Pair, World

JSON = {"Content-Type": "application/json"}
PROBLEM = "urn:commonground:problem:"


async def batch(client: httpx.AsyncClient, pair: Pair, *records: Any, **query: Any) -> httpx.Response:
    return await client.post(
        "/v1/accounts:batch", json={"records": records}, params=query, headers=pair.left.headers
    )


async def shown(client: httpx.AsyncClient, pair: Pair, external_id: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/accounts/by-external-id/{external_id}", headers=pair.left.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def put(
    client: httpx.AsyncClient, pair: Pair, external_id: str, **fields: Any
) -> tuple[int, dict[str, Any]]:
    answer = await client.put(
        f"/v1/accounts/by-external-id/{external_id}", json=fields, headers=pair.left.headers
    )
    return answer.status_code, answer.json()


async def test_each_record_of_a_batch_is_answered_for(client: httpx.AsyncClient, pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    answer = await batch(
        client, pair,
        {"external_id": "1", "owner": "Ann", "employees": 320000},
        {"external_id": "2", "name": "Bosch"},
        {"name": "Linde", "website": "linde.com", "status": "Prospect"},
        {"external_id": "4", "name": "Nobody", "nmae": "x"},
        {"owner": "Ann"},
        {"external_id": "1", "name": "Again"},
        {"external_id": "7", "name": {"first": "x"}},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert [r["status"] for r in said["results"]] == ["updated", "unchanged", "created", *["rejected"] * 4]
    assert [r["reason"] for r in said["results"][3:]] == [
        "unknown_field", "no_key", "duplicate_in_file", "nested_value",
    ]  # fmt: skip
    assert [r["field"] for r in said["results"][3:]] == ["nmae", None, None, "name"]
    assert said["results"][5]["message"].startswith("This is the same account as record 1 of the batch: ")
    assert (said["created"], said["updated"], said["unchanged"], said["rejected"]) == (1, 1, 1, 4)
    stored = {row["id"]: row["name"] for row in await fetch(pair.world, pair.left, "SELECT * FROM account")}
    names = [stored.get(UUID(r["id"])) if r["id"] else None for r in said["results"]]
    assert names == ["Siemens AG", "Bosch", "Linde", None, None, None, None]
    first = await shown(client, pair, "1")
    assert (first["owner"], first["employees"], first["name"], first["populations"]) == (
        "Ann", "320000", "Siemens AG", ["customers"],
    )  # fmt: skip


async def test_what_a_record_leaves_out_stays_and_its_values_with_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    text = 'Account ID,Company,Website,Revenue,Employees,Country,Status\n1,Siemens,siemens.com,"1.234 €",51-200,Germany,Customer\n'
    await imported(pair.world, pair.left, text + "2,Bosch,bosch.com,1.5 EUR,7,DE,Customer\n")
    before = await shown(client, pair, "1")
    said = (
        await batch(
            client, pair,
            {"external_id": "1", "owner": "Ann"},
            {"external_id": "2", "revenue": "2.5 EUR", "employees": 9, "country": "France", "website": None, "status": "Prospect"},
            population="open_opportunities",
        )
    ).json()  # fmt: skip
    assert said["updated"] == 2
    one_now, two = await shown(client, pair, "1"), await shown(client, pair, "2")
    members = ["customers", "open_opportunities"]
    same = {"owner": "Ann", "populations": members, "updated_at": one_now["updated_at"]}
    assert one_now == {**before, **same}
    assert (two["country_code"], two["employees_to"], two["domain"], two["name"]) == ("FR", 9, None, "Bosch")
    assert two["populations"] == members
    assert (
        await batch(client, pair, {"external_id": "1", "status": "Prospect"}, {"external_id": "2"})
    ).json()["updated"] == 1
    assert (await shown(client, pair, "1"))["populations"] == ["prospects"]
    assert (await shown(client, pair, "2"))["populations"] == members


async def test_a_batch_is_an_import_that_can_be_undone(client: httpx.AsyncClient, pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    rows = "SELECT id, name, owner, status, populations FROM account ORDER BY id"
    before = await fetch(pair.world, pair.left, rows)
    said = (
        await batch(client, pair, {"external_id": "1", "name": "Other"}, {"external_id": "3", "name": "New"})
    ).json()
    path = f"/v1/imports/{said['import_id']}"
    kept = (await client.get(path, headers=pair.left.headers)).json()
    assert (kept["origin"], kept["status"], kept["counts"]["created"]) == ("api", "completed", 1)
    assert (await client.post(f"{path}/rollback", headers=pair.left.headers)).status_code == 202
    await pair.world.work()
    assert await fetch(pair.world, pair.left, rows) == before
    nothing = (await batch(client, pair, {"external_id": "1", "name": "Siemens AG"})).json()
    assert (nothing["import_id"], nothing["unchanged"]) == (None, 1)
    for origin, count in (("api", 2), ("file", 1)):
        listed = await client.get("/v1/imports", params={"origin": origin}, headers=pair.left.headers)
        assert len(listed.json()["items"]) == count


async def test_all_or_nothing_stores_nothing_and_names_what_is_wrong(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    answer = await batch(client, pair, {"name": "Good"}, {"name": "Bad", "x": 1}, all_or_nothing=True)
    assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "invalid-request")
    assert [error["where"] for error in answer.json()["errors"]] == ["body.records.1.x"]
    assert await fetch(pair.world, pair.left, "SELECT 1 FROM account") == []


async def test_a_batch_under_a_key_is_stored_once(client: httpx.AsyncClient, pair: Pair) -> None:
    headers = pair.left.headers | {"Idempotency-Key": "k"}
    records = {"records": [{"name": "Siemens AG"}]}
    first = await client.post("/v1/accounts:batch", json=records, headers=headers)
    again = await client.post("/v1/accounts:batch", json=records, headers=headers)
    other = await client.post("/v1/accounts:batch", json={"records": [{"name": "x"}]}, headers=headers)
    assert first.json() == again.json()
    assert first.json()["created"] == 1
    assert (again.headers["idempotent-replayed"], other.status_code) == ("true", 422)


async def test_one_body_an_organization_comes_in_at_a_time_and_not_for_ever(
    client: httpx.AsyncClient, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.api.batches.MOST_SECONDS", 0.5)
    path, who, going = "/v1/accounts:batch", pair.left.headers | JSON, asyncio.Event()
    body = b'{"records": [{"name": "Siemens AG"}]}'

    async def stalls() -> AsyncIterator[bytes]:
        yield body[:10]
        going.set()
        await asyncio.Event().wait()

    slow = asyncio.create_task(client.post(path, content=stalls(), headers=who))
    await going.wait()
    meanwhile = await client.post(path, content=body, headers=who)
    assert (meanwhile.status_code, meanwhile.json()["type"]) == (503, PROBLEM + "busy")
    refused = await asyncio.wait_for(slow, 5)
    assert (refused.status_code, refused.json()["type"]) == (408, PROBLEM + "request-timeout")
    assert "within 0.5 seconds" in refused.json()["detail"]
    assert (await client.post(path, content=body, headers=who)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"records": []}, 422, "invalid-parameter"),
        ({"records": [{}] * 10_001}, 422, "invalid-parameter"),
        ({"records": ["x"]}, 422, "invalid-parameter"),
        ({"records": [{}], "mode": "replace"}, 422, "invalid-parameter"),
        ({"records": [{"name": "x" * 16 * 1024**2}]}, 413, "body-too-large"),
    ],
)
async def test_what_is_no_batch_is_refused_whole(
    client: httpx.AsyncClient, pair: Pair, body: object, status: int, slug: str
) -> None:
    answer = await client.post("/v1/accounts:batch", json=body, headers=pair.left.headers)
    assert (answer.status_code, answer.json()["type"]) == (status, PROBLEM + slug)


async def test_one_account_is_put_read_and_removed_under_its_tag(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path, who = "/v1/accounts/by-external-id/a%2Fb c", pair.left.headers
    none = await client.put(path, json={"name": "Orchid"}, headers=who | {"If-Match": "*"})
    made = await client.put(
        path, json={"name": "Orchid", "status": "Customer"}, headers=who | {"If-None-Match": "*"}
    )
    assert (none.status_code, made.status_code, made.json()["status"]) == (412, 201, "created")
    read = await client.get(path, headers=who)
    assert (read.json()["external_id"], read.json()["populations"]) == ("a/b c", ["customers"])
    assert read.headers["etag"] == made.headers["etag"]
    assert (await client.get(path, headers=who | {"If-None-Match": read.headers["etag"]})).status_code == 304
    changed = await client.put(
        path, json={"name": None, "city": "Ulm"}, headers=who | {"If-Match": read.headers["etag"]}
    )
    assert (changed.status_code, changed.json()["status"]) == (200, "updated")
    now = (await client.get(path, headers=who)).json()
    assert (now["name"], now["city"], now["status"], now["populations"]) == (
        None, "Ulm", "Customer", ["customers"],
    )  # fmt: skip
    late = await client.delete(path, headers=who | {"If-Match": read.headers["etag"]})
    gone = await client.delete(path, headers=who | {"If-Match": changed.headers["etag"]})
    assert (late.status_code, gone.status_code) == (412, 204)
    assert (await client.get(path, headers=who)).status_code == 404
    wrong = await client.put(path, json={"nmae": "x"}, headers=who)
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "body.nmae")
    [removed] = await fetch(
        pair.world, pair.left, "SELECT id, filename, removed FROM import ORDER BY number DESC LIMIT 1"
    )
    async with pair.world.database.tenant(pair.left.id) as session:
        await roll_back(session, pair.world.clock, pair.world.ids, removed["id"])
    [entry] = await fetch(
        pair.world, pair.left, "SELECT details FROM audit_entry WHERE details::text LIKE '%\"removed\": 1,%'"
    )
    assert entry["details"]["account"] == made.json()["id"]
    await pair.world.work()
    assert (await client.get(path, headers=who)).json() == {
        **now, "updated_at": (await client.get(path, headers=who)).json()["updated_at"],
    }  # fmt: skip


@pytest.mark.parametrize(("written", "stored"), [("'=1", "'=1"), ("\x1f7\u3000", "\x1f7")])
async def test_an_address_means_the_id_that_was_put(
    client: httpx.AsyncClient, pair: Pair, written: str, stored: str
) -> None:
    path, who = f"/v1/accounts/by-external-id/{quote(written)}", pair.left.headers
    made = [(await client.put(path, json={"owner": "'-x"}, headers=who)).status_code for _ in "12"]
    read = await client.get(path, headers=who)
    assert (made, read.status_code) == ([201, 200], 200)
    assert (read.json()["external_id"], read.json()["owner"]) == (stored, "'-x")
    assert (await client.delete(path, headers=who)).status_code == 204


async def test_what_is_to_be_made_changes_nothing_that_is_there_by_another_name(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await imported(pair.world, pair.left, "Company,Website\nAcme,acme.com\n")
    rows = "SELECT a.name, a.external_id, count(i.id) AS imports FROM account a, import i GROUP BY 1, 2"
    before = await fetch(pair.world, pair.left, rows)
    path, who = "/v1/accounts/by-external-id/1", pair.left.headers
    body = {"name": "Other", "website": "acme.com"}
    refused = await client.put(path, json=body, headers=who | {"If-None-Match": "*"})
    assert (refused.status_code, refused.json()["type"]) == (412, PROBLEM + "precondition-failed")
    assert await fetch(pair.world, pair.left, rows) == before
    assert (await client.put(path, json=body, headers=who)).status_code == 200


async def test_nobody_waits_long_for_a_file_that_is_being_written(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.imports.direct.WAIT", "50ms")
    member = await own_world.organization("left")
    app = build_app(own_world.ids)
    set_state(
        app, AppState(own_world.database, own_world.keystore, own_world.spool, own_world.clock, own_world.ids)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        path, body = "/v1/accounts/by-external-id/1", {"name": "Orchid"}
        async with own_world.database.tenant(member.id) as storing:
            await Imports(storing).lock_storing()
            refused = await client.put(path, json=body, headers=member.headers)
        assert (refused.status_code, refused.json()["type"]) == (503, PROBLEM + "unavailable")
        assert "try again shortly" in refused.json()["detail"]
        assert (await client.put(path, json=body, headers=member.headers)).status_code == 201


@pytest.mark.parametrize("mode", [ImportMode.UPSERT, ImportMode.REPLACE, ImportMode.APPEND])
async def test_an_older_file_leaves_what_was_written_since(
    client: httpx.AsyncClient, pair: Pair, mode: ImportMode
) -> None:
    await imported(pair.world, pair.left, FIRST + "3,Linde,linde.com,DE,Customer\n")
    older = (
        FIRST.replace("Siemens AG", "Old name")
        + "5,Made,made.com,DE,Customer\n6,Brought,brought.com,DE,Customer\n"
    )
    waiting = await pair.world.upload(pair.left, older, mode=mode, population=None, confirmed=True)
    for external_id, fields in {
        "1": {"name": "Newer"},
        "9": {"name": "Mine"},
        "5": {"name": "Also mine"},
    }.items():
        assert (await put(client, pair, external_id, **fields))[0] in {200, 201}
    assert (
        await client.delete("/v1/accounts/by-external-id/2", headers=pair.left.headers)
    ).status_code == 204
    await pair.world.work()
    record = await one(pair.world, pair.left, waiting)
    names = {
        row["external_id"]: row["name"]
        for row in await fetch(pair.world, pair.left, "SELECT external_id, name FROM account")
    }
    expected = {"1": "Newer", "5": "Also mine", "6": "Brought", "9": "Mine"}
    assert names == (expected if mode is ImportMode.REPLACE else {**expected, "3": "Linde"})
    assert (record.status, record.created, record.updated, record.skipped) == ("completed", 1, 0, 3)
    assert record.removed == (1 if mode is ImportMode.REPLACE else 0)
    reasons = await fetch(pair.world, pair.left, "SELECT reason FROM import_error")
    assert {row["reason"] for row in reasons} == {"changed_since"}


async def test_an_older_file_brings_back_nothing_that_was_removed_since_by_another_name(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    listed = "Account ID,Company,Website,Country\n1,Acme,acme.com,DE\n2,Nowhere,,DE\n3,Elsewhere,,DE\n4,Twin,twin.com,DE\n"
    await imported(pair.world, pair.left, listed)
    older = "Company,Website,Country\nAcme Inc,acme.com,DE\nNowhere,,\nElsewhere,,FR\nTwin A,twin.com,DE\nTwin B,twin.com,DE\n"
    waiting = await pair.world.upload(pair.left, older, population=None)
    for external_id in "1234":
        gone = await client.delete(f"/v1/accounts/by-external-id/{external_id}", headers=pair.left.headers)
        assert gone.status_code == 204
    await pair.world.work()
    assert (await one(pair.world, pair.left, waiting)).skipped == 2
    names = await fetch(pair.world, pair.left, "SELECT name FROM account ORDER BY name")
    assert [row["name"] for row in names] == ["Elsewhere", "Twin A", "Twin B"]


async def test_an_older_file_leaves_what_a_record_confirmed_since(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await imported(pair.world, pair.left, FIRST)
    kept = "SELECT count(*) FROM import WHERE origin = 'api'"
    assert (await put(client, pair, "1", country="DE"))[1]["status"] == "unchanged"
    assert await fetch(pair.world, pair.left, kept) == [{"count": 0}], "no list waits"
    before = await shown(client, pair, "1")
    waiting = await pair.world.upload(pair.left, FIRST.replace("DE", "AT"), population=None)
    answer = await batch(client, pair, {"external_id": "1", "country": "DE"}, {"external_id": "8", "x": 1})
    assert (answer.json()["unchanged"], answer.json()["import_id"]) == (1, None)
    assert (await put(client, pair, "1", name="Siemens AG"))[1]["status"] == "unchanged"
    assert await fetch(pair.world, pair.left, kept) == [{"count": 1}], "it has the last word already"
    await pair.world.work()
    record = await one(pair.world, pair.left, waiting)
    assert (record.updated, record.skipped) == (1, 1)
    assert await shown(client, pair, "1") == before
    assert (await shown(client, pair, "2"))["country"] == "AT"


async def test_what_comes_over_the_api_supersedes_no_file_and_is_not_counted_among_the_ten(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    first = await imported(pair.world, pair.left, FIRST)
    held = await imported(pair.world, pair.left, FIRST.splitlines()[0] + "\n9,Only,only.com,DE,Customer\n")
    for turn in range(11):
        changed = await put(client, pair, "1", owner=f"owner {turn}")
        assert changed[0] == 200
    undo = f"/v1/imports/{changed[1]['import_id']}/rollback"
    assert (await client.post(undo, headers=pair.left.headers)).status_code == 202
    await pair.world.work(RUN_JOB)
    assert (await shown(client, pair, "1"))["owner"] == "owner 9"
    async with pair.world.database.tenant_read(pair.left.id) as session:
        assert await Imports(session).oldest_of_the_last(2) == first.id
        assert not await Imports(session).is_overtaken(held)
    again = await pair.world.upload(
        pair.left, FIRST.splitlines()[0] + "\n9,Only,only.com,DE,Customer\n", population=None
    )
    assert again != held.id, "what was sent since may have changed what the file changed"
