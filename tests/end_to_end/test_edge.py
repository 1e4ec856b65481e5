"""The shipped edge configuration, under the real nginx, before the real app."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Member, World, company_list, make_world
from tests.support.edge import Edge, edge_before, needs_nginx
from tests.support.http_server import serving
from tests.support.servers import OwnDatabase

pytestmark = needs_nginx
PROBLEM = "urn:commonground:problem:"


@pytest.fixture
def world(own_database: OwnDatabase, tmp_path: Path) -> World:
    return make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())


@pytest.fixture
async def member(world: World) -> Member:
    return await world.organization("left")


@pytest.fixture
async def edge(world: World) -> AsyncIterator[Edge]:
    app = build_app(world.ids, https=True)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    async with serving(app) as served, edge_before(served.port) as started:
        yield started


async def test_requests_and_uploads_go_through_with_their_ids(edge: Edge, member: Member) -> None:
    async with edge.client() as client:
        rows = [(f"Company {number}", f"company{number}.com") for number in range(5_000)]
        upload = await client.post("/v1/imports", content=company_list(*rows), headers=member.headers)
        assert upload.status_code == 202, upload.text
        listed = await client.get("/v1/imports", headers=member.headers | {"X-Request-Id": "from-the-client"})
        assert listed.json()["items"][0]["id"] == upload.json()["id"]
        assert listed.headers["x-request-id"] == "from-the-client"
        assert "max-age" in listed.headers["strict-transport-security"]
        made = await client.get("/livez", headers={"X-Request-Id": "<script>"})
        assert len(made.headers["x-request-id"]) == 32
        assert made.headers["server"] == "nginx"


async def test_the_same_address_is_never_answered_from_what_another_was_told(
    edge: Edge, world: World, member: Member
) -> None:
    other = await world.organization("right")
    async with edge.client() as client:
        for path in ("/v1/organizations/me", "/v1/accounts?limit=1"):
            for _ in range(3):
                answers = [await client.get(path, headers=one.headers) for one in (member, other)]
                assert [answer.headers["cache-control"] for answer in answers] == ["no-store", "no-store"]
                assert not {"age", "x-cache"} & {name for answer in answers for name in answer.headers}
        mine, theirs = [
            (await client.get("/v1/organizations/me", headers=one.headers)).json()["handle"]
            for one in (member, other)
        ]
        assert (mine, theirs) == ("left", "right")
        assert (await client.get("/v1/organizations/me")).status_code == 401


async def test_what_the_edge_refuses_is_a_problem_too(edge: Edge) -> None:
    async with edge.client() as client:
        for answer, status, slug in (
            (await client.put("/v1/x", content=b"x" * 70_000), 413, "body-too-large"),
            (await client.get("/livez", headers={"X-Long": "x" * 9_000}), 431, "headers-too-large"),
            (await client.get("/" + "x" * 9_000), 431, "headers-too-large"),
            (await client.get("/metrics"), 404, "not-found"),
            (await client.get("/nowhere"), 404, "not-found"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (status, PROBLEM + slug)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["x-request-id"] == answer.json()["request_id"]


@pytest.mark.parametrize(
    ("head", "status", "slug"),
    [
        ("TRACE / HTTP/1.1", 405, "method-not-allowed"),
        ("CONNECT / HTTP/1.1", 405, "method-not-allowed"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip", 400, "bad-request"),
        ("GET / HTTP/3.0", 400, "bad-request"),
        ("GET /\x01 HTTP/1.1", 400, "bad-request"),
    ],
)
async def test_what_the_edge_cannot_read_is_refused_with_a_problem(head: str, status: int, slug: str) -> None:
    async with edge_before(1) as edge:
        refused = await said(await edge.connect(), head)
    assert (refused["status"], refused["type"]) == (status, PROBLEM + slug)


async def test_plain_http_on_the_port_of_tls_is_refused_with_a_problem() -> None:
    async with edge_before(1) as edge:
        refused = await said(await asyncio.open_connection("127.0.0.1", edge.port), "GET / HTTP/1.1")
    assert (refused["status"], refused["type"]) == (400, PROBLEM + "bad-request")


async def said(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], head: str) -> dict[str, object]:
    """The problem that a request with this head is answered with, whose status is that of the answer."""
    reader, writer = connection
    writer.write(f"{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    head_of_answer, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b"Content-Type: application/problem+json" in head_of_answer
    problem: dict[str, object] = json.loads(body)
    assert head_of_answer.startswith(f"HTTP/1.1 {problem['status']} ".encode())
    return problem


async def test_plain_http_is_sent_to_the_service_by_its_own_name(edge: Edge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.plain_port)
    writer.write(b"GET /v1/accounts HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    assert b"Location: https://commonground.example/v1/accounts" in said
    assert b"evil" not in said


async def flood(edge: Edge, address: str, credential: bytes) -> Counter[int]:
    """A thousand requests as fast as they can be written; how they were answered."""

    async def fifty() -> list[int]:
        reader, writer = await edge.connect(address)
        one = b"GET /v1/populations HTTP/1.1\r\nHost: localhost\r\n" + credential
        writer.write((one + b"\r\n") * 49 + one + b"Connection: close\r\n\r\n")
        said = await reader.read()
        writer.close()
        return [int(status) for status in re.findall(rb"HTTP/1.1 (\d{3})", said)]

    answers = await asyncio.gather(*(fifty() for _ in range(20)))
    return Counter(status for statuses in answers for status in statuses)


async def test_a_flood_from_one_address_is_refused_and_others_go_on(edge: Edge, member: Member) -> None:
    for address, credential in (
        ("127.0.0.3", b""),
        ("127.0.0.5", b"Authorization: Bearer cg_live_guess\r\n"),
    ):
        statuses = await flood(edge, address, credential)
        assert set(statuses) == {401, 429}
        assert statuses[429] > 100
        async with edge.client(address) as client, edge.client("127.0.0.4") as healthy:
            assert (await healthy.get("/v1/populations", headers=member.headers)).status_code == 200
            refused = await client.get("/v1/populations")
            if refused.status_code == 429:
                assert refused.headers["retry-after"] == "1"
                assert refused.json()["type"] == PROBLEM + "rate-limited"


async def test_without_the_service_the_edge_says_when_to_come_back() -> None:
    async with edge_before(1) as edge, edge.client() as client:
        answer = await client.get("/livez")
    assert (answer.status_code, answer.json()["type"]) == (503, PROBLEM + "unavailable")
    assert answer.headers["retry-after"] == "2"
