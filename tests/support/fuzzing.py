"""schemathesis against the app over a real socket, in the test's loop."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.guards.limits import Limiter, RateLimits
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import company_list, make_pair, make_world
from tests.support.http_server import serving
from tests.support.processes import ROOT
from tests.support.servers import OwnDatabase

PLENTY = RateLimits(caller=10_000_000, organization=10_000_000)
CONFIGURATION = "tests/support/schemathesis.toml"


async def fuzzed(
    own: OwnDatabase, folder: Path, *options: str, only: Sequence[str] = (), without: Sequence[str] = ()
) -> str:
    """What a run says against an app with a partnership and an overlap; AssertionError with it if a check fails."""
    world = make_world(own.database, MemoryKeystore(), folder, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    for member in (pair.left, pair.right):
        await world.upload(
            member, company_list(("Siemens AG", "siemens.com"), ("Orchid", "orchidbakery.com"))
        )
    await world.work()
    app = build_app(world.ids)
    parts = world.database, world.keystore, world.spool, world.clock, world.ids
    set_state(app, AppState(*parts, limiter=Limiter(PLENTY)))
    chosen = [word for name in only for word in ("--include-operation-id", name)]
    chosen += [word for name in without for word in ("--exclude-operation-id", name)]
    async with serving(app, idle_seconds=120) as served:  # it may think for long between two requests
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "st"), "--config-file", CONFIGURATION, "run",
            f"http://127.0.0.1:{served.port}/openapi.json", "--header", f"Authorization: Bearer {pair.left.key}",
            "--checks", "all", "--seed", os.environ.get("COMMONGROUND_TEST_SEED", "1"), "--no-color", *options, *chosen,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()
