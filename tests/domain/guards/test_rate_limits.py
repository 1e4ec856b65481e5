"""Budgets hold across processes and restarts, without a write per request."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.db.sessions import TenantSession
from service.guards.errors import RateLimitedError
from service.guards.limits import Limiter, RateLimits
from service.guards.repository import Leased, take
from tests.support.servers import OwnDatabase

ORG = UUID("01900000-0000-7000-8000-000000000001")
OTHER = UUID("01900000-0000-7000-8000-000000000002")
CALLER, SECOND = UUID("01900000-0000-7000-8000-00000000000a"), UUID("01900000-0000-7000-8000-00000000000b")
LONG = 1_000_000_000
"""Seconds of a period that no test sees the end of."""
ROOT = Path(__file__).parents[3]
SPENDER = """
import asyncio, json, os, sys
from uuid import UUID
from service.db.database import Database
from service.guards.errors import RateLimitedError
from service.guards.limits import Limiter, RateLimits

async def main(org, caller, limit, tries):
    limiter, passed = Limiter(RateLimits(caller=limit, organization=100_000, seconds=1_000_000_000)), 0
    async with Database(app_url=os.environ["DATABASE_URL"], matcher_url=os.environ["MATCHER_DATABASE_URL"]) as database:
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(tries):
            try:
                await limiter.spend(database, UUID(org), UUID(caller))
                passed += 1
                await asyncio.sleep(0.002)  # leaves the other process its part
            except RateLimitedError:
                pass
    print(json.dumps(passed))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


async def spend(
    limiter: Limiter, database: Database, times: int, caller: UUID = CALLER, org: UUID = ORG
) -> int:
    """How many of so many requests pass."""
    passed = 0
    for _ in range(times):
        try:
            await limiter.spend(database, org, caller)
        except RateLimitedError:
            continue
        passed += 1
    return passed


def limits(caller: int = 100, organization: int = 100_000) -> RateLimits:
    return RateLimits(caller=caller, organization=organization, seconds=LONG)


def processes(own: OwnDatabase, count: int, limit: int, tries: int) -> list[int]:
    """How many requests each of so many processes lets pass, all at the same time."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, str(ORG), str(CALLER), str(limit), str(tries)],
            cwd=ROOT, env=os.environ | own.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(count)
    ]  # fmt: skip
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=60)[0]) for process in started]


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may be slow, not wrong: who isn't about waiting waits."""
    if "db" in request.fixturenames:
        monkeypatch.setattr("service.guards.limits.LEASE_SECONDS", 60)


async def test_one_process_lets_exactly_the_limit_pass(db: Database) -> None:
    assert await spend(Limiter(limits(100)), db, 250) == 100


async def test_two_real_processes_together_keep_the_limit(own_database: OwnDatabase) -> None:
    passed = await asyncio.to_thread(processes, own_database, 2, 400, 2_000)
    assert 360 <= sum(passed) <= 400
    assert min(passed) > 0


async def test_a_restart_in_the_middle_gives_no_second_budget(db: Database) -> None:
    before = await spend(Limiter(limits(100)), db, 57)
    after = await spend(Limiter(limits(100)), db, 500)
    assert before == 57
    assert 90 <= before + after <= 100


async def test_callers_have_their_own_budgets_and_share_the_organizations(db: Database) -> None:
    limiter = Limiter(limits(100, 150))
    passed = [await spend(limiter, db, 120, caller) for caller in (CALLER, SECOND)]
    assert passed == [100, 50]
    assert await spend(limiter, db, 10, CALLER, OTHER) == 10


async def test_a_request_refused_for_the_organization_costs_its_caller_nothing(db: Database) -> None:
    limiter = Limiter(limits(100, 20))
    assert await spend(limiter, db, 50) == 20
    told = {name: left for name, _, left in limiter.verdict(ORG, CALLER).buckets}
    assert told == {"caller": 80, "organization": 0}


