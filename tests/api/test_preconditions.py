"""What can be edited is changed as one saw it, or not."""

import asyncio
import re
from uuid import UUID

import httpx
from fastapi import FastAPI

from tests.factories.world import Pair, World, make_pair

PROBLEM = "urn:commonground:problem:"
NOBODY = UUID("019aa3c4-7e5a-7c3b-9d64-1f2ab3c4d5e6")


def path_of(pair: Pair, population: str = "customers") -> str:
    return f"/v1/partnerships/{pair.partnership.id}/sharing-rules/{population}"


async def test_a_rule_is_read_with_its_tag_and_changed_once_under_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path, who = path_of(pair), pair.left.headers
    read = await client.get(path, headers=who)
    changed = await client.put(
        path, json={"level": "matched"}, headers=who | {"If-Match": read.headers["etag"]}
    )
    late = await client.put(path, json={"level": "all"}, headers=who | {"If-Match": read.headers["etag"]})
    assert (changed.status_code, late.status_code) == (200, 412)
    assert late.json()["type"] == PROBLEM + "precondition-failed"
    again = await client.get(path, headers=who)
    assert again.headers["etag"] == changed.headers["etag"] != read.headers["etag"]
    assert again.json() == changed.json()
    assert again.json()["level"] == "matched"


async def test_an_unchanged_rule_is_answered_without_its_body(client: httpx.AsyncClient, pair: Pair) -> None:
    path, who = path_of(pair), pair.left.headers
    tag = (await client.get(path, headers=who)).headers["etag"]
    for given in (tag, f"W/{tag}"):
        answer = await client.get(path, headers=who | {"If-None-Match": given})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


async def test_without_a_condition_a_rule_is_changed_whatever_it_is(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    assert (
        await client.put(path_of(pair), json={"level": "matched"}, headers=pair.left.headers)
    ).status_code == 200


async def test_a_first_rule_can_be_asked_to_be_the_first(client: httpx.AsyncClient, world: World) -> None:
    one, other = await world.organization("one"), await world.organization("other")
    partnership = await world.partnership(one, other)
    path = f"/v1/partnerships/{partnership.id}/sharing-rules/customers"
    assert (await client.get(path, headers=one.headers)).status_code == 404
    first = [
        (
            await client.put(path, json={"level": "matched"}, headers=one.headers | {"If-None-Match": "*"})
        ).status_code
        for _ in range(2)
    ]
    assert first == [200, 412]


async def test_of_changes_under_one_tag_at_the_same_time_one_is_made(
    own_world: World, own_client: httpx.AsyncClient
) -> None:
    pair = await make_pair(own_world)
    who = pair.left.headers
    tag = (await own_client.get(path_of(pair), headers=who)).headers["etag"]
    answers = await asyncio.gather(
        *(
            own_client.put(path_of(pair), json={"level": level}, headers=who | {"If-Match": tag})
            for level in ("matched", "all", "hidden")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_a_key_is_changed_as_it_was_seen(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers
    made = await client.post("/v1/api-keys", json={"name": "one", "scopes": ["accounts:read"]}, headers=who)
    path = f"/v1/api-keys/{made.json()['id']}"
    seen = (await client.get(path, headers=who)).headers["etag"]
    used = who | {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await client.get("/v1/accounts", headers=used)).status_code == 200
    changed = await client.patch(path, json={"name": "two"}, headers=who | {"If-Match": seen})
    late = await client.patch(path, json={"scopes": ["imports:read"]}, headers=who | {"If-Match": seen})
    assert (changed.status_code, late.status_code) == (200, 412)
    now = await client.get(path, headers=who)
    assert (now.json()["name"], now.json()["scopes"]) == ("two", ["accounts:read"])
    assert now.headers["etag"] == changed.headers["etag"] != seen


async def test_a_condition_on_what_has_no_tag_is_refused_and_nothing_is_done(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    who = pair.left.headers
    wanted = {"name": "one", "scopes": ["accounts:read"]}
    for header in ("If-Match", "If-None-Match"):
        answer = await client.post("/v1/api-keys", json=wanted, headers=who | {header: "*"})
        assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "invalid-parameter")
        assert header.lower() in answer.json()["detail"]
    assert "one" not in [
        key["name"] for key in (await client.get("/v1/api-keys", headers=who)).json()["items"]
    ]


async def test_every_change_takes_a_condition_or_refuses_it(app: FastAPI, client: httpx.AsyncClient) -> None:
    taking = set()
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if "if-match" in {one["name"] for one in operation.get("parameters", ())}:
                taking.add(operation["operationId"])
            elif method != "get":
                answer = await client.request(
                    method, re.sub(r"\{\w+\}", str(NOBODY), path), headers={"If-Match": '"seen"'}
                )
                assert (operation["operationId"], answer.status_code) == (operation["operationId"], 422)
    assert taking == {
        "put_sharing_rule", "put_hierarchy", "put_member_role", "update_api_key", "update_me", "put_import_mapping", "delete_import_mapping",
        "update_population", "delete_population", "update_overlap_comment", "delete_overlap_comment", "put_account_by_external_id", "remove_account_by_external_id",
        "update_partnership", "pause_partnership", "resume_partnership", "end_partnership",
        "update_partnership_profile",
    }  # fmt: skip
