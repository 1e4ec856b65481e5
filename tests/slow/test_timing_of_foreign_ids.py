"""A foreign id takes as long to be refused as one of nothing: reported, and an error only where the difference is gross."""

import statistics
import time
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import pytest

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.api.isolation.walking import unlimited
from tests.factories.world import company_list, make_pair, make_world
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow
CALLS = 2_000
RUNS = 5
GROSS = 0.2
"""A share of what a refusal takes: less than this is lost among what else a machine does."""


async def test_a_foreign_id_is_refused_as_fast_as_one_of_nothing(
    own_database: OwnDatabase, tmp_path: Path, random: Random
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    stranger = await world.organization("stranger")
    import_id = await world.upload(pair.left, company_list(("Siemens", "siemens.com")))
    await world.work()
    app = build_app(world.ids)
    set_state(app, unlimited(world))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:

        async def seconds(wanted: object) -> float:
            began = time.perf_counter()
            answer = await client.get(f"/v1/imports/{wanted}", headers=stranger.headers)
            assert answer.status_code == 404
            return time.perf_counter() - began

        differences = []
        for _ in range(RUNS):
            taken: dict[bool, list[float]] = {True: [], False: []}
            for foreign in random.sample([True, False] * (CALLS // 2), CALLS):
                taken[foreign].append(await seconds(import_id if foreign else uuid4()))
            known, unknown = statistics.median(taken[True]), statistics.median(taken[False])
            differences.append((known - unknown) / unknown)
    print("foreign id against one of nothing:", *(f"{one:+.1%}" for one in differences))  # noqa: T201 - what `-rP` reports
    assert abs(statistics.median(differences)) < GROSS
