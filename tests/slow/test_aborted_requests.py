"""Clients that go away in the middle leave no transaction, connection or file behind."""

import asyncio
from pathlib import Path
from random import Random

import asyncpg
import pytest

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.guards.limits import Limiter, RateLimits
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import company_list, make_pair, make_world
from tests.support.http_server import Served, serving
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow
ABORTS, AT_ONCE = 1_000, 25
_IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


def requests(key: str, partnership: str) -> list[bytes]:
    who = f"Host: x\r\nAuthorization: Bearer {key}\r\n".encode()
    body = company_list(*((f"Company {number}", f"company{number}.com") for number in range(500))).encode()
    length = f"Content-Length: {len(body)}\r\n".encode()
    named = b"Content-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: 46\r\n\r\n"
    return [
        b"GET /v1/accounts?limit=1000 HTTP/1.1\r\n" + who + b"\r\n",
        f"GET /v1/overlaps?partnership={partnership} HTTP/1.1\r\n".encode() + who + b"\r\n",
        b"POST /v1/imports HTTP/1.1\r\n" + who + length + b"Idempotency-Key: an upload\r\n\r\n" + body,
        b"POST /v1/api-keys HTTP/1.1\r\n"
        + who
        + named % b"a key"
        + b'{"name": "x", "scopes": ["accounts:read"]}    ',
    ]


async def abort(served: Served, request: bytes, random: Random) -> None:
    """Send some of the request, wait for a moment, and be gone."""
    _, writer = await served.connect()
    writer.write(request[: random.randint(1, len(request))] if random.random() < 0.5 else request)
    await writer.drain()
    await asyncio.sleep(random.random() / 50)  # the moment of going is what varies
    writer.transport.abort()


async def test_a_thousand_aborted_requests_leave_nothing_behind(
    own_database: OwnDatabase, tmp_path: Path, random: Random
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    app = build_app(world.ids)
    parts = world.database, world.keystore, world.spool, world.clock, world.ids
    plenty = RateLimits(caller=1_000_000, organization=1_000_000)
    set_state(app, AppState(*parts, limiter=Limiter(plenty)))
    kinds = requests(pair.left.key, str(pair.partnership.id))
    async with serving(app) as served, asyncio.timeout(300):
        for _ in range(ABORTS // AT_ONCE):
            await asyncio.gather(*(abort(served, random.choice(kinds), random) for _ in range(AT_ONCE)))
        healthy = f"GET /v1/populations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {pair.left.key}\r\n\r\n"
        assert (await served.say(healthy.encode())).startswith(b"HTTP/1.1 200")
        await settled(own_database)
    in_use = {role: used for role, (used, _) in world.database.connections().items()}
    assert set(in_use.values()) == {0}
    async with world.database.tenant_read(pair.left.id) as session:
        kept = (await session.sql("SELECT count(*) FROM import")).scalar_one()
    files = list(world.spool.folder.iterdir()) if world.spool.folder.exists() else []
    assert len(files) == kept <= 1


async def settled(own: OwnDatabase) -> None:
    """Until no connection of the app is in the middle of a transaction."""
    watcher = await asyncpg.connect(own.urls.admin)
    try:
        while await watcher.fetchval(_IN_TRANSACTION):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.1)  # what was aborted is being rolled back
    finally:
        await watcher.close()
