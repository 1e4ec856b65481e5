"""Imports whose job is gone or was given up: none of them stays unfinished for ever, and none holds up those after it."""

from uuid import UUID

import pytest

from service.db.errors import DatabaseFullError
from service.imports.models import Import, ImportStatus
from service.imports.operations import RUN_JOB
from service.imports.reader import Reader
from service.imports.tidy import tidy
from service.ingest import Limits
from service.worker import targets
from tests.domain.imports.support import FIRST, one
from tests.factories.world import Pair, World

LOST = "DELETE FROM pgqueuer WHERE entrypoint = $1"
GIVEN_UP = "UPDATE pgqueuer SET status = 'failed' WHERE entrypoint = $1"


async def two_uploads(pair: Pair, becomes: str) -> tuple[UUID, UUID]:
    """Two of which the first one's job comes to this end before it has run, and the second one's came too early."""
    first = await pair.world.upload(pair.left, FIRST, population=None)
    async with pair.world.database.directory() as session:
        await session.sql(becomes, RUN_JOB)
    second = await pair.world.upload(pair.left, FIRST + "3,Linde,linde.com,DE,Customer\n", population=None)
    async with pair.world.database.directory() as session:
        await session.sql("DELETE FROM pgqueuer WHERE entrypoint = $1 AND status = 'queued'", RUN_JOB)
    return first, second


async def looked_at(world: World, pair: Pair, *import_ids: UUID) -> list[Import]:
    return [await one(world, pair.left, import_id) for import_id in import_ids]


async def test_an_import_whose_job_was_given_up_ends_with_a_reason_and_the_next_is_read(pair: Pair) -> None:
    world = pair.world
    import_ids = await two_uploads(pair, GIVEN_UP)
    assert await world.work(RUN_JOB) == []
    assert await tidy(world.database, world.spool, world.clock, older_than_seconds=-1) == 1
    await world.work(RUN_JOB)
    first, second = await looked_at(world, pair, *import_ids)
    assert (first.status, first.problem and first.problem["code"]) == (ImportStatus.FAILED, "internal")
    assert (second.status, second.created) == (ImportStatus.COMPLETED, 3)
    assert list(world.spool.folder.iterdir()) == []


async def test_imports_whose_jobs_were_lost_are_read_in_their_order(pair: Pair) -> None:
    world = pair.world
    import_ids = await two_uploads(pair, LOST)
    assert await world.work(RUN_JOB) == []
    await tidy(world.database, world.spool, world.clock)
    await world.work(RUN_JOB)
    first, second = await looked_at(world, pair, *import_ids)
    assert (first.status, first.created, second.status, second.created) == (
        ImportStatus.COMPLETED, 2, ImportStatus.COMPLETED, 1,
    )  # fmt: skip


async def test_an_import_that_finds_no_room_is_tried_again_and_at_last_ends_with_that_reason(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = pair.world
    import_id = await world.upload(pair.left, FIRST, population=None)
    parts = (
        world.database,
        world.keystore,
        world.spool,
        targets(world.keystore),
        Limits(),
        world.clock,
        world.ids,
    )
    reader = Reader(*parts)

    async def full(*_: object, **__: object) -> None:
        raise DatabaseFullError

    monkeypatch.setattr(Reader, "_store", full)
    with pytest.raises(DatabaseFullError):
        await reader.run(pair.left.id, import_id)
    assert (await one(world, pair.left, import_id)).status is ImportStatus.RUNNING
    await reader.run(pair.left.id, import_id, last_attempt=True)
    record = await one(world, pair.left, import_id)
    assert (record.status, record.problem and record.problem["code"]) == (ImportStatus.FAILED, "no_room")
    assert list(world.spool.folder.iterdir()) == []
