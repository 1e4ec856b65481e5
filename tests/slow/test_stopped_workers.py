"""A worker that stands still past its lease in the middle of an import: another takes it over, and the first one's word counts no more."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from service.imports.models import ImportMode, ImportStatus
from service.jobs import is_busy
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.domain.imports.support import fetch, one
from tests.factories.world import World, make_pair, make_world
from tests.support.dying_request import keystore_in
from tests.support.processes import ROOT
from tests.support.servers import OwnDatabase
from tests.support.whole_run import unlike_a_whole_run

pytestmark = pytest.mark.slow
PATIENCE = 60
HEAD = "Account ID,Company,Website,Status\n"
THEIRS = "".join(f"{number},Company {number},c{number}.example,Customer\n" for number in range(9))
OLD = "".join(f"{number},Company {number},c{number}.example,Customer\n" for number in range(4))
NEW = "".join(f"{number},Company {number} AG,c{number}.example,Customer\n" for number in range(2, 8))
HISTORY = "SELECT count(*) AS n FROM record_history WHERE import_id = '{}'"


@pytest.fixture
def world(own_database: OwnDatabase, tmp_path: Path) -> World:
    return make_world(own_database.database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())


@contextmanager
def working(own: OwnDatabase, folder: Path, *point: str) -> Iterator[psutil.Popen]:
    process = psutil.Popen(
        [sys.executable, "-m", "tests.support.stopped_worker", str(folder), *point],
        cwd=ROOT, env=os.environ | own.environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


async def stands_still(process: psutil.Popen) -> None:
    async with asyncio.timeout(PATIENCE):
        while process.status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - another process says when
            await asyncio.sleep(0.05)


async def heard(process: psutil.Popen) -> str:
    """What the next import that it runs comes to."""
    async with asyncio.timeout(PATIENCE):
        while not (line := await asyncio.to_thread(process.stdout.readline)).startswith("import:"):
            assert line, "it ended without a word"
    return str(line).removeprefix("import:").strip()


async def idle(own: OwnDatabase) -> None:
    """Until no job waits or runs."""
    async with asyncio.timeout(PATIENCE):
        while await busy(own):  # noqa: ASYNC110 - workers in other processes
            await asyncio.sleep(0.1)


async def busy(own: OwnDatabase) -> bool:
    async with own.database.directory() as session:
        return await is_busy(session)


@asynccontextmanager
async def superuser(own: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    admin = await asyncpg.connect(own.urls.admin)
    for kind in ("json", "jsonb"):
        await admin.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    try:
        yield admin
    finally:
        await admin.close()


@pytest.mark.parametrize(
    ("point", "says"),
    [
        ("reading", "over"),
        ("compared", "DatabaseUnavailable"),
        ("before the commit", "DatabaseUnavailable"),
        ("after the commit", "over"),
    ],
)
async def test_a_worker_that_stood_still_past_its_lease_writes_no_more(
    own_database: OwnDatabase, world: World, tmp_path: Path, point: str, says: str
) -> None:
    """What it had begun to write is undone when the transaction has waited for too long, so that nobody waits for it."""
    pair = await make_pair(world)
    await world.upload(pair.right, HEAD + THEIRS, population=None)
    await world.upload(pair.left, HEAD + OLD, population=None)
    await world.work()
    import_id = await world.upload(
        pair.left, HEAD + NEW, population=None, mode=ImportMode.REPLACE, confirmed=True
    )
    with working(own_database, tmp_path, point) as first:
        await stands_still(first)
        with working(own_database, tmp_path) as second:
            assert await heard(second) == "over"
            assert first.status() == psutil.STATUS_STOPPED
            record = await one(world, pair.left, import_id)
            written = await fetch(world, pair.left, HISTORY.format(import_id))
            first.resume()
            assert await heard(first) == says
            await idle(own_database)
    assert (record.status, record.created, record.updated, record.removed) == (
        ImportStatus.COMPLETED, 4, 2, 2,
    )  # fmt: skip
    assert (await one(world, pair.left, import_id)).finished_at == record.finished_at
    assert await fetch(world, pair.left, HISTORY.format(import_id)) == written
    names = await fetch(world, pair.left, "SELECT external_id, name FROM account ORDER BY 1")
    assert [tuple(row.values()) for row in names] == [(str(n), f"Company {n} AG") for n in range(2, 8)]
    assert list(world.spool.folder.iterdir()) == []
    async with superuser(own_database) as admin:
        assert await unlike_a_whole_run(pair, admin) == []
