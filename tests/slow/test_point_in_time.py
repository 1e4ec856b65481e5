"""A server's files copied while it works, and its log: brought back to a named moment, everything of it and nothing after.

With Debian's PostgreSQL, by the steps that docs/guide/backup.md gives.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from service.crypto import MemoryKeystore
from service.db import migrate
from service.db.counts import Rows, count_rows
from service.db.database import Database
from service.db.roles import Passwords, create_roles
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Pair, World, company_list, make_pair, make_world
from tests.support.debian_postgres import BINARIES, call, free_port
from tests.support.servers import TestServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BINARIES.is_dir(), reason="needs Debian's PostgreSQL 15"),
]
NAME = "commonground"


@dataclass(frozen=True)
class Cluster:
    """One server's files and where it listens."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def server(self) -> TestServer:
        return TestServer(
            f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres", self.password
        )

    def start(self, data: Path) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        call("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, data: Path) -> None:
        call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")

    def configure(self, data: Path, *lines: str) -> None:
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))


@pytest.fixture
def cluster() -> "AsyncIterator[Cluster]":
    with tempfile.TemporaryDirectory(prefix="cg-pitr-") as made:
        built = Cluster(Path(made), free_port(), secrets.token_hex(8))
        (built.folder / "password").write_text(built.password)
        built.archive.mkdir()
        if os.geteuid() == 0:
            for path in (built.folder, built.folder / "password", built.archive):
                shutil.chown(path, "postgres", "postgres")
        call(
            "initdb", "-D", built.data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={built.folder / 'password'}",
        )  # fmt: skip
        built.configure(
            built.data, "archive_mode = on", "archive_timeout = 60",
            f"archive_command = 'test ! -f {built.archive}/%f && cp %p {built.archive}/%f'",
        )  # fmt: skip
        yield built


@asynccontextmanager
async def world_on(cluster: Cluster, keystore: MemoryKeystore) -> AsyncIterator[World]:
    urls = cluster.server.urls(NAME)
    async with Database(app_url=urls.app, matcher_url=urls.matcher) as database:
        await database.verify()
        yield make_world(database, keystore, cluster.folder, SystemClock(), UuidV7Ids())


async def state(cluster: Cluster) -> dict[str, Rows]:
    driver = await asyncpg.connect(cluster.server.urls(NAME).admin)
    try:
        return await count_rows(driver)
    finally:
        await driver.close()


async def ask(cluster: Cluster, question: str) -> object:
    driver = await asyncpg.connect(cluster.server.urls(NAME).admin)
    try:
        return await driver.fetchval(question)
    finally:
        await driver.close()


def companies(first: int, count: int) -> str:
    return company_list(*((f"Orchid Bakery {n}", f"orchid{n}.com") for n in range(first, first + count)))


async def grow(pair: Pair, first: int, count: int) -> None:
    """Both sides get the same companies more."""
    for member in (pair.left, pair.right):
        await pair.world.upload(member, companies(first, count))
    await pair.world.work()


async def test_restore_to_a_moment_has_all_of_it_and_nothing_after(cluster: Cluster) -> None:
    keystore = MemoryKeystore()
    cluster.start(cluster.data)
    password = cluster.password
    await create_roles(cluster.server.admin, Passwords(password, password, password), database=NAME)
    await migrate.upgrade(cluster.server.urls(NAME).migrator)
    base = cluster.folder / "base"
    async with world_on(cluster, keystore) as world:
        pair = await make_pair(world)
        await grow(pair, 0, 20)
        growing = asyncio.create_task(grow(pair, 20, 20))  # while the files are copied
        await asyncio.to_thread(base_backup, cluster, base)
        await growing
        await grow(pair, 40, 10)
        told = await world.told(pair.left, pair.partnership)
        before = await state(cluster)
        await ask(cluster, "SELECT pg_create_restore_point('before_the_accident')")
        await grow(pair, 100, 10)
        assert await state(cluster) != before
        await archived(cluster)
    cluster.stop(cluster.data)
    (cluster.data).rename(cluster.folder / "lost")

    cluster.configure(
        base, f"restore_command = 'cp {cluster.archive}/%f %p'", "recovery_target_name = 'before_the_accident'",
        "recovery_target_action = 'promote'", "archive_mode = off",
    )  # fmt: skip
    (base / "recovery.signal").touch()
    if os.geteuid() == 0:
        shutil.chown(base / "recovery.signal", "postgres", "postgres")
    cluster.start(base)
    try:
        await promoted(cluster)
        assert await state(cluster) == before
        async with world_on(cluster, keystore) as world:
            assert len(told) == 50
            again = await world.told(pair.left, pair.partnership)
            assert sorted(map(str, again)) == sorted(map(str, told))
            await grow(Pair(world, pair.left, pair.right, pair.partnership), 200, 5)
            assert len(await world.told(pair.left, pair.partnership)) == 55
    finally:
        cluster.stop(base)


def base_backup(cluster: Cluster, base: Path) -> None:
    """Copy the files of the running server, and have the copy checked against its manifest."""
    plain = f"host=127.0.0.1 port={cluster.port} user=postgres"
    subprocess.run(
        [*_as_postgres(), BINARIES / "pg_basebackup", "-d", plain, "-D", base, "-c", "fast", "-X", "none"],
        check=True,
        env=os.environ | {"PGPASSWORD": cluster.password},
        cwd="/",
        capture_output=True,
    )
    call("pg_verifybackup", "--no-parse-wal", base)


def test_changed_file_of_a_copy_is_found(cluster: Cluster) -> None:
    cluster.start(cluster.data)
    base = cluster.folder / "base"
    base_backup(cluster, base)
    cluster.stop(cluster.data)
    victim = next(
        path for path in sorted((base / "base").rglob("*")) if path.is_file() and path.stat().st_size
    )
    content = bytearray(victim.read_bytes())
    content[0] ^= 1
    victim.write_bytes(content)
    with pytest.raises(subprocess.CalledProcessError):
        call("pg_verifybackup", "--no-parse-wal", base)


def _as_postgres() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


async def archived(cluster: Cluster) -> None:
    """Until the log up to now is in the archive."""
    wanted = await ask(cluster, "SELECT pg_walfile_name(pg_switch_wal())")
    async with asyncio.timeout(60):
        while not (cluster.archive / str(wanted)).exists():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.1)


async def promoted(cluster: Cluster) -> None:
    async with asyncio.timeout(60):
        while await ask(cluster, "SELECT pg_is_in_recovery()"):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.1)
