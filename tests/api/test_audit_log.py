"""The audit log over HTTP: paged, filtered, exported, and signed."""

import json
from datetime import timedelta

import httpx
import pytest

from service.audit.checkpoints import service_identity
from service.audit.errors import BrokenChainError, CheckpointError, CheckpointFileError
from service.audit.operations import keep_checkpoint, verify_export
from tests.factories.world import Pair

RULE = {"level": "matched", "preset": "minimal"}


async def change(client: httpx.AsyncClient, pair: Pair, times: int) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules/customers"
    for _ in range(times):
        answer = await client.put(path, json=RULE, headers=pair.left.headers)
        assert answer.status_code == 200, answer.text


async def pages(client: httpx.AsyncClient, pair: Pair, **query: str) -> list[dict[str, object]]:
    seen: list[dict[str, object]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(
            "/v1/audit-log", params=query | {"limit": "3"} | cursor, headers=pair.left.headers
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += page["items"]
        if not page["has_more"]:
            return seen
        cursor = {"cursor": page["next_cursor"]}


async def test_a_change_of_a_rule_names_key_request_and_what_was_changed(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules/customers"
    headers = pair.left.headers | {"X-Request-Id": "my-request-1"}
    await client.put(path, json=RULE, headers=headers)
    entry = (await pages(client, pair))[0]
    assert entry["actor"]["kind"] == "api_key"  # type: ignore[index]  # JSON
    assert entry["actor"]["id"] is not None  # type: ignore[index]  # JSON
    assert entry["request_id"] == "my-request-1"
    assert (entry["action"], entry["target"]) == (
        "sharing_rule.changed", f"partnership:{pair.partnership.id}",
    )  # fmt: skip
    assert entry["details"] == {
        "population": "customers", "level": "matched", "preset": "minimal", "version": 2, "ends_at": None,
    }  # fmt: skip


async def test_pages_show_each_entry_once_newest_first(client: httpx.AsyncClient, pair: Pair) -> None:
    await change(client, pair, 7)
    numbers = [entry["number"] for entry in await pages(client, pair)]
    assert numbers == list(range(len(numbers), 0, -1))


async def test_filters_narrow_and_add_up(client: httpx.AsyncClient, pair: Pair) -> None:
    await change(client, pair, 2)
    entries = await pages(client, pair)
    actor = entries[0]["actor"]["id"]  # type: ignore[index]  # JSON
    now = pair.world.clock.now()
    later, earlier = (now + timedelta(hours=1)).isoformat(), (now - timedelta(hours=1)).isoformat()
    assert [e["number"] for e in await pages(client, pair, actor=actor)] == [
        entries[0]["number"], entries[1]["number"],
    ]  # fmt: skip
    assert {e["action"] for e in await pages(client, pair, action="sharing_rule.changed")} == {
        "sharing_rule.changed"
    }
    assert await pages(client, pair, target="partnership:nothing") == []
    assert await pages(client, pair, since=later) == []
    assert await pages(client, pair, until=earlier) == []
    assert await pages(client, pair, since=earlier, until=later) == entries
    assert await pages(client, pair, action="organization.created", actor=actor) == []


async def test_a_partner_reads_its_own_log_only(client: httpx.AsyncClient, pair: Pair) -> None:
    await change(client, pair, 3)
    left = await pages(client, pair)
    answer = await client.get("/v1/audit-log", headers=pair.right.headers)
    assert not {e["hash"] for e in answer.json()["items"]} & {e["hash"] for e in left}


async def exported(client: httpx.AsyncClient, pair: Pair) -> list[str]:
    answer = await client.get("/v1/audit-log/export", headers=pair.left.headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return answer.text.splitlines()


async def test_an_export_is_recorded_whole_and_verified_without_the_service(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await change(client, pair, 3)
    lines = await exported(client, pair)
    last_entry, checkpoint = json.loads(lines[-2]), json.loads(lines[-1])["checkpoint"]
    assert last_entry["action"] == "audit_log.exported"
    assert (checkpoint["number"], checkpoint["hash"]) == (last_entry["number"], last_entry["hash"])
    trusted = service_identity(pair.world.keystore).public
    chain = await verify_export(lines, trusted=trusted)
    assert chain.number == len(lines) - 1


async def test_an_export_with_a_line_changed_or_left_out_is_refused(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await change(client, pair, 3)
    lines = await exported(client, pair)
    for broken in (
        [*lines[:2], lines[2].replace("matched", "all").replace("overlapping", "hidden"), *lines[3:]],
        [*lines[:2], *lines[3:]],
        [*lines[:2], lines[3], lines[2], *lines[4:]],
        [*lines[:2], "{}", *lines[2:]],
    ):
        with pytest.raises(BrokenChainError):
            await verify_export(broken)
    with pytest.raises(CheckpointError, match="cut off"):
        await verify_export([*lines[:-3], lines[-1]])
    for cut in ([], lines[:3], lines[:-1], [lines[-1], *lines[:-1]]):
        with pytest.raises(CheckpointError, match="doesn't end with a checkpoint"):
            await verify_export(cut)
    forged = lines[-1].replace('"number": ', '"number": 1')
    with pytest.raises(CheckpointFileError, match="signature"):
        await verify_export([*lines[:-1], forged])
    with pytest.raises(CheckpointFileError, match="another key"):
        await verify_export(lines, trusted=bytes(32))


async def test_an_export_that_goes_on_after_its_checkpoint_is_refused(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await change(client, pair, 1)
    before = await exported(client, pair)
    after = await exported(client, pair)
    with pytest.raises(CheckpointError, match="entries were added"):
        await verify_export([*after[:-1], before[-1]])


async def test_stored_checkpoints_are_listed(client: httpx.AsyncClient, pair: Pair) -> None:
    world = pair.world
    async with world.database.tenant(pair.left.id) as session:
        kept = await keep_checkpoint(session, world.keystore, world.clock)
    assert kept is not None
    answer = await client.get("/v1/audit-log/checkpoints", headers=pair.left.headers)
    assert answer.json()["items"] == [kept.as_json()]
    assert (await client.get("/v1/audit-log/checkpoints", headers=pair.right.headers)).json()["items"] == []
