"""Random worlds of changing lists, the jobs run or left to gather: what stands is what whole runs would leave."""

import sys
from random import Random

import asyncpg
import pytest

from tests.factories.world import Pair
from tests.support.changing_lists import ChangingLists
from tests.support.whole_run import unlike_a_whole_run


@pytest.mark.parametrize(("seed", "followed"), [(0, 100_000), (3, 4)])
async def test_changes_leave_what_whole_runs_would(
    pair: Pair, superuser: asyncpg.Connection, seed: int, followed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["service.overlaps.jobs.push"], "MOST_FOLLOWED", followed)
    lists, done = ChangingLists(pair, Random(seed)), []
    await lists.begin()
    for _ in range(4):
        done += [await lists.step() for _ in range(6)]
        await pair.world.work()
        assert await unlike_a_whole_run(pair, superuser) == [], done
