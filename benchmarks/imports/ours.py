"""A process of its own: a list brought to the service and pushed to one partnership, then once more with one row in a hundred changed.

`python -m benchmarks.imports.ours APP_URL MATCHER_URL FILE CHANGED_FILE` prints JSON: for each of the two the seconds of every stage, and the
process's peak memory, which worker and spool share.
"""

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Run
from benchmarks.ours import make_pair, timed_registry, upload
from service.db.database import Database
from service.db.engine import JOB_LIMITS
from service.imports.spool import Spool
from service.jobs.drain import drain
from service.kit.memory import give_back_memory


async def _measured(app_url: str, matcher_url: str, paths: tuple[Path, Path]) -> list[dict[str, Any]]:
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
            return runs


async def _check(database: Database, org_id: Any) -> None:
    async with database.tenant_read(org_id) as session:
        driver = await session.raw()
        status = await driver.fetchval('SELECT status::text FROM "import" WHERE org_id = $1 ORDER BY number DESC LIMIT 1', org_id)  # fmt: skip
        if status != "completed":
            raise RuntimeError(f"the import ended as {status}: look at its error")


def _peak() -> int:
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


if __name__ == "__main__":
    give_back_memory()
    print(
        json.dumps(asyncio.run(_measured(sys.argv[1], sys.argv[2], (Path(sys.argv[3]), Path(sys.argv[4])))))
    )
