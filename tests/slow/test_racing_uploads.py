"""Two different lists of the same population at the same moment: what stands is what they say one after the other, in the order of acceptance.

`COMMONGROUND_RACES` says how many races there are: 20 unless said.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

import httpx
import pytest

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.guards.limits import Limiter, RateLimits
from service.http.state import AppState
from service.imports.models import Import, ImportStatus
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.domain.imports.support import fetch, one
from tests.factories.world import Pair, World, make_pair, make_world
from tests.support.servers import OwnDatabase
from tests.support.stopping import idle, superuser
from tests.support.two_workers import working
from tests.support.whole_run import unlike_a_whole_run

pytestmark = pytest.mark.slow
RACES = int(os.environ.get("COMMONGROUND_RACES", "20"))
COMPANIES = 12
HISTORY = "SELECT count(*) AS count FROM record_history WHERE import_id = '{}'"
Rows = dict[str, str]
"""External id → name."""


@dataclass(frozen=True)
class Expected:
    """What a list makes of what stood before it."""

    stands: Rows
    created: int
    updated: int
    removed: int


def made(stood: Rows, rows: Rows, mode: str) -> Expected:
    stands = dict(rows) if mode == "replace" else stood | rows
    created, removed = len(stands.keys() - stood.keys()), len(stood.keys() - stands.keys())
    updated = sum(stood[number] != stands[number] for number in stood.keys() & stands.keys())
    return Expected(stands, created, updated, removed)


def some(random: Random, word: str) -> Rows:
    numbers = random.sample(range(COMPANIES), random.randint(3, COMPANIES - 2))
    return {str(number): f"{word} {number}" for number in numbers}


def listed(rows: Rows) -> bytes:
    lines = [f"{number},{name},c{number}.example\n" for number, name in rows.items()]
    return "".join(["Account ID,Company,Website\n", *lines]).encode()


@asynccontextmanager
async def asking(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(world.ids)
    parts = world.database, world.keystore, world.spool, world.clock, world.ids
    set_state(app, AppState(*parts, limiter=Limiter(RateLimits(caller=1_000_000, organization=1_000_000))))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def race(client: httpx.AsyncClient, pair: Pair, stood: Rows, random: Random) -> Rows:
    """Send two lists at once: what stands then."""
    mode, world, member = random.choice(("replace", "upsert")), pair.world, pair.left
    asked = {"population": "customers", "mode": mode, "confirm": "true"}
    lists = [some(random, f"{word} {random.getrandbits(32):x}") for word in ("Orchid", "Kestrel")]
    sent = [
        client.post("/v1/imports", headers=member.headers, params=asked, content=listed(rows))
        for rows in lists
    ]
    answers = await asyncio.gather(*sent)
    assert [answer.status_code for answer in answers] == [202, 202]
    of_id = {UUID(answer.json()["id"]): rows for answer, rows in zip(answers, lists, strict=True)}
    await idle(world.database)
    records = [await one(world, member, import_id) for import_id in of_id]
    records.sort(key=lambda record: record.number)
    assert records[0].number < records[1].number
    for record in records:
        if record is records[0] and record.status is ImportStatus.FAILED:
            assert record.problem is not None
            assert record.problem["code"] == "superseded"
        else:
            stood = await as_expected(pair, record, made(stood, of_id[record.id], mode))
    rows = await fetch(world, member, "SELECT external_id, name FROM account")
    assert {row["external_id"]: row["name"] for row in rows} == stood
    return stood


async def as_expected(pair: Pair, record: Import, expected: Expected) -> Rows:
    assert record.status is ImportStatus.COMPLETED, record.problem
    counted = (record.created, record.updated, record.removed)
    assert counted == (expected.created, expected.updated, expected.removed)
    [kept] = await fetch(pair.world, pair.left, HISTORY.format(record.id))
    assert kept["count"] == expected.updated + expected.removed
    return expected.stands


async def test_of_racing_lists_each_counts_whole_in_the_order_of_acceptance(
    own_database: OwnDatabase, tmp_path: Path, random: Random
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    theirs = {str(number): f"Harbour {number}" for number in range(COMPANIES)}
    await world.upload(pair.right, listed(theirs))
    stands: Rows = {}
    async with working(world, own_database.urls.app), asking(world) as client:
        for _ in range(RACES):
            stands = await race(client, pair, stands, random)
    assert list(world.spool.folder.iterdir()) == []
    async with superuser(own_database.urls.admin) as admin:
        assert await unlike_a_whole_run(pair, admin) == []
