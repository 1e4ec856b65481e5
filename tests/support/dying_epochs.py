"""Workers that are killed at a point of a rotation:

    python -m tests.support.dying_epochs <folder>

Each line on standard input is one point; the answer is the signal that ended a worker which ran the queue to that point, 0 if it lived.
Everything is imported once, and each runs in a fork of this process.
"""

import asyncio
import os
import sys
from importlib import import_module
from pathlib import Path

from service.crypto import FileKeystore
from service.db.database import Database
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.partnerships import rotation
from service.partnerships.repository import MatchedPartnership
from tests.factories.world import make_world
from tests.support.dying_imports import die_at
from tests.support.dying_request import keystore_in

PUSH, PURGE = (import_module(f"service.overlaps.jobs.{name}") for name in ("push", "purge"))
POINTS: dict[str, tuple[object, str, bool]] = {
    "drawn": (rotation, "open_epoch", False),
    "opened by one side": (rotation, "_open", False),
    "answered by the other": (rotation, "_answer", False),
    "pushed": (PUSH, "write_step", False),
    "before the switch": (MatchedPartnership, "begin_next", True),
    "within the switch": (MatchedPartnership, "begin_next", False),
    "after the switch": (PURGE, "drop_epochs", True),
    "tokens deleted": (PURGE, "drop_epochs", False),
    "keys deleted": (FileKeystore, "delete_epoch", False),
    "noted": (PURGE, "end_others", False),
}
"""What is called at a point, and whether it dies before it is called or after."""


async def run(folder: Path, point: str) -> None:
    owner, name, before = POINTS[point]
    die_at(owner, name, before=before)
    urls = {"app_url": os.environ["DATABASE_URL"], "matcher_url": os.environ["MATCHER_DATABASE_URL"]}
    async with Database(**urls) as database:
        world = make_world(database, keystore_in(folder), folder, SystemClock(), UuidV7Ids())
        await world.work()


def fork(folder: Path, point: str) -> int:
    child = os.fork()
    if not child:
        try:
            asyncio.run(run(folder, point))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


if __name__ == "__main__":
    for line in sys.stdin:
        print(fork(Path(sys.argv[1]), line.strip()), flush=True)  # noqa: T201
