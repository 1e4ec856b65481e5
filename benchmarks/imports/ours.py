"""A process of its own: a list brought to the service and pushed to one partnership, then once more with one row in a hundred changed.

`main` prints JSON: for each of the two the seconds of every stage, and the
process's peak memory, which worker and spool share.
"""

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.measure import Run
from benchmarks.ours import make_pair, timed_registry, upload
from service.db.database import Database
from service.db.engine import JOB_LIMITS
from service.imports.spool import Spool
from service.jobs.drain import drain


async def _measured(
    app_url: str, matcher_url: str, admin_url: str, paths: tuple[Path, Path]
) -> list[dict[str, Any]]:
    async with Database(
        app_url=app_url, matcher_url=matcher_url, limits=JOB_LIMITS, application="benchmark"
    ) as database:
        with tempfile.TemporaryDirectory(prefix="cg-bench-spool-") as folder:
            pair, spool = await make_pair(database), Spool(Path(folder), limit=1 << 31)
            runs = []
            for path in paths:
                run = Run()
                await upload(pair, spool, pair.lo.id, path, run)
                await drain(database, timed_registry(pair, spool, run))
                runs.append({"seconds": run.seconds, "peak_bytes": _peak()})
                await _check(database, pair.lo.id)
                await _analyze(admin_url)
            return runs


async def _analyze(admin_url: str) -> None:
    """What autovacuum does within a minute: a list doesn't come again before that."""
    driver = await asyncpg.connect(admin_url)
    try:
        await driver.execute("ANALYZE account")
    finally:
        await driver.close()


async def _check(database: Database, org_id: Any) -> None:
    async with database.tenant_read(org_id) as session:
        driver = await session.raw()
        status = await driver.fetchval('SELECT status::text FROM "import" WHERE org_id = $1 ORDER BY number DESC LIMIT 1', org_id)  # fmt: skip
        if status != "completed":
            raise RuntimeError(f"the import ended as {status}: look at its error")


def _peak() -> int:
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


def main() -> None:
    """As `python -c … APP_URL MATCHER_URL ADMIN_URL FILE CHANGED_FILE`."""
    app, matcher, admin, first, again = sys.argv[1:]
    print(json.dumps(asyncio.run(_measured(app, matcher, admin, (Path(first), Path(again))))))
