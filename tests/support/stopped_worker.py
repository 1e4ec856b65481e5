"""A real worker in a process of its own:

    python -m tests.support.stopped_worker <folder> [<point>]

At a point of an import it stops itself (SIGSTOP), once; a line `import: …` on standard output says what an import that it ran came to. Its lease, and how long a transaction of it may wait, are `SECONDS`.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import service.worker
from service.db.database import Database
from service.db.engine import Limits
from service.imports.models import ImportKind
from service.imports.reader import Reader
from service.imports.spool import Spool
from service.jobs.worker import Worker, WorkerLimits
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.worker import make_registry
from tests.support.dying_imports import die_at, place_of
from tests.support.dying_request import keystore_in

SECONDS = 3.0


class Telling(Reader):
    """Says how each run ends."""

    async def run(self, org_id: UUID, import_id: UUID, *, last_attempt: bool = False) -> None:
        said = "an error"
        try:
            await Reader.run(self, org_id, import_id, last_attempt=last_attempt)
            said = "over"
        except BaseException as error:
            said = type(error).__name__
            raise
        finally:
            print("import:", said, flush=True)  # noqa: T201


async def main(folder: Path, *point: str) -> None:
    for one in point:
        owner, name, before = place_of(one, ImportKind.ACCOUNTS)
        die_at(owner, name, before=before, how=signal.SIGSTOP)
    service.worker.Reader = Telling  # type: ignore[misc]  # what the registry is made with
    app, matcher = os.environ["DATABASE_URL"], os.environ["MATCHER_DATABASE_URL"]
    limits = WorkerLimits(
        poll=timedelta(seconds=0.2), lease=timedelta(seconds=SECONDS), grace=timedelta(seconds=1)
    )
    async with Database(app_url=app, matcher_url=matcher, limits=Limits(idle=SECONDS)) as database:
        registry = make_registry(
            database=database,
            keystore=keystore_in(folder),
            spool=Spool(folder / "uploads", 50_000_000),
            clock=SystemClock(),
            ids=UuidV7Ids(),
        )
        worker = Worker(database, registry, url=app, limits=limits)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
