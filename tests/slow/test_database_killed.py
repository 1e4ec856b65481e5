"""PostgreSQL is killed (SIGKILL, no shutdown) at a point of an import: nobody sees half a list, and the import comes to its end, once."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.db import migrate
from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.imports.models import ImportMode, ImportStatus
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.domain.imports.support import fetch, one
from tests.factories.world import Pair, World, make_pair, make_world
from tests.support.breakable import BreakableServer, breakable_server
from tests.support.dying_request import keystore_in
from tests.support.servers import TEST_LIMITS
from tests.support.stopping import idle, stands_still, superuser, working
from tests.support.whole_run import unlike_a_whole_run

pytestmark = pytest.mark.slow
HEAD = "Account ID,Company,Website,Status\n"
THEIRS = "".join(f"{number},Company {number},c{number}.example,Customer\n" for number in range(9))
OLD = [(str(number), f"Company {number}") for number in range(4)]
NEW = [(str(number), f"Company {number} AG") for number in range(2, 8)]
SEEN = "SELECT external_id, name FROM account ORDER BY 1"
HISTORY = "SELECT change, count(*) FROM record_history WHERE import_id = '{}' GROUP BY 1 ORDER BY 1"


def listed(rows: list[tuple[str, str]]) -> str:
    return HEAD + "".join(f"{number},{name},c{number}.example,Customer\n" for number, name in rows)


@pytest.fixture(scope="module")
def killable() -> Iterator[BreakableServer]:
    with breakable_server() as server:
        asyncio.run(migrate.upgrade(server.urls.migrator))
        yield server


@pytest.fixture
async def world(killable: BreakableServer, tmp_path: Path) -> AsyncIterator[World]:
    urls = killable.urls
    async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=TEST_LIMITS) as database:
        yield make_world(database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())


async def seen(pair: Pair) -> list[tuple[object, ...]]:
    while True:
        try:
            rows = await fetch(pair.world, pair.left, SEEN)
        except DatabaseUnavailable:
            await asyncio.sleep(0.1)  # it recovers
        else:
            return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("point", "shown"),
    [
        ("reading", OLD),
        ("copying", OLD),
        ("before the commit", OLD),
        ("discarded", NEW),
        ("meeting", NEW),
    ],
)
async def test_a_killed_database_loses_no_upload_and_shows_no_half_list(
    killable: BreakableServer, world: World, tmp_path: Path, point: str, shown: list[tuple[str, str]]
) -> None:
    """Found away by whoever goes on meanwhile, or found back by whoever stood still."""
    for is_back_first in (True, False):
        await kill(killable, world, tmp_path, point, shown, is_back_first=is_back_first)


async def kill(
    killable: BreakableServer,
    world: World,
    folder: Path,
    point: str,
    shown: list[tuple[str, str]],
    *,
    is_back_first: bool,
) -> None:
    name = f"{point.replace(' ', '')}-{is_back_first}".lower()
    pair = await make_pair(world, left=f"l-{name}", right=f"r-{name}")
    await world.upload(pair.right, HEAD + THEIRS, population=None)
    await world.upload(pair.left, listed(OLD), population=None)
    await world.work()
    import_id = await world.upload(
        pair.left, listed(NEW), population=None, mode=ImportMode.REPLACE, confirmed=True
    )
    urls = killable.urls
    around = {"DATABASE_URL": urls.app, "MATCHER_DATABASE_URL": urls.matcher}
    with working(around, folder, point) as worker:
        await stands_still(worker)
        await asyncio.to_thread(killable.end, signal.SIGKILL)
        if not is_back_first:
            worker.resume()
            with pytest.raises(DatabaseUnavailable):
                await fetch(world, pair.left, SEEN)
        await asyncio.to_thread(killable.start)
        if is_back_first:
            assert await seen(pair) == shown
            worker.resume()
        await idle(world.database)
    record = await one(world, pair.left, import_id)
    assert (record.status, record.created, record.updated, record.removed) == (
        ImportStatus.COMPLETED, 4, 2, 2,
    )  # fmt: skip
    assert await seen(pair) == NEW
    changes = [tuple(row.values()) for row in await fetch(world, pair.left, HISTORY.format(import_id))]
    assert changes == [("removed", 2), ("updated", 2)]
    assert list(world.spool.folder.iterdir()) == []
    async with superuser(urls.admin) as admin:
        assert [await admin.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")] == [
            "on"
        ] * 2
        assert await unlike_a_whole_run(pair, admin) == []