async def test_requests_are_counted_without_a_statement_each(own_database: OwnDatabase) -> None:
    database, opened = own_database.database, 0
    plain = database.tenant

    def counting(org_id: UUID) -> object:
        nonlocal opened
        opened += 1
        return plain(org_id)

    database.tenant = counting  # type: ignore[method-assign,assignment]
    try:
        assert await spend(Limiter(limits(1_000, 1_000_000)), database, 3_000) == 1_000
    finally:
        del database.tenant
    assert opened <= 22


async def test_many_at_the_same_time_ask_for_one_slice(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.guards.limits.LEASE_SECONDS", 60)  # a busy machine may be slow, not wrong
    limiter = Limiter(limits(1_000))
    calls = (limiter.spend(own_database.database, ORG, CALLER) for _ in range(40))
    await asyncio.gather(*calls)
    async with own_database.database.tenant(ORG) as session:
        rows = (await session.sql("SELECT subject, leased FROM rate_budget")).all()
    assert {row.subject: row.leased for row in rows}[CALLER] == 50


async def test_a_slice_that_others_used_up_meanwhile_is_no_spent_budget(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter, waits, may_go_on = Limiter(limits(20, 40)), asyncio.Event(), asyncio.Event()

    async def held_up(
        session: TenantSession, asked: Mapping[UUID, int], seconds: int
    ) -> Mapping[UUID, Leased]:
        if set(asked) == {SECOND}:
            waits.set()
            await may_go_on.wait()
        return await take(session, asked, seconds)

    monkeypatch.setattr("service.guards.limits.take", held_up)
    await limiter.spend(own_database.database, ORG, CALLER)  # one of the organization's slice of two
    second = asyncio.create_task(limiter.spend(own_database.database, ORG, SECOND))
    await waits.wait()
    await limiter.spend(own_database.database, ORG, CALLER)  # the other, while the second waits for its own
    may_go_on.set()
    assert (await second).buckets == (("caller", 20, 19), ("organization", 40, 37))


async def test_what_is_told_adds_up(db: Database) -> None:
    limiter = Limiter(limits(100))
    for spent in range(1, 8):
        verdict = await limiter.spend(db, ORG, CALLER)
        assert verdict.buckets[0] == ("caller", 100, 100 - spent)
    assert 0 < verdict.reset <= LONG


async def test_a_new_period_is_a_new_budget(db: Database) -> None:
    moment = 0.0
    limiter = Limiter(limits(10), now=lambda: moment)
    assert await spend(limiter, db, 30) == 10
    moment += LONG
    async with db.tenant(ORG) as session:
        await session.sql("UPDATE rate_budget SET period = period - 1 WHERE org_id = $1", ORG)
    assert await spend(limiter, db, 30) == 10


async def test_requests_that_went_ahead_are_paid_with_the_next_slice(db: Database) -> None:
    limiter = Limiter(limits(20))
    for _ in range(5):
        limiter.owe(ORG, CALLER)
    assert await spend(limiter, db, 50) == 15
    with pytest.raises(RateLimitedError):
        limiter.owe(ORG, CALLER)


async def test_without_the_database_one_slice_goes_on_and_is_paid_back(own_database: OwnDatabase) -> None:
    limiter = Limiter(limits(100))
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    async with Database(app_url=nowhere, matcher_url=nowhere) as away:
        for _ in range(5):
            await limiter.spend(away, ORG, CALLER)
        with pytest.raises(DatabaseUnavailable):
            await limiter.spend(away, ORG, CALLER)
    assert await spend(limiter, own_database.database, 200) == 95


async def test_a_row_that_somebody_holds_keeps_nobody_waiting_for_long(own_database: OwnDatabase) -> None:
    limiter = Limiter(limits(100))
    await spend(limiter, own_database.database, 5)
    holder = await asyncpg.connect(own_database.urls.admin)
    try:
        async with holder.transaction(), asyncio.timeout(10):
            await holder.execute("SELECT 1 FROM rate_budget FOR UPDATE")
            assert await spend(limiter, own_database.database, 5) == 5
    finally:
        await holder.close()
    assert await spend(limiter, own_database.database, 200) == 90
