"""A POST under an idempotency key is done once, however often it comes."""

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.api.idempotency import HEADER, PARTNERSHIP
from service.guards.errors import RequestInProgressError
from service.guards.idempotency import Guard, Turn
from service.guards.rules import Asked
from service.http.state import AppState
from service.kit.clock import FixedClock, SystemClock
from tests.factories.world import Pair, World, make_world

PATH = "/v1/api-keys"
WISH = {"name": "for the CRM", "scopes": ["accounts:read"]}
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REUSED = "urn:commonground:problem:idempotency-key-reused"


async def keys_named(client: httpx.AsyncClient, headers: dict[str, str], name: str = WISH["name"]) -> int:
    items = (await client.get(PATH, headers=headers)).json()["items"]
    return sum(item["name"] == name for item in items)


async def test_a_repeated_request_is_answered_the_same_and_done_once(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    who = pair.left.headers
    first = await client.post(PATH, json=WISH, headers=who | KEY)
    again = await client.post(PATH, json=WISH, headers=who | KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await keys_named(client, who) == 1


async def test_without_a_key_every_request_is_a_new_one(client: httpx.AsyncClient, pair: Pair) -> None:
    for _ in range(2):
        await client.post(PATH, json=WISH, headers=pair.left.headers)
    assert await keys_named(client, pair.left.headers) == 2


async def test_a_key_is_not_for_another_body_query_or_address(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers | KEY
    made = (await client.post(PATH, json=WISH, headers=who)).json()
    others = [
        await client.post(PATH, json=WISH | {"name": "another"}, headers=who),
        await client.post(f"{PATH}/{made['id']}/rotate", json=WISH, headers=who),
        await client.post("/v1/imports", content=b"Company\nA\n", headers=who),
    ]
    batch, another = (
        {"records": [{"external_id": "1", "name": "A"}]},
        who | {"Idempotency-Key": "another-key"},
    )
    for strictly in ("true", "false"):
        query = {"all_or_nothing": strictly}
        others.append(await client.post("/v1/accounts:batch", params=query, json=batch, headers=another))
    assert others.pop(-2).status_code == 200
    for answer in others:
        assert (answer.status_code, answer.json()["type"]) == (422, REUSED), answer.text


async def test_another_organizations_same_key_is_another_key(client: httpx.AsyncClient, pair: Pair) -> None:
    for member in (pair.left, pair.right):
        answer = await client.post(PATH, json=WISH, headers=member.headers | KEY)
        assert answer.status_code == 201
        assert "idempotent-replayed" not in answer.headers
        assert await keys_named(client, member.headers) == 1


async def test_another_caller_of_the_organization_reads_nobodys_answer(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    everything = WISH | {"scopes": ["accounts:read", "keys:admin"]}
    made = (await client.post(PATH, json=everything, headers=pair.left.headers | KEY)).json()
    other = {"Authorization": f"Bearer {made['key']}"} | KEY
    answer = await client.post(PATH, json=everything, headers=other)
    assert (answer.status_code, answer.json()["type"]) == (422, REUSED)
    assert made["key"] not in answer.text


async def test_a_caller_who_lost_the_scope_gets_no_answer_of_before(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    poor = WISH | {"scopes": ["accounts:read", "keys:admin"]}
    made = (await client.post(PATH, json=poor, headers=pair.left.headers)).json()
    who = {"Authorization": f"Bearer {made['key']}"} | KEY
    assert (await client.post(PATH, json=WISH, headers=who)).status_code == 201
    change = {"scopes": ["accounts:read"]}
    changed = await client.patch(f"{PATH}/{made['id']}", json=change, headers=pair.left.headers)
    assert changed.status_code == 200, changed.text
    assert (await client.post(PATH, json=WISH, headers=who)).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        [("Idempotency-Key", "x" * 256)],
        [("Idempotency-Key", "")],
        [("Idempotency-Key", "tab\there")],
        [("Idempotency-Key", "é".encode())],
        [("Idempotency-Key", "one"), ("Idempotency-Key", "two")],
    ],
)
async def test_what_is_no_key_is_refused(
    client: httpx.AsyncClient, pair: Pair, given: list[tuple[str, str]]
) -> None:
    answer = await client.post(PATH, json=WISH, headers=[*pair.left.headers.items(), *given])
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:commonground:problem:invalid-idempotency-key",
    )
    assert await keys_named(client, pair.left.headers) == 0


async def test_the_longest_key_serves(client: httpx.AsyncClient, pair: Pair) -> None:
    longest = {"Idempotency-Key": "~" * 255}
    answers = [await client.post(PATH, json=WISH, headers=pair.left.headers | longest) for _ in range(2)]
    assert answers[0].content == answers[1].content


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers | KEY
    assert (await client.post(PATH, json=WISH | {"scopes": []}, headers=who)).status_code == 422
    assert (await client.post(PATH, json=WISH, headers=who)).status_code == 201


async def test_the_stored_answer_shows_no_secret(client: httpx.AsyncClient, pair: Pair) -> None:
    made = (await client.post(PATH, json=WISH, headers=pair.left.headers | KEY)).json()
    async with pair.world.database.tenant_read(pair.left.id) as session:
        [row] = (await session.sql("SELECT response, expires_at FROM idempotency_record")).all()
    assert len(row.response) > 100
    for part in (made["key"], made["key"][40:60], made["id"], WISH["name"]):
        assert part.encode() not in row.response


async def test_after_a_day_the_key_is_free_and_old_ones_are_swept(pair: Pair) -> None:
    world = pair.world
    clock = FixedClock(SystemClock().now())
    moving = make_world(world.database, world.keystore, world.spool.folder, clock, world.ids)
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, moving.spool, clock, world.ids))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        who = pair.left.headers
        for number in range(3):
            await client.post(PATH, json=WISH, headers=who | {"Idempotency-Key": f"old {number}"})
        await client.post(PATH, json=WISH, headers=who | KEY)
        clock.advance(timedelta(hours=23, minutes=59))
        assert (await client.post(PATH, json=WISH, headers=who | KEY)).headers["idempotent-replayed"]
        clock.advance(timedelta(minutes=2))
        late = await client.post(PATH, json=WISH, headers=who | KEY)
    assert late.status_code == 201
    assert "idempotent-replayed" not in late.headers
    async with world.database.tenant_read(pair.left.id) as session:
        rows = (await session.sql("SELECT key FROM idempotency_record")).all()
    assert [row.key for row in rows] == [KEY["Idempotency-Key"]]


