"""What whoever runs the service asks it: is it ready, and how is it doing."""

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from service.api import health
from service.api.app import build_app, set_state
from service.crypto import FileKeystore, load_or_create_kek
from service.db.database import Database
from service.http.state import AppState
from service.imports.spool import Spool
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Pair, World, company_list

TOKEN = "t0ken-of-prometheus"
READ = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def app(world: World) -> FastAPI:
    built = build_app(world.ids)
    state = AppState(world.database, world.keystore, world.spool, world.clock, world.ids, metrics_token=TOKEN)
    set_state(built, state)
    return built


async def test_numbers_tell_requests_jobs_and_connections_and_nobody(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await pair.world.upload(pair.left, company_list(("Siemens AG", "siemens.com")))
    for path in ("/v1/accounts", f"/v1/partnerships/{pair.partnership.id}", "/nowhere"):
        await client.get(path, headers=pair.left.headers)
    answer = await client.get("/metrics", headers=READ)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text
    assert 'commonground_requests_total{operation="list_accounts",status="200"} 1.0' in text
    assert 'commonground_requests_total{operation="none",status="404"} 1.0' in text
    assert 'commonground_request_seconds_count{operation="get_partnership"} 1.0' in text
    assert 'commonground_jobs{job="imports.run",status="queued"} 1.0' in text
    assert "commonground_oldest_job_seconds " in text
    for theirs in (pair.left.id, pair.right.id, pair.partnership.id, "left", "Siemens", pair.left.key[8:40]):
        assert str(theirs) not in text


async def test_ended_jobs_are_counted_by_result(own_world: World) -> None:
    member = await own_world.organization("left")
    await own_world.upload(member, company_list(("Siemens AG", "siemens.com")))
    app = build_app(own_world.ids)
    state = AppState(
        own_world.database,
        own_world.keystore,
        own_world.spool,
        own_world.clock,
        own_world.ids,
        metrics_token=TOKEN,
    )
    set_state(app, state)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        text = (await client.get("/metrics", headers=READ)).text
    assert 'commonground_database_connections{role="commonground_app",state="in_use"}' in text


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_without_the_token_there_are_no_numbers(
    client: httpx.AsyncClient, given: dict[str, str]
) -> None:
    refused, nowhere = (
        await client.get("/metrics", headers=given),
        await client.get("/nowhere", headers=given),
    )
    assert refused.status_code == 404
    assert {**refused.json(), "request_id": ""} == {**nowhere.json(), "request_id": ""}


async def test_unless_a_token_is_set_nobody_reads_them(world: World) -> None:
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for given in ({}, READ, {"Authorization": "Bearer None"}, {"Authorization": "Bearer "}):
            assert (await client.get("/metrics", headers=given)).status_code == 404


async def test_what_is_missing_is_named_and_no_address_is(tmp_path: Path) -> None:
    nowhere = "postgresql://somebody:s3cret@127.0.0.1:1/nothing"
    keystore = FileKeystore(tmp_path / "keystore", load_or_create_kek(tmp_path / "secrets" / "kek"))
    (tmp_path / "keystore").rmdir()
    (tmp_path / "keystore").write_text("no folder")
    async with Database(app_url=nowhere, matcher_url=nowhere) as database:
        ids = UuidV7Ids()
        app = build_app(ids)
        set_state(app, AppState(database, keystore, Spool(tmp_path / "uploads", 1), SystemClock(), ids))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            answer, alive = await client.get("/readyz"), await client.get("/livez")
    assert alive.status_code == 200
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:commonground:problem:not-ready")
    assert answer.headers["retry-after"] == "2"
    assert "database does not answer" in answer.json()["detail"]
    assert "keystore does not open" in answer.json()["detail"]
    assert "s3cret" not in answer.text
    assert "127.0.0.1" not in answer.text


class Frozen(Database):
    """Neither answers nor lets go of a question when it is given up, as a server that is paused."""

    thawed = asyncio.Event()

    async def ping(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await self.thawed.wait()


async def test_database_that_is_frozen_is_told_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    async with Frozen(app_url=nowhere, matcher_url=nowhere) as frozen:
        app = build_app(world.ids)
        set_state(app, AppState(frozen, world.keystore, world.spool, world.clock, world.ids))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            async with asyncio.timeout(10):
                answer = await client.get("/readyz")
        frozen.thawed.set()
    assert answer.status_code == 503
    assert "database does not answer" in answer.json()["detail"]


async def test_with_everything_there_it_is_ready(client: httpx.AsyncClient) -> None:

    assert (await client.get("/readyz")).json() == {"status": "ok"}
