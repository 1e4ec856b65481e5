"""Two workers beside each other in the process of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from service.jobs.worker import Worker, WorkerLimits
from service.worker import make_registry
from tests.factories.world import World


@asynccontextmanager
async def working(world: World, url: str) -> AsyncIterator[None]:
    """They run what is queued until the block ends; `url` is the app role's address."""
    registry = make_registry(
        database=world.database, keystore=world.keystore, spool=world.spool, clock=world.clock, ids=world.ids
    )
    limits = WorkerLimits(at_once=2, poll=timedelta(seconds=0.2))
    workers = [Worker(world.database, registry, url=url, limits=limits) for _ in range(2)]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.gather(*running)
