"""A partnership pauses, goes on and ends: by either side, at once, in every channel; what was in one that has ended is gone."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI

from service.crypto import Erased
from service.overlaps.jobs.parts import WEIGH_JOB
from service.partnerships.ending import EndingParts, end_again
from service.worker import make_registry
from tests.factories.world import Member, World, company_list, make_pair
from tests.support.routes_matrix import MATRIX, operations
from tests.support.scene import Scene
from tests.support.tables import fill, tables

PROBLEM = "urn:commonground:problem:"
STAYS = {
    "partnership": "that there was one, and when it ended",
    "partnership_side": "who the two sides were",
    "partnership_event": "that it ended, which both sides are told",
}
"""Tables in which something of an ended partnership stands, each with what."""
OF_THE_PARTNERSHIP_ITSELF = {"get_partnership", "end_partnership"}


def every_job(world: World) -> list[str]:
    parts = {"spool": world.spool, "clock": world.clock, "ids": world.ids}
    return list(make_registry(database=world.database, keystore=world.keystore, **parts))


def path_of(scene: Scene) -> str:
    return f"/v1/partnerships/{scene.pair.partnership.id}"


async def asked(
    client: httpx.AsyncClient, method: str, path: str, member: Member, **more: Any
) -> dict[str, Any]:
    answer = await client.request(method, path, headers=member.headers | more.pop("headers", {}), **more)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told(client: httpx.AsyncClient, scene: Scene, member: Member) -> dict[str, str]:
    """Own name → id of the overlaps that the side is told of; other channels agree."""
    of = {"partnership": str(scene.pair.partnership.id)}
    items = (await asked(client, "GET", "/v1/overlaps", member, params=of))["items"]
    assert (await asked(client, "GET", "/v1/reports/matrix", member, params=of))["total"]["pairs"] == len(
        items
    )
    looked = await asked(client, "GET", "/v1/lookup", member, params={"domain": "siemens.com"})
    siemens = [item for item in items if item["account"]["domain"] == "siemens.com"]
    assert [one["id"] for item in looked["items"] for one in item["overlaps"]] == [
        item["id"] for item in siemens
    ]
    return {item["account"]["name"]: item["id"] for item in items}


async def logged(client: httpx.AsyncClient, scene: Scene, member: Member) -> list[tuple[str, str]]:
    params = {"target": f"partnership:{scene.pair.partnership.id}", "limit": "4"}
    items = (await asked(client, "GET", "/v1/audit-log", member, params=params))["items"]
    names = {str(scene.pair.left.id): "left", str(scene.pair.right.id): "right", None: "own"}
    return [(item["action"].removeprefix("partnership."), names[item["details"].get("by")]) for item in items]


async def test_a_pause_shows_nothing_and_matches_nothing_until_whoever_paused_takes_it_up_again(
    client: httpx.AsyncClient, scene: Scene, superuser: asyncpg.Connection
) -> None:
    left, right, world, path = scene.pair.left, scene.pair.right, scene.pair.world, path_of(scene)
    stood = await told(client, scene, left)
    assert list(stood) == ["Siemens AG"]
    # a run that is broken off between meeting and scoring
    for member in (left, right):
        await world.upload(member, company_list(("Kestrel Press", "kestrel.com")))
    await world.work(*[name for name in every_job(world) if name != WEIGH_JOB])
    await asked(client, "POST", f"{path}/pause", right)
    await world.work()
    await asked(client, "POST", f"{path}/resume", right)
    assert await told(client, scene, left) == stood
    await world.work()
    stood = await told(client, scene, left)
    assert set(stood) == {"Siemens AG", "Kestrel Press"}
    before = await client.get(path, headers=left.headers)
    assert before.json()["paused"] == {"own": None, "partner": None}
    paused = await asked(client, "POST", f"{path}/pause", right)
    assert (paused["status"], paused["paused"]["partner"]) == ("paused", None)
    again = await asked(client, "POST", f"{path}/pause", right)
    assert again["paused"] == paused["paused"]
    assert await told(client, scene, left) == await told(client, scene, right) == {}
    of = {"partnership": str(scene.pair.partnership.id)}
    for part in ("", "/comments", "/assignee"):
        one = await client.get(f"/v1/overlaps/{stood['Siemens AG']}{part}", headers=left.headers, params=of)
        assert one.status_code == 404, part
    await _says_that_it_is_paused(client, scene, stood["Siemens AG"])

    # nothing is matched, though tokens keep up with the list
    pairs = await superuser.fetchval("SELECT count(*) FROM overlap")
    tokens = await superuser.fetchval("SELECT sum(tokens) FROM token_change WHERE org_id = $1", left.id)
    for member in (left, right):
        await world.upload(member, company_list(("Orchid Bakery", "orchid.com")))
    await world.work()
    assert await superuser.fetchval("SELECT count(*) FROM overlap") == pairs
    assert (
        await superuser.fetchval("SELECT sum(tokens) FROM token_change WHERE org_id = $1", left.id) > tokens
    )
    assert await told(client, scene, left) == {}

    # a stale state, another's pause
    stale = {"If-Match": before.headers["etag"]}
    refused = await client.post(f"{path}/end", headers=left.headers | stale)
    assert (refused.status_code, refused.json()["type"]) == (412, PROBLEM + "precondition-failed")
    assert (await asked(client, "POST", f"{path}/resume", left))["status"] == "paused"
    await asked(client, "POST", f"{path}/pause", left)
    assert (await asked(client, "POST", f"{path}/resume", right))["status"] == "paused"
    fresh = {"If-Match": (await client.get(path, headers=left.headers)).headers["etag"]}
    assert (await asked(client, "POST", f"{path}/resume", left, headers=fresh))["status"] == "active"
    assert await told(client, scene, left) == stood
    await world.work()
    theirs = await told(client, scene, right)
    assert await told(client, scene, left) == stood | {"Orchid Bakery": theirs["Orchid Bakery"]}
    assert await logged(client, scene, right) == [
        ("resumed", "left"), ("paused", "left"), ("resumed", "own"), ("paused", "own"),
    ]  # fmt: skip
    events = await superuser.fetch(
        "SELECT type FROM partnership_event WHERE type LIKE 'partnership.%' ORDER BY sequence"
    )
    paused, activated = "partnership.paused", "partnership.activated"
    assert [row["type"] for row in events] == [paused, activated, paused, paused, activated], (
        "none where one side resumes and the other still pauses"
    )


async def _says_that_it_is_paused(client: httpx.AsyncClient, scene: Scene, overlap_id: str) -> None:
    """The matrix, and whatever would write, of an overlap that stood and of one that never was."""
    left, of = scene.pair.left, {"partnership": str(scene.pair.partnership.id)}
    matrix = await asked(client, "GET", "/v1/reports/matrix", left, params=of)
    assert (matrix["status"], matrix["total"]["pairs"]) == ("paused", 0)
    assert "paused" in matrix["total"]["in_words"]
    account = (await asked(client, "GET", "/v1/accounts", left))["items"][0]["id"]
    for one in (overlap_id, str(UUID(int=1))):
        several = {"decisions": [{"overlap_id": one, "decision": "reject", "reason": "No."}]}
        said: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", f"/v1/overlaps/{one}/decisions", {"decision": "confirm"}),
            ("POST", "/v1/overlaps/decisions", several),
            ("POST", f"/v1/overlaps/{one}/comments", {"text": "Hm."}),
            ("PUT", f"/v1/overlaps/{one}/assignee", {"person_id": None}),
            ("POST", "/v1/link-proposals", {"account_id": account, "partner_name": "Somebody"}),
            ("POST", f"/v1/link-proposals/{one}/answer", {"answer": "refuse"}),
        ]
        for method, where, body in said:
            answer = await client.request(method, where, headers=left.headers, params=of, json=body)
            assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "partnership-paused"), where


async def test_an_end_is_an_end_at_once_in_every_channel(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene
) -> None:
    left, right, path = scene.pair.left, scene.pair.right, path_of(scene)
    third = await scene.pair.world.organization(f"third-{scene.pair.world.ids.new()}")
    unknown = await client.post(f"{path}/end", headers=third.headers)
    assert (unknown.status_code, unknown.json()["type"]) == (404, PROBLEM + "not-found")
    of = {"partnership": str(scene.pair.partnership.id)}
    cursor = {"Idempotency-Key": "before-the-end"}
    answered = f"/v1/link-proposals/{scene.ids['received_id']}/answer"
    refusal = {"headers": left.headers | cursor, "params": of, "json": {"answer": "refuse"}}
    assert (await client.post(answered, **refusal)).is_success

    ended = await asked(client, "POST", f"{path}/end", right)
    assert (ended["status"], ended["ended_by"]) == ("ended", "own")
    assert await asked(client, "POST", f"{path}/end", right) == ended
    walked = set()
    for name, _, route in operations(app):
        if "partnership_id" in route or (name in MATRIX and "partnership" in MATRIX[name].query):
            for member in (left, right):
                answer = await scene.call(client, app, name, member.headers)
                if name in OF_THE_PARTNERSHIP_ITSELF:
                    assert answer.json()["status"] == "ended"
                else:
                    assert (answer.status_code, answer.json()["type"]) == (
                        410,
                        PROBLEM + "partnership-ended",
                    ), (name, answer.text)
            assert (await scene.call(client, app, name, third.headers)).status_code == 404, name
            walked.add(name)
    assert len(walked) >= 24
    assert (await client.post(answered, **refusal)).status_code == 410
    looked = await asked(client, "GET", "/v1/lookup", left, params={"domain": "siemens.com"})
    assert [item["overlaps"] for item in looked["items"]] == [[]]
    [listed] = (await asked(client, "GET", "/v1/partnerships", left))["items"]
    assert (listed["status"], listed["ended_by"]) == ("ended", "partner")


async def test_nothing_of_an_ended_partnership_is_left_and_a_new_one_begins_at_zero(
    client: httpx.AsyncClient, scene: Scene, superuser: asyncpg.Connection
) -> None:
    pair, world = scene.pair, scene.pair.world
    lo, hi = sorted((pair.left.id, pair.right.id))
    sides = {"partnership_id": pair.partnership.id, "lo_org_id": lo, "hi_org_id": hi}
    for own, partner in ((pair.left, pair.right), (pair.right, pair.left)):
        mine = {"org_id": own.id, "owner_org_id": own.id, "partner_org_id": partner.id}
        await fill(superuser, sides | mine | {"viewer_org_id": partner.id})
    of_pairs = [table for table in await tables(superuser) if table.is_of_a_pair]
    for table in of_pairs:
        where = f"FROM {table.quoted} WHERE {table.partnership} = $1"
        assert await superuser.fetchval(f"SELECT count(*) {where}", pair.partnership.id), table.name
    secrets = [name for name in world.keystore.names() if name.partnership == str(pair.partnership.id)]
    assert secrets
    other = await make_pair(world, left=f"l-{world.ids.new()}", right=f"r-{world.ids.new()}")

    await asked(client, "POST", f"{path_of(scene)}/end", pair.left)
    await world.work()
    left = {
        table.name
        for table in of_pairs
        if await superuser.fetchval(
            f"SELECT count(*) FROM {table.quoted} WHERE {table.partnership} = $1", pair.partnership.id
        )
    }
    assert left == STAYS.keys()
    types = await superuser.fetch(
        "SELECT type FROM partnership_event WHERE partnership_id = $1", pair.partnership.id
    )
    assert [row["type"] for row in types] == ["partnership.ended"]
    assert not [n for n in world.keystore.names() if n.partnership == str(pair.partnership.id)]
    assert [n for n in world.keystore.names() if n.partnership == str(other.partnership.id)]
    assert await superuser.fetchval(
        "SELECT count(*) FROM sharing_rule WHERE partnership_id = $1", other.partnership.id
    )
    assert (await logged(client, scene, pair.left))[0] == ("ended", "own")
    assert (await logged(client, scene, pair.right))[0] == ("ended", "left")

    # an older backup is no way back
    stones = {(stone.what, stone.id) for stone in world.keystore.buried()}
    assert (Erased.PARTNERSHIP, str(pair.partnership.id)) in stones
    await superuser.execute(
        "UPDATE partnership SET status = 'active', ended_at = NULL WHERE id = $1", pair.partnership.id
    )
    parts = EndingParts(world.database, world.keystore, world.clock)
    assert await end_again(parts) == [pair.partnership.id]
    assert await end_again(parts) == []
    assert (await asked(client, "GET", path_of(scene), pair.left))["status"] == "ended"

    begun = replace(pair, partnership=await world.partnership(pair.left, pair.right))
    anew = replace(scene, pair=begun)
    assert begun.partnership.id != pair.partnership.id
    rules = await asked(client, "GET", f"{path_of(anew)}/sharing-rules", pair.left)
    assert rules == {"own": [], "partner": []}
    await world.work()
    assert await told(client, anew, pair.left) == {}
    for member in (pair.left, pair.right):
        await world.share(member, begun.partnership)
    await world.work()
    found = await told(client, anew, pair.left)
    assert list(found) == ["Siemens AG"]
    assert found["Siemens AG"] != scene.ids["overlap_id"]
