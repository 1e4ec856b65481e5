"""Real workers that stop at a point of an import (`stopped_worker`), watched from outside."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psutil

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.jobs import is_busy
from tests.support.processes import ROOT

PATIENCE = 60


@contextmanager
def working(environment: Mapping[str, str], folder: Path, *point: str) -> Iterator[psutil.Popen]:
    """A worker until the block ends; then it is told to stop, and must end well."""
    process = psutil.Popen(
        [sys.executable, "-m", "tests.support.stopped_worker", str(folder), *point],
        cwd=ROOT, env=os.environ | dict(environment), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


async def stands_still(process: psutil.Popen) -> None:
    async with asyncio.timeout(PATIENCE):
        while process.status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - another process says when
            await asyncio.sleep(0.05)


async def heard(process: psutil.Popen) -> str:
    """What the next import that it runs comes to."""
    async with asyncio.timeout(PATIENCE):
        while not (line := await asyncio.to_thread(process.stdout.readline)).startswith("import:"):
            assert line, "it ended without a word"
    return str(line).removeprefix("import:").strip()


async def idle(database: Database) -> None:
    """Until no job waits or runs."""
    async with asyncio.timeout(PATIENCE):
        while await _busy(database):  # noqa: ASYNC110 - workers in other processes
            await asyncio.sleep(0.1)


async def _busy(database: Database) -> bool:
    try:
        async with database.directory() as session:
            return await is_busy(session)
    except DatabaseUnavailable:
        return True


@asynccontextmanager
async def superuser(url: str) -> AsyncIterator[asyncpg.Connection]:
    admin = await asyncpg.connect(url)
    for kind in ("json", "jsonb"):
        await admin.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    try:
        yield admin
    finally:
        await admin.close()
