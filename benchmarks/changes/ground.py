"""Two organizations with their lists matched, kept in a folder from one run to the next: bringing a million rows takes minutes."""

import asyncio
import getpass
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from benchmarks import data
from benchmarks.measure import Run
from benchmarks.ours import World, make_pair, timed_registry, upload
from service.crypto import FileKeystore, Keystore, load_or_create_kek
from service.db import migrate
from service.db.database import Database
from service.db.embedded import EmbeddedServer, Urls
from service.db.engine import JOB_LIMITS
from service.imports.operations import CHANGED_JOB
from service.imports.spool import Spool
from service.jobs.drain import drain
from service.jobs.queue import enqueue
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.worker import make_registry

DATABASE = "bench_changes"


@dataclass(frozen=True)
class Ground:
    """Where the lists lie, and whose they are; `lo` is the side that changes, and that reads by `key`."""

    folder: Path
    urls: Urls
    partnership_id: UUID
    lo: UUID
    hi: UUID
    key: str

    @property
    def keystore(self) -> Keystore:
        return FileKeystore(self.folder / "keystore", load_or_create_kek(self.folder / "kek"))


def place(rows: int) -> Path:
    return (
        Path(tempfile.gettempdir())
        / f"commonground-bench-{getpass.getuser()}"
        / f"pair-v{data.VERSION}-{rows}"
    )


@contextmanager
def ground(rows: int) -> Iterator[Ground]:
    """The pair of an earlier run, brought up to the newest migration, or one made now."""
    folder = place(rows)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # as root the server's own user must get through
    with EmbeddedServer(folder) as started:
        urls = started.prepare(DATABASE)
        asyncio.run(migrate.upgrade(urls.migrator))
        known = folder / "pair.json"
        if not known.exists():
            known.write_text(json.dumps(asyncio.run(_make(folder, urls, rows))))
        made = json.loads(known.read_text())
        ids = {name: UUID(made[name]) for name in ("partnership_id", "lo", "hi")}
        pair = Ground(folder=folder, urls=urls, key=made["key"], **ids)
        asyncio.run(_settle(pair))
        yield pair


async def _make(folder: Path, urls: Urls, rows: int) -> dict[str, str]:
    keystore = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
    limits = {"limits": JOB_LIMITS, "application": "benchmark"}
    async with Database(app_url=urls.app, matcher_url=urls.matcher, **limits) as database:  # type: ignore[arg-type]  # two kinds of value
        world = await make_pair(database, keystore)
        with tempfile.TemporaryDirectory(prefix="cg-bench-spool-") as spooled:
            spool, run = Spool(Path(spooled), limit=1 << 31), Run()
            for organization, path in zip((world.lo, world.hi), data.lists(rows, 1).wide, strict=True):
                await upload(world, spool, organization.id, path, run)
            await drain(database, timed_registry(world, spool, run))
    driver = await asyncpg.connect(urls.admin)
    try:
        await driver.execute("VACUUM ANALYZE")
    finally:
        await driver.close()
    return _said(world)


async def _settle(pair: Ground) -> None:
    """What an earlier run left, and what a migration asks for."""
    limits = {"limits": JOB_LIMITS, "application": "benchmark"}
    async with Database(app_url=pair.urls.app, matcher_url=pair.urls.matcher, **limits) as database:  # type: ignore[arg-type]  # two kinds of value
        for org_id in (pair.lo, pair.hi):
            async with database.tenant(org_id) as session:
                await enqueue(session, CHANGED_JOB, {"org_id": str(org_id)})
        with tempfile.TemporaryDirectory(prefix="cg-bench-spool-") as spooled:
            registry = make_registry(
                database=database, keystore=pair.keystore, spool=Spool(Path(spooled), limit=1), clock=SystemClock(), ids=UuidV7Ids()
            )  # fmt: skip
            await drain(database, registry)


def _said(world: World) -> dict[str, str]:
    ids = {"partnership_id": world.partnership.id, "lo": world.lo.id, "hi": world.hi.id}
    return {name: str(one) for name, one in ids.items()} | {"key": world.keys[world.lo.id]}


def as_arguments(made: Ground) -> list[str]:
    """For a process of its own: `read` gives it back."""
    return [json.dumps(asdict(made), default=str)]


def read(said: str) -> Ground:
    made = json.loads(said)
    ids = {name: UUID(made[name]) for name in ("partnership_id", "lo", "hi")}
    return Ground(folder=Path(made["folder"]), urls=Urls(**made["urls"]), key=made["key"], **ids)
