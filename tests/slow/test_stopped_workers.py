"""A worker that stands still past its lease in the middle of an import: another takes it over, and the first one's word counts no more."""

from pathlib import Path

import psutil
import pytest

from service.imports.models import ImportMode, ImportStatus
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.domain.imports.support import fetch, one
from tests.factories.world import World, make_pair, make_world
from tests.support.dying_request import keystore_in
from tests.support.servers import OwnDatabase
from tests.support.stopping import heard, idle, stands_still, superuser, working
from tests.support.whole_run import unlike_a_whole_run

pytestmark = pytest.mark.slow
HEAD = "Account ID,Company,Website,Status\n"
THEIRS = "".join(f"{number},Company {number},c{number}.example,Customer\n" for number in range(9))
OLD = "".join(f"{number},Company {number},c{number}.example,Customer\n" for number in range(4))
NEW = "".join(f"{number},Company {number} AG,c{number}.example,Customer\n" for number in range(2, 8))
HISTORY = "SELECT count(*) AS n FROM record_history WHERE import_id = '{}'"


@pytest.fixture
def world(own_database: OwnDatabase, tmp_path: Path) -> World:
    return make_world(own_database.database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())


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
    with working(own_database.environment(), tmp_path, point) as first:
        await stands_still(first)
        with working(own_database.environment(), tmp_path) as second:
            assert await heard(second) == "over"
            assert first.status() == psutil.STATUS_STOPPED
            record = await one(world, pair.left, import_id)
            written = await fetch(world, pair.left, HISTORY.format(import_id))
            first.resume()
            assert await heard(first) == says
            await idle(world.database)
    assert (record.status, record.created, record.updated, record.removed) == (
        ImportStatus.COMPLETED, 4, 2, 2,
    )  # fmt: skip
    assert (await one(world, pair.left, import_id)).finished_at == record.finished_at
    assert await fetch(world, pair.left, HISTORY.format(import_id)) == written
    names = await fetch(world, pair.left, "SELECT external_id, name FROM account ORDER BY 1")
    assert [tuple(row.values()) for row in names] == [(str(n), f"Company {n} AG") for n in range(2, 8)]
    assert list(world.spool.folder.iterdir()) == []
    async with superuser(own_database.urls.admin) as admin:
        assert await unlike_a_whole_run(pair, admin) == []
