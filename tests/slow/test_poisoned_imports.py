"""A list whose storing always fails: it is given up with a reason, and neither other organizations nor the lists after it suffer."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from service.imports.models import ImportStatus
from service.jobs import attempts, dead_letters
from service.jobs.worker import Worker, WorkerLimits
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.worker import make_registry
from tests.domain.imports.support import fetch, one
from tests.factories.world import Member, World, company_list, make_world
from tests.support.dying_request import keystore_in
from tests.support.servers import OwnDatabase, TestServer

pytestmark = pytest.mark.slow
PATIENCE = 60
POISON = "Quarzwerk Poison"
RAISES = f"""
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.name = '{POISON}' THEN RAISE EXCEPTION 'of %', NEW.name; END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION refuse();
"""
"""A fault of the database's with one row, which no reading of the file foresees."""


async def over(world: World, member: Member, import_id: UUID) -> ImportStatus:
    async with asyncio.timeout(PATIENCE):
        while True:
            status = (await one(world, member, import_id)).status
            if status not in {ImportStatus.RECEIVED, ImportStatus.RUNNING}:
                return status
            await asyncio.sleep(0.05)  # a real worker; there is nothing to wait on


async def test_a_poisoned_list_is_given_up_with_a_reason_and_all_others_proceed(
    own_database: OwnDatabase, server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "RETRY_DELAYS", (timedelta(seconds=0.5),) * 5)
    world = make_world(own_database.database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())
    poisoned, *others = [await world.organization(f"org-{number}") for number in range(4)]
    await server.execute_in(own_database.name, RAISES)
    registry = make_registry(
        database=world.database, keystore=world.keystore, spool=world.spool, clock=world.clock, ids=world.ids
    )
    limits = WorkerLimits(poll=timedelta(seconds=0.1))
    worker = Worker(world.database, registry, url=own_database.urls.app, limits=limits)
    running = asyncio.create_task(worker.run())
    try:
        good = company_list(("Siemens AG", "siemens.com"), ("Bosch", "bosch.com"))
        before = await world.upload(poisoned, good)
        assert await over(world, poisoned, before) is ImportStatus.COMPLETED
        bad = await world.upload(poisoned, good + f"Linde,linde.com,\n{POISON},poison.example,\n")
        after = await world.upload(poisoned, good + "Basf,basf.com,\n")
        theirs = [(member, await world.upload(member, good)) for member in others]
        for member, import_id in theirs:
            assert await over(world, member, import_id) is ImportStatus.COMPLETED
        assert (await one(world, poisoned, bad)).status is not ImportStatus.FAILED, "they waited for it"
        assert await over(world, poisoned, bad) is ImportStatus.FAILED
        assert await over(world, poisoned, after) is ImportStatus.COMPLETED
    finally:
        worker.stop()
        await running
    record = await one(world, poisoned, bad)
    assert record.problem is not None
    assert record.problem["code"] == "internal"
    assert "nothing of it was kept" in record.problem["message"]
    names = await fetch(world, poisoned, "SELECT name FROM account ORDER BY name")
    assert [row["name"] for row in names] == ["Basf", "Bosch", "Siemens AG"]
    async with world.database.directory() as session:
        [letter] = await dead_letters(session)
    assert letter.payload["import_id"] == str(bad)
    assert letter.error is not None
    assert "RaiseError" in letter.error
    assert POISON not in letter.error
    assert list(world.spool.folder.iterdir()) == []
