"""Whoever is asked for the evidence of many tokens waits for a turn; of few, or of a run that has gone, nobody does."""

from asyncio import Semaphore
from uuid import uuid4

import asyncpg
import pytest

from service.overlaps.jobs import parts as parts_module
from service.overlaps.jobs.parts import Parts
from service.overlaps.jobs.weigh import weigh
from tests.factories.world import Pair, company_list


class Counted(Semaphore):
    """How often a turn was taken."""

    taken = 0

    async def acquire(self) -> bool:
        self.taken += 1
        return await super().acquire()


@pytest.mark.parametrize(("long", "turns"), [(1, 1), (parts_module.LONG, 0)])
async def test_a_turn_is_taken_for_a_long_request_alone(
    pair: Pair, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, long: int, turns: int
) -> None:
    monkeypatch.setattr(parts_module, "LONG", long)
    for member in (pair.left, pair.right):
        await pair.world.upload(member, company_list(("Orchid Quarzwerk", "orchid.example")))
    await pair.world.work("imports.run", "accounts.changed", "overlaps.push", "overlaps.meet")
    run_id = await superuser.fetchval("SELECT run_id FROM evidence_request WHERE org_id = $1", pair.left.id)
    world, counted = pair.world, Counted(1)
    parts = Parts(world.database, world.keystore, world.clock, world.ids, long=counted)
    asked = {"org_id": pair.left.id, "partnership_id": pair.partnership.id}
    await weigh(parts, **asked, run_id=run_id)
    assert await superuser.fetchval("SELECT count(codes) FROM evidence_request") == 1
    await weigh(parts, **asked, run_id=uuid4())
    assert (counted.taken, counted.locked()) == (turns, False)
