"""Imports in processes that are killed at a point of theirs:

    python -m tests.support.dying_imports <folder>

Each line on standard input is one of them, as JSON: `{"org": …, "import": …, "kind": …, "point": …}`; the answer is the signal that ended it,
0 if it lived. Everything is imported once, and each runs in a fork of this process, so that dozens cost a few seconds.
"""

import asyncio
import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from functools import wraps
from importlib import import_module
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import service.db.transactions
import service.imports.reader
import service.imports.spool
from service.accounts import staging
from service.accounts.contact_target import ContactTarget
from service.accounts.opportunity_target import OpportunityTarget
from service.accounts.target import AccountTarget
from service.db.database import Database
from service.imports.models import ImportKind
from service.imports.operations import Upload, accept
from service.imports.progress import Progress
from service.imports.reader import Reader
from service.imports.spool import Spool
from service.ingest import Limits
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.worker import targets
from tests.support.dying_request import keystore_in

TARGETS: dict[ImportKind, type] = {
    ImportKind.ACCOUNTS: AccountTarget,
    ImportKind.CONTACTS: ContactTarget,
    ImportKind.OPPORTUNITIES: OpportunityTarget,
}


class Copied(BytesIO):
    """What is copied into the database, whose first piece is asked for when the database is ready to take it."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size)


staging.BytesIO = Copied  # type: ignore[misc]


def place_of(point: str, kind: ImportKind) -> tuple[object, str, bool]:
    """What is called at a point: whose, by which name, and whether it dies before it is called or after."""
    target, endings = TARGETS[kind], service.imports.reader.endings
    places: dict[str, tuple[object, str, bool]] = {
        "receiving": (service.imports.spool, "_write_all", False),
        "received": (service.imports.spool, "_publish", True),
        "spooled": (service.imports.spool, "_publish", False),
        "accepting": (service.db.transactions, "_commit", True),
        "accepted": (service.db.transactions, "_commit", False),
        "begun": (Reader, "_read_and_store", True),
        "reading": (Progress, "advance", True),
        "read": (target, "ready", True),
        "prepared": (target, "ready", False),
        "rejects kept": (Reader, "_keep_rejects", False),
        "copying": (Copied, "read", True),
        "comparing": (target, "compare", True),
        "compared": (target, "compare", False),
        "written": (target, "write", False),
        "undone": (target, "roll_back", False),
        "holding": (endings, "hold", False),
        "before the commit": (endings, "complete", False),
        "after the commit": (Spool, "discard", True),
        "meeting": (import_module("service.overlaps.jobs.meet"), "_ask", False),
        "discarded": (Spool, "discard", False),
    }
    return places[point]


def die_at(owner: object, name: str, *, before: bool, how: signal.Signals = signal.SIGKILL) -> None:
    """Have this process send itself a signal the first time that it comes there; one that is only stopped goes on from there."""
    plain: Callable[..., Any] = getattr(owner, name)
    once = count()

    def end() -> None:
        if not next(once):
            os.kill(os.getpid(), how)

    @wraps(plain)
    def dying(*arguments: Any, **named: Any) -> Any:
        if before:
            end()
        found = plain(*arguments, **named)
        if inspect.isawaitable(found):
            return died(found)
        end()
        return found

    async def died(found: Any) -> Any:
        done = await found
        end()
        return done

    setattr(owner, name, dying)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def run(folder: Path, order: dict[str, str]) -> None:
    """Receive and accept the upload, where the order has a `content`; read it otherwise."""
    urls = {"app_url": os.environ["DATABASE_URL"], "matcher_url": os.environ["MATCHER_DATABASE_URL"]}
    org_id, import_id, kind = UUID(order["org"]), UUID(order["import"]), ImportKind(order["kind"])
    keystore, spool = keystore_in(folder), Spool(folder / "uploads", 1_000_000)
    async with Database(**urls) as database:
        owner, name, before = place_of(order["point"], kind)
        die_at(owner, name, before=before)
        if "content" not in order:
            parts = database, keystore, spool, targets(keystore), Limits(), SystemClock(), UuidV7Ids()
            await Reader(*parts).run(org_id, import_id)
            return
        size, digest, key = await spool.receive(import_id, _pieces(order["content"].encode()))
        async with database.tenant(org_id) as session:
            await accept(
                session, keystore, SystemClock(), Upload(import_id, "list.csv", size, digest, key, kind)
            )


def fork(folder: Path, order: dict[str, str]) -> int:
    child = os.fork()
    if not child:
        try:
            asyncio.run(run(folder, order))
        except BaseException:  # noqa: BLE001 - said, and then this fork is over
            traceback.print_exc()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


if __name__ == "__main__":
    for line in sys.stdin:
        print(fork(Path(sys.argv[1]), json.loads(line)), flush=True)  # noqa: T201