async def test_of_fifty_at_the_same_time_one_is_done(own_world: World, own_client: httpx.AsyncClient) -> None:
    member = await own_world.organization("left")
    calls = (own_client.post(PATH, json=WISH, headers=member.headers | KEY) for _ in range(50))
    answers = await asyncio.gather(*calls)
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409, 503}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["type"] == "urn:commonground:problem:request-in-progress"
            assert int(answer.headers["retry-after"]) >= 1
    assert await keys_named(own_client, member.headers) == 1
    assert (await own_client.post(PATH, json=WISH, headers=member.headers | KEY)).status_code == 201


async def test_while_a_request_is_done_a_repeat_is_refused_at_once(own_world: World) -> None:
    member = await own_world.organization("left")
    guard, asked = Guard(own_world.keystore, own_world.clock), Asked("key", b"r" * 32, b"b" * 32)
    async with own_world.database.tenant(member.id) as first:
        assert isinstance(await guard.begin(first, asked), Turn)
        async with own_world.database.tenant(member.id) as second:
            with pytest.raises(RequestInProgressError):
                await guard.begin(second, asked)


async def test_an_answer_whose_key_was_destroyed_is_not_done_again(
    client: httpx.AsyncClient, pair: Pair, app: FastAPI
) -> None:
    await client.post(PATH, json=WISH, headers=pair.left.headers | KEY)
    async with pair.world.database.tenant(pair.left.id) as session:
        await session.sql(
            "UPDATE idempotency_record SET response = '\\x02' || decode(repeat('00', 80), 'hex')"
        )
    answer = await client.post(PATH, json=WISH, headers=pair.left.headers | KEY)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:commonground:problem:answer-lost")
    assert await keys_named(client, pair.left.headers) == 1


async def test_replays_are_counted(client: httpx.AsyncClient, pair: Pair, app: FastAPI) -> None:
    for _ in range(3):
        await client.post(PATH, json=WISH, headers=pair.left.headers | KEY)
    text = app.state.commonground.metrics.text().decode()
    assert "commonground_idempotent_replays_total 2.0" in text


OWN = frozenset(
    {
        "accept_invitation", "create_invitation", "decline_invitation", "open_invitation", "resend_invitation",
        "cancel_import", "change_population_members", "confirm_import", "create_api_key", "create_import",
        "create_member_invitation", "create_population", "create_sandbox", "create_sandbox_key", "dismiss_duplicate",
        "end_partnership", "merge_duplicate", "pause_partnership", "put_accounts", "put_contacts",
        "put_opportunities", "resend_member_invitation", "reset_sandbox", "resume_partnership", "revoke_api_key",
        "revoke_sandbox_key", "roll_back_import", "rotate_api_key", "rotate_partnership_keys", "rotate_sandbox_key",
        "search_duplicates",
    }
)  # fmt: skip
"""POSTs whose answers tell of one's own data, or of a partnership itself and of nothing that rules show: repeated whatever a partner changes.

A new POST whose answer may tell of the partner's takes its partnership in the query, under the name that binds the stored answer to
what the partner shows.
"""


def test_the_answer_of_every_other_post_is_bound_to_what_the_partner_shows(app: FastAPI) -> None:
    bound, rest = set(), set()
    for methods in app.openapi()["paths"].values():
        operation = methods.get("post", {})
        named = {(one["in"], one["name"]) for one in operation.get("parameters", ())}
        if ("header", HEADER) in named:
            (bound if ("query", PARTNERSHIP) in named else rest).add(operation["operationId"])
    assert rest == OWN
    assert bound == {
        "answer_link_proposal", "create_link_proposal", "create_overlap_comment", "decide_overlap", "decide_overlaps",
    }  # fmt: skip
