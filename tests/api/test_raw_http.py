"""What no client library sends, over a real socket."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from service.api.app import build_app, set_state
from service.http.limits import HttpLimits
from service.http.state import AppState
from tests.factories.world import Pair
from tests.support.http_server import Served, serving

PROBLEM = "urn:commonground:problem:"
END = b"Host: x\r\nConnection: close\r\n\r\n"


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1]) if said else 0


def slug_of(said: bytes) -> str:
    return str(json.loads(said.partition(b"\r\n\r\n")[2])["type"]).removeprefix(PROBLEM)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /livez HTTP/9.9\r\n" + END, 400),
        (b"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nX: a\x00b\r\n" + END, 400),
        (b"POST /v1/imports HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + END, 400),
        (b"POST /v1/imports HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n" + END, 400),
        (b"POST /v1/imports HTTP/1.1\r\nContent-Length: -1\r\n" + END, 400),
        (b"PUT /v1/partnerships/x/sharing-rules/y HTTP/1.1\r\nContent-Length: 99999999999999\r\n" + END, 413),
        (b"GET /livez%00 HTTP/1.1\r\n" + END, 400),
        (b"GET /%ff%fe HTTP/1.1\r\n" + END, 404),
        (b"GET /../../etc/passwd HTTP/1.1\r\n" + END, 404),
        (b"GET /v1/../livez HTTP/1.1\r\n" + END, 404),
        (b"GET //livez HTTP/1.1\r\n" + END, 404),
        (b"GET /livez HTTP/1.1\r\nX-Long: " + b"x" * 65_536 + b"\r\n" + END, 431),
        (b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 200 + END, 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n" + END, 431),
        (b"TRACE /livez HTTP/1.1\r\n" + END, 405),
        (b"CONNECT x:1 HTTP/1.1\r\n" + END, 400),
        (b"GET /livez HTTP/1.1\r\nUpgrade: websocket\r\nHost: x\r\nConnection: Upgrade, close\r\n\r\n", 200),
        (b"GET /livez HTTP/1.0\r\n\r\n", 200),
        (b"GET http://evil.example/livez HTTP/1.1\r\n" + END, 200),
    ],
)
async def test_abuse_of_the_protocol_is_refused_in_its_own_words(
    app: FastAPI, sent: bytes, status: int
) -> None:
    async with serving(app) as served:
        said = await served.say(sent)
        assert status_of(said) == status, said[:500]
        if status >= 400:
            assert b"application/problem+json" in said
            assert slug_of(said)
        assert b"evil.example" not in said
        assert b"\r\nserver:" not in said.lower()
        assert status_of(await served.say(b"GET /livez HTTP/1.1\r\n" + END)) == 200


async def test_a_host_that_is_not_ours_is_not_repeated(app: FastAPI) -> None:
    async with serving(app) as served:
        for path in (b"/livez", b"/nowhere", b"/v1/accounts/", b"/v1/accounts"):
            said = await served.say(
                b"GET " + path + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
            )
            assert status_of(said) in {200, 401, 404}
            assert b"evil" not in said


async def test_heads_that_never_end_are_ended(app: FastAPI) -> None:
    limits = HttpLimits(head_seconds=0.3)

    async def trickle(served: Served) -> bytes:
        reader, writer = await served.connect()
        writer.write(b"GET /livez HTTP/1.1\r\n")
        reading = asyncio.create_task(reader.read())
        while not reading.done():
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.05)  # it is the trickling that is tested
        writer.close()
        return reading.result()

    async with serving(app, limits) as served, asyncio.timeout(10):
        idle, stalled, trickled = await asyncio.gather(
            served.say(b""), served.say(b"GET /livez HTTP/1.1\r\nX-"), trickle(served)
        )
    for said in (idle, stalled, trickled):
        assert (status_of(said), slug_of(said)) == (408, "request-timeout")


async def test_a_head_without_end_is_refused_before_it_is_whole(app: FastAPI) -> None:
    async with serving(app) as served:
        for piece in (
            b"GET /livez HTTP/1.1\r\nX: " + b"y" * 40_000,
            b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 7_000,
        ):
            said = await served.say(piece)
            assert (status_of(said), slug_of(said)) == (431, "headers-too-large")


async def test_a_connection_that_stays_is_asked_again_and_its_second_head_is_bounded_too(
    app: FastAPI,
) -> None:
    async with serving(app, HttpLimits(head_seconds=0.5)) as served:
        said = await served.say(
            b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost", seconds=10
        )
    assert said.startswith(b"HTTP/1.1 200")
    assert b"request-timeout" in said


async def test_a_reader_who_does_not_take_the_answer_is_cut_off(app: FastAPI) -> None:
    sent, ended = 0, asyncio.Event()

    async def much() -> AsyncIterator[bytes]:
        nonlocal sent
        try:
            for _ in range(4_000):
                sent += 1
                await asyncio.sleep(0)  # as whatever reads from a database gives way
                yield b"x" * 65_536
        finally:
            ended.set()

    @app.get("/much", operation_id="much")
    async def route() -> StreamingResponse:
        return StreamingResponse(much())

    async with serving(app, HttpLimits(taking_seconds=0.3)) as served:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, ("127.0.0.1", served.port))
            await loop.sock_sendall(client, b"GET /much HTTP/1.1\r\n" + END)
            async with asyncio.timeout(20):
                await ended.wait()
    assert 0 < sent < 4_000


def upload_of(pair: Pair, kind: str, length: int | str | None, body: bytes) -> bytes:
    """A request that announces a body of this length, or one in chunks; `kind` is of its content."""
    path = "/v1/imports" if kind != "application/json" else "/v1/api-keys"
    framed = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{framed}\r\nContent-Type: {kind}\r\n"
    return f"{head}Authorization: {pair.left.headers['Authorization']}\r\n\r\n".encode() + body


BODIES = {
    "text/csv": b"Company,Website\nSiemens AG,siemens.com\n",
    "multipart/form-data; boundary=b": (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="l.csv"\r\n\r\n'
        b"Company,Website\nSiemens AG,siemens.com\n\r\n--b--\r\n"
    ),
    "application/json": b'{"name": "CRM", "scopes": ["accounts:read"]}',
}


@pytest.mark.parametrize("kind", BODIES)
async def test_a_body_that_is_not_as_long_as_it_said_is_refused_and_nothing_kept(
    pair: Pair, kind: str
) -> None:
    """Also where more comes than was announced, and that is no request."""
    body = BODIES[kind]
    broken = b"%x\r\n%s\r\nzz\r\n" % (len(body), body)
    limits, world = HttpLimits(body_seconds=0.5), pair.world
    app = build_app(world.ids, limits=limits)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    async with serving(app, limits) as served:
        told = [
            await served.say(upload_of(pair, kind, length, sent))
            for length, sent in (
                (len(body) + 9, body), (-1, body), ("0x10", body), (None, broken), (len(body) - 9, body),
            )
        ]  # fmt: skip
    waited, *unreadable = map(status_of, told)
    assert waited == 408
    assert set(unreadable) == {400}
    assert {said.count(b"HTTP/1.1 ") for said in told} == {1}
    async with pair.world.database.tenant_read(pair.left.id) as session:
        driver = await session.raw()
        assert await driver.fetch("SELECT FROM import") == []
    folder = pair.world.spool.folder
    assert list(folder.iterdir() if folder.exists() else []) == []


async def test_what_comes_behind_a_body_that_was_taken_is_answered_after_it(pair: Pair) -> None:
    """As HTTP has it: the body ends where it said, and what follows is another request, or none."""
    body, world = BODIES["text/csv"], pair.world
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    async with serving(app) as served:
        reader, writer = await served.connect()
        writer.write(upload_of(pair, "text/csv", len(body), body).replace(b"Connection: close\r\n", b""))
        async with asyncio.timeout(20):
            first = await reader.readuntil(b"}")
            writer.write(b"and more\r\n\r\n")
            rest = await reader.read()
        writer.close()
        # what is no request is known at once, while the one before it is still worked at
        hurried = await served.say(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nand more\r\n\r\n")
    assert status_of(first) == 202
    assert b'"bytes_received":%d,' % len(body) in first
    assert b"HTTP/1.1 400" in rest
    assert [status_of(b"HTTP/1.1 " + part) for part in hurried.split(b"HTTP/1.1 ")[1:]] == [200, 400]
