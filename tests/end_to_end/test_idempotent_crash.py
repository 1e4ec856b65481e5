"""A process that is killed between an effect and its answer: the retry gives the one result."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from service.api.app import build_app, set_state
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import make_world
from tests.support.dying_request import LIST, WISH, ask, keystore_in
from tests.support.processes import ROOT
from tests.support.servers import OwnDatabase

FREE_LEASES = "UPDATE idempotency_record SET leased_until = clock_timestamp() WHERE response IS NULL"


def die(own: OwnDatabase, folder: Path, *arguments: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.dying_request", str(folder), *arguments],
        cwd=ROOT, env=os.environ | own.environment(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode() + ended.stdout.decode()


@pytest.mark.parametrize(
    ("what", "which", "when", "is_replayed"),
    [
        ("api-keys", 1, "before", False),
        ("api-keys", 1, "after", True),
        ("imports", 2, "before", False),  # the lease
        ("imports", 2, "after", False),
        ("imports", 3, "before", False),  # the effect
        ("imports", 3, "after", True),
    ],
)
@pytest.mark.slow
async def test_the_retry_after_a_kill_gives_the_one_result(
    own_database: OwnDatabase, tmp_path: Path, what: str, which: int, when: str, *, is_replayed: bool
) -> None:
    world = make_world(own_database.database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())
    member = await world.organization("left")
    die(own_database, tmp_path, member.key, what, when, str(which))
    async with world.database.tenant(member.id) as session:
        await session.sql(FREE_LEASES)  # in place of the time that a lease takes to run out
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        retried = await ask(client, what, member.key)
        assert retried.status_code in {201, 202}, retried.text
        assert ("idempotent-replayed" in retried.headers) == is_replayed
        found = (await client.get(f"/v1/{what}", headers=member.headers)).json()["items"]
    if what == "imports":
        assert [one["bytes_received"] for one in found] == [len(LIST)]
        await world.work()
        assert world.spool.path(found[0]["id"]).exists() is False
    else:
        assert [one["name"] for one in found if one["name"] == WISH["name"]] == [WISH["name"]]
