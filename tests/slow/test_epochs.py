"""A partnership's keys are rotated while lists come in and are matched, and in workers that are killed on the way."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import asyncpg
import pytest

from service.crypto import MemoryKeystore
from service.imports.models import ImportMode
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Member, Pair, company_list, make_pair, make_world
from tests.support.dying_epochs import POINTS
from tests.support.dying_request import keystore_in
from tests.support.epochs import age, ask, present, rests, standing
from tests.support.processes import ROOT
from tests.support.servers import OwnDatabase
from tests.support.stopping import idle, superuser
from tests.support.two_workers import working
from tests.support.whole_run import unlike_a_whole_run

pytestmark = pytest.mark.slow
ROUNDS = int(os.environ.get("COMMONGROUND_RACES", "20")) // 8
STEADY = [(f"Orchid {n} Quarzwerk", f"orchid{n}.com") for n in range(60)]
OF_STEADY = "SELECT * FROM overlap WHERE id = ANY($1) ORDER BY id"
TOLD_OF_STEADY = "SELECT count(*) FROM partnership_event WHERE data ->> 'overlap_id' = ANY($1::text[])"


async def test_rotations_beside_uploads_and_matches_leave_what_undisturbed_ones_would(
    own_database: OwnDatabase, tmp_path: Path, random: Random
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    for member in (pair.left, pair.right):
        await world.upload(member, company_list(*STEADY))
    await world.work()
    async with superuser(own_database.urls.admin) as admin:
        ids = [row["id"] for row in await admin.fetch("SELECT id FROM overlap WHERE status = 'auto'")]
        assert len(ids) == len(STEADY)
        before = await admin.fetch(OF_STEADY, ids)
        async with working(world, own_database.urls.app):
            for number in range(ROUNDS):
                await age(admin, pair)
                lists = [changing(pair, member, random) for member in (pair.left, pair.right) * 3]
                await asyncio.gather(*lists, later(pair, random), later(pair, random))
                await idle(world.database)
                assert await present(admin, pair) == number + 2
        assert await rests(admin, pair) == []
        assert await admin.fetch(OF_STEADY, ids) == before
        assert await admin.fetchval(TOLD_OF_STEADY, list(map(str, ids))) == len(ids)
        assert await unlike_a_whole_run(pair, admin) == []


async def changing(pair: Pair, member: Member, random: Random) -> None:
    """Some companies that come and go beside those that stay."""
    await asyncio.sleep(random.random())
    some = [(f"Kestrel {n} Press", f"kestrel{n}.de") for n in random.sample(range(40), 15)]
    await pair.world.upload(member, company_list(*STEADY, *some), mode=ImportMode.REPLACE, confirmed=True)


async def later(pair: Pair, random: Random) -> None:
    await asyncio.sleep(random.random())
    await ask(pair)


def doomed_worker(own: OwnDatabase, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.dying_epochs", str(folder)],
        cwd=ROOT, env=os.environ | own.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


async def test_a_rotation_whose_worker_is_killed_at_any_point_goes_on_and_ends(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    world = make_world(own_database.database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    for member in (pair.left, pair.right):
        await world.upload(member, company_list(*STEADY))
    await world.work()
    doomed = doomed_worker(own_database, tmp_path)
    assert doomed.stdin is not None
    assert doomed.stdout is not None
    async with superuser(own_database.urls.admin) as admin:
        before = await standing(admin, pair)
        for epoch, point in enumerate(POINTS, start=2):
            await age(admin, pair)
            await ask(pair)
            print(point, file=doomed.stdin, flush=True)
            assert int(doomed.stdout.readline()) == signal.SIGKILL, point
            is_switched = list(POINTS).index(point) >= list(POINTS).index("after the switch")
            assert await present(admin, pair) == (epoch if is_switched else epoch - 1), point
            assert await standing(admin, pair) == before, point
            await lease_runs_out(admin)
            await world.work()
            assert await present(admin, pair) == epoch, point
            assert await rests(admin, pair) == [], point
            assert await standing(admin, pair) == before, point
            noted = "SELECT count(*) FROM audit_entry WHERE action = 'partnership.epoch_changed' AND (details ->> 'epoch')::int = $1"
            assert await admin.fetchval(noted, epoch) == 2, point
        assert await unlike_a_whole_run(pair, admin) == []
    doomed.communicate(timeout=60)


async def lease_runs_out(admin: asyncpg.Connection) -> None:
    """What the dead worker had taken is taken up by another."""
    await admin.execute(
        "UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL WHERE status = 'picked'"
    )
