"""Long random histories of changing lists: what stands is what whole runs would leave, however the jobs fell together."""

from pathlib import Path
from random import Random

import asyncpg
import pytest

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import make_pair, make_world
from tests.support.changing_lists import ChangingLists
from tests.support.whole_run import unlike_a_whole_run

pytestmark = pytest.mark.slow
ROUNDS = 12


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_changes_leave_what_whole_runs_would(
    db: Database, superuser: asyncpg.Connection, tmp_path: Path, random: Random, round_: int
) -> None:
    pair = await make_pair(make_world(db, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids()))
    lists, done = ChangingLists(pair, random, most=random.choice((20, 60, 200))), []
    await lists.begin()
    for _ in range(8):
        done += [await lists.step() for _ in range(random.randint(1, 8))]
        await pair.world.work()
        assert await unlike_a_whole_run(pair, superuser) == [], done
