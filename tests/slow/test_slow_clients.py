"""Five hundred slow clients of every kind before the shipped edge: all are ended in time, and others don't notice."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Member, make_world
from tests.support.edge import Edge, edge_before, needs_nginx
from tests.support.http_server import serving
from tests.support.servers import OwnDatabase

pytestmark = [pytest.mark.slow, needs_nginx]
EACH = 100
HEAD_SECONDS, BODY_SECONDS, SLACK = 10.0, 60.0, 8.0
PUT = b"PUT /v1/partnerships/x/sharing-rules/y HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def idle(_: asyncio.StreamWriter) -> None: ...


async def stalled_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET /livez HTTP/1.1\r\nHost: loc")


async def trickled_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n")
    await trickle(writer, b"X: y\r\n")


async def stalled_body(writer: asyncio.StreamWriter) -> None:
    writer.write(PUT + b"{")


async def trickled_body(writer: asyncio.StreamWriter) -> None:
    writer.write(PUT)
    await trickle(writer, b" ")


async def trickle(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while not writer.is_closing():
        writer.write(piece)
        await asyncio.sleep(1)  # it is the trickling that is tested


async def held(edge: Edge, talk: Talk) -> float:
    """How many seconds the edge bears with such a client."""
    reader, writer = await edge.connect("127.0.0.2")
    started = time.monotonic()
    talking = asyncio.create_task(talk(writer))
    try:
        while await reader.read(65_536):
            continue
    except (ConnectionError, OSError):
        pass
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        writer.close()
    return time.monotonic() - started


async def times(client: httpx.AsyncClient, member: Member, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        started = time.monotonic()
        answer = await client.get("/v1/populations", headers=member.headers)
        taken.append(time.monotonic() - started)
        assert answer.status_code == 200, answer.text
        await asyncio.sleep(0.05)  # below the edge's limit per address
    return taken


def shown(seconds: list[float], percent: int) -> str:
    return f"{statistics.quantiles(seconds, n=100)[percent - 1] * 1000:.1f} ms"


async def test_slow_clients_are_ended_and_healthy_requests_go_on(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    member = await world.organization("left")
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    kinds = [(idle, HEAD_SECONDS), (stalled_head, HEAD_SECONDS), (trickled_head, HEAD_SECONDS)]
    kinds += [(stalled_body, BODY_SECONDS), (trickled_body, BODY_SECONDS)]
    async with serving(app) as served, edge_before(served.port) as edge, edge.client() as client:
        alone = await times(client, member, 150)
        slow = [asyncio.create_task(held(edge, talk)) for talk, _ in kinds for _ in range(EACH)]
        beside = await times(client, member, 150)
        async with asyncio.timeout(BODY_SECONDS + 60):
            seconds = await asyncio.gather(*slow)
        after = await times(client, member, 20)
    for number, (talk, limit) in enumerate(kinds):
        longest = max(seconds[number * EACH : (number + 1) * EACH])
        assert longest <= limit + SLACK, f"{talk.__name__}: {longest:.1f} s"
    told = [f"p{n} {shown(alone, n)}, beside {shown(beside, n)}" for n in (50, 99)]
    print("a request alone:", *told)  # noqa: T201 - for whoever measures
    # generous: client and server share a machine with whatever else runs on it
    assert statistics.median(beside) < 10 * statistics.median(alone) + 0.2
    assert len(after) == 20
