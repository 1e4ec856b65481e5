"""This machine's clock may be wrong, jump or go back: jobs keep to the database's clock, and what is told stays right."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from service.crypto import MemoryKeystore
from service.jobs import enqueue
from service.kit.clock import FixedClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import World, company_list, make_pair, make_world
from tests.support.servers import OwnDatabase

APART = [timedelta(minutes=10), -timedelta(minutes=10), timedelta(days=400), -timedelta(days=400)]


@pytest.fixture
async def admin(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    driver = await asyncpg.connect(own_database.urls.admin)
    yield driver
    await driver.close()


def world_at(own: OwnDatabase, folder: Path, clock: FixedClock) -> World:
    return make_world(own.database, MemoryKeystore(), folder, clock, UuidV7Ids(clock))


@pytest.mark.parametrize("apart", APART, ids=str)
async def test_service_whose_clock_is_wrong_matches_all_the_same(
    own_database: OwnDatabase, tmp_path: Path, apart: timedelta
) -> None:
    pair = await make_pair(world_at(own_database, tmp_path, FixedClock(datetime.now(UTC) + apart)))
    for member in (pair.left, pair.right):
        await pair.world.upload(member, company_list(("Orchid Bakery", "orchidbakery.com")))
    await pair.world.work()
    for member in (pair.left, pair.right):
        told = await pair.world.told(member, pair.partnership)
        assert [row["domain"] for row in told] == ["orchidbakery.com"]


async def test_clock_that_goes_back_between_two_uploads_leaves_the_newest_list(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    pair = await make_pair(world_at(own_database, tmp_path, clock))
    await pair.world.upload(pair.left, company_list(("Orchid Bakery", "orchidbakery.com")))
    await pair.world.upload(pair.right, company_list(("Orchid Bakery", "orchidbakery.com")))
    await pair.world.work()
    clock.advance(-timedelta(hours=1))
    await pair.world.upload(pair.right, company_list(("Walnut Press", "walnutpress.com")))
    await pair.world.upload(pair.left, company_list(("Walnut Press", "walnutpress.com")))
    await pair.world.work()
    told = {row["domain"] for row in await pair.world.told(pair.left, pair.partnership)}
    assert told == {"orchidbakery.com", "walnutpress.com"}


@pytest.mark.parametrize("apart", APART, ids=str)
async def test_when_a_job_is_due_is_the_databases_word(
    own_database: OwnDatabase, tmp_path: Path, admin: asyncpg.Connection, apart: timedelta
) -> None:
    """A delay counts from the database's now: neither early, nor late, nor all at once after a jump."""
    async with own_database.database.directory() as session:
        await enqueue(session, "imports.run", {"org_id": "x"}, delay=timedelta(minutes=5))
    wait = await admin.fetchval("SELECT execute_after - now() FROM pgqueuer")
    assert timedelta(minutes=4) < wait <= timedelta(minutes=5)


def test_ids_rise_over_a_leap_and_a_jump_back() -> None:
    clock = FixedClock(
        datetime(2016, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    )  # the second that was followed by a leap
    ids = UuidV7Ids(clock)
    made = [ids.new()]
    for step in (
        timedelta(milliseconds=1),
        -timedelta(seconds=1),
        timedelta(minutes=10),
        -timedelta(minutes=20),
    ):
        clock.advance(step)
        made += [ids.new(), ids.new()]
    assert made == sorted(set(made))
