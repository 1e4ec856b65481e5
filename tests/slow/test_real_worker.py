"""Real workers and commits: whatever the order in which uploads and rules arrive, what is told settles on the newest."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from service.crypto import MemoryKeystore
from service.imports.models import ImportMode
from service.jobs.worker import Worker, WorkerLimits
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.worker import make_registry
from tests.factories.world import Pair, World, company_list, make_pair, make_world
from tests.slow.companies import company
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow
PATIENCE = 120


async def settled(world: World) -> None:
    """Until no job waits or runs; jobs that were given up are an error."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with world.database.directory() as session:
                rows = (
                    await session.sql("SELECT status::text, count(*) FROM pgqueuer GROUP BY status")
                ).all()
            assert not [row for row in rows if row[0] == "failed"]
            if not rows:
                return
            await asyncio.sleep(0.2)  # a real worker in this process; there is nothing to wait on


@pytest.mark.parametrize("round_", range(4))
async def test_racing_uploads_of_both_sides_settle_on_the_newest_lists(
    own_database: OwnDatabase, tmp_path: Path, random: Random, round_: int
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    pair: Pair = await make_pair(world)
    registry = make_registry(
        database=world.database, keystore=world.keystore, spool=world.spool, clock=world.clock, ids=world.ids
    )
    workers = [
        Worker(world.database, registry, url=own_database.urls.app, limits=WorkerLimits(at_once=3))
        for _ in range(2)
    ]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        pool = [company(random) for _ in range(40)]
        newest: dict[str, set[str]] = {}
        for _ in range(4):
            for name, member in (("left", pair.left), ("right", pair.right)):
                rows = random.sample(pool, random.randint(5, 25))
                await world.upload(member, company_list(*rows), mode=ImportMode.REPLACE, confirmed=True)
                newest[name] = {domain for _, domain in rows}
                await asyncio.sleep(random.random() / 5)  # let jobs of several uploads overlap
            if random.random() < 0.5:
                await settled(world)
        await settled(world)
        common = newest["left"] & newest["right"]
        for member in (pair.left, pair.right):
            assert {str(row["domain"]) for row in await world.told(member, pair.partnership)} == common
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.gather(*running)
