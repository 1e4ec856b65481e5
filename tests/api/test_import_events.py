"""How far an import is, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from service.api.app import build_app, set_state
from service.http.deadline import Drain
from service.http.state import AppState
from service.imports import watching
from service.kit.ids import UuidV7Ids
from tests.factories.world import World, company_list
from tests.support.http_server import serving

Event = dict[str, str]


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in response.aiter_lines():
        if not line:
            yield event
            event = {}
        else:
            name, _, value = line.partition(":")
            event[name] = value.strip()


async def test_an_import_is_heard_of_until_it_is_over(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SECONDS", 0.05)
    monkeypatch.setattr("service.api.v1.import_events.HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(watching, "MOST_OF_ONE", 1)
    member, stranger = await own_world.organization("left"), await own_world.organization("right")
    import_id = await own_world.upload(member, company_list(("Siemens AG", "siemens.com")))
    app = build_app(own_world.ids)
    set_state(
        app,
        AppState(own_world.database, own_world.keystore, own_world.spool, own_world.clock, own_world.ids),
    )
    path = f"/v1/imports/{import_id}/events"
    async with (
        serving(app) as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client,
    ):
        async with client.stream("GET", path, headers=member.headers) as stream:
            assert (stream.status_code, stream.headers["x-accel-buffering"]) == (200, "no")
            assert stream.headers["content-type"].startswith("text/event-stream")
            heard = events(stream)
            assert await anext(heard) == {"retry": "1000"}
            first = await anext(heard)
            assert (first["event"], json.loads(first["data"])["status"]) == ("progress", "received")
            assert "" in await anext(heard), "a comment says that it goes on"
            async with asyncio.timeout(5):  # whoever listens holds no connection between two looks
                while own_world.database.connections()["commonground_app"][0]:
                    await anext(heard)
            busy = await client.get(path, headers=member.headers)
            assert (busy.status_code, busy.json()["type"]) == (503, "urn:commonground:problem:busy")
            async with own_world.database.tenant(member.id) as session:
                await session.sql(
                    "UPDATE import SET status = 'running', phase = 'comparing', rows_done = 1, rows_total = 2"
                )
            running = [event async for event in _until(heard, "progress")][-1]
            assert json.loads(running["data"])["progress"] == {
                "phase": "comparing",
                "rows_done": 1,
                "rows_total": 2,
            }
            async with own_world.database.tenant(member.id) as session:
                await session.sql("UPDATE import SET status = 'received', phase = NULL")
            await own_world.work()
            rest = [event async for event in heard if "event" in event]
            assert (rest[-1]["event"], json.loads(rest[-1]["data"])["status"]) == ("end", "completed")
        again = await client.get(path, headers=member.headers | {"Last-Event-ID": first["id"]})
        assert f"id: {rest[-1]['id']}\n" in again.text
        over = await client.get(path, headers=member.headers | {"Last-Event-ID": rest[-1]["id"]})
        assert (over.status_code, over.content) == (204, b"")
        for who, unknown in ((stranger, import_id), (member, UuidV7Ids().new())):
            answer = await client.get(f"/v1/imports/{unknown}/events", headers=who.headers)
            assert answer.status_code == 404


async def _until(heard: AsyncIterator[Event], name: str) -> AsyncIterator[Event]:
    async for event in heard:
        yield event
        if event.get("event") == name:
            return


async def test_a_stream_ends_by_itself_and_with_the_service(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SECONDS", 0.05)
    member = await own_world.organization("left")
    import_id = await own_world.upload(member, company_list(("Siemens AG", "siemens.com")))
    drain = Drain()
    app = build_app(own_world.ids, drain=drain)
    set_state(
        app,
        AppState(own_world.database, own_world.keystore, own_world.spool, own_world.clock, own_world.ids),
    )
    path = f"/v1/imports/{import_id}/events"
    async with (
        serving(app) as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client,
    ):
        first = await _after_the_first(
            client, path, member.headers, lambda: setattr(drain, "is_stopping", True)
        )
        drain.is_stopping = False
        monkeypatch.setattr("service.api.v1.import_events.STREAM_SECONDS", 0.1)
        resumed = await client.get(path, headers=member.headers | {"Last-Event-ID": first["id"]})
        assert resumed.text == "retry: 1000\n\n", "what was heard is not told again"


async def _after_the_first(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], then: Callable[[], None]
) -> Event:
    async with asyncio.timeout(10), client.stream("GET", path, headers=headers) as stream:
        heard = events(stream)
        await anext(heard)
        first = await anext(heard)
        then()
        assert [event async for event in heard] == []
        return first
