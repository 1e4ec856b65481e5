"""Two hundred random pairs of lists and rules: no route tells of an account that brute force doesn't find in common."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import asyncpg
import httpx
import pytest

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.api.isolation.walking import Walk, make_ground, unlimited
from tests.factories.world import make_world
from tests.support.lists import unlike_brute_force

pytestmark = pytest.mark.slow
BATCHES, ROUNDS = 10, 10
"""Each round has two pairs of lists."""


@pytest.fixture
async def walk(db: Database, superuser: asyncpg.Connection, tmp_path: Path) -> AsyncIterator[Walk]:
    world = make_world(db, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    app = build_app(world.ids)
    set_state(app, unlimited(world))
    ground = await make_ground(world, superuser)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Walk(client, app, ground.mine, ground.theirs, superuser, ground.tables, ground.markers)


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_no_account_outside_the_overlap_is_told_by_any_route(
    walk: Walk, random: Random, batch: int
) -> None:
    for _ in range(ROUNDS):
        await walk.superuser.execute("SAVEPOINT round")
        assert await unlike_brute_force(walk, random) == []
        assert not walk.broken
        await walk.superuser.execute("ROLLBACK TO SAVEPOINT round; RELEASE SAVEPOINT round")
