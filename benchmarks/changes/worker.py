"""A process of its own that begins as a worker does and lives through several changes: the first finds it cold, the others warm.

`python -c … GROUND ACCOUNTS CHANGES SEED` prints JSON: for each change every job's seconds and bytes of WAL, in order, and the process's
memory after it.
"""

import asyncio
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.changes.change import change
from benchmarks.changes.ground import Ground, read
from service.db.database import Database
from service.db.engine import JOB_LIMITS
from service.imports.operations import CHANGED_JOB
from service.imports.spool import Spool
from service.jobs import JobContext, Payload, Registry
from service.jobs.drain import drain
from service.jobs.queue import enqueue
from service.jobs.registry import Handler
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.worker import make_registry

_WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
Job = dict[str, Any]


async def _measured(ground: Ground, accounts: int, changes: int, seed: int) -> list[dict[str, Any]]:
    admin = await asyncpg.connect(ground.urls.admin)
    limits: dict[str, Any] = {"limits": JOB_LIMITS, "application": "benchmark"}
    async with Database(app_url=ground.urls.app, matcher_url=ground.urls.matcher, **limits) as database:
        with tempfile.TemporaryDirectory(prefix="cg-bench-spool-") as folder:
            parts = {"keystore": ground.keystore, "clock": SystemClock(), "ids": UuidV7Ids()}
            registry = make_registry(database=database, spool=Spool(Path(folder), limit=1 << 31), **parts)  # type: ignore[arg-type]  # several kinds of value
            await drain(database, registry)
            told = []
            for number in range(changes):
                before = await admin.fetchval(_WAL)
                await change(database, ground, accounts=accounts, seed=1000 * seed + 10 * number)
                of_change = int(await admin.fetchval(_WAL) - before)
                async with database.tenant(ground.lo) as session:
                    await enqueue(session, CHANGED_JOB, {"org_id": str(ground.lo)})
                jobs: list[Job] = []
                await drain(database, _timed(registry, admin, jobs))
                told.append({"jobs": jobs, "wal_of_change": of_change} | _memory())
    await admin.close()
    return told


def _timed(registry: Registry, admin: asyncpg.Connection, jobs: list[Job]) -> Registry:
    timed = Registry()
    for name in registry:
        timed.add(name, _one(name, registry[name].handler, admin, jobs))
    return timed


def _one(name: str, handler: Handler, admin: asyncpg.Connection, jobs: list[Job]) -> Handler:
    async def handle(context: JobContext, payload: Payload) -> None:
        before, began = await admin.fetchval(_WAL), time.perf_counter()
        await handler(context, payload)
        took = time.perf_counter() - began
        wal = int(await admin.fetchval(_WAL) - before)
        jobs.append({"name": name, "seconds": took, "wal": wal})

    return handle


def _memory() -> dict[str, int]:
    said = Path("/proc/self/status").read_text()
    names = {"peak_bytes": "VmHWM", "bytes": "VmRSS"}
    return {
        name: 1024 * int(re.search(rf"{field}:\s+(\d+) kB", said)[1])  # type: ignore[index]
        for name, field in names.items()
    }


def main() -> None:
    said, *numbers = sys.argv[1:]
    print(json.dumps(asyncio.run(_measured(read(said), *map(int, numbers)))))
