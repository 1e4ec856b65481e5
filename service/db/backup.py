"""Copies of the database: one consistent dump with a manifest of what is in it, and a restore that is checked against it.

A backup is a folder with `database.dump` (pg_dump's custom format) and `manifest.json`. No key is in it.
"""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg

from service.db.counts import Rows, count_rows, differences
from service.db.engine import connect
from service.db.errors import BackupError, RestoreError, ToolFailedError
from service.db.revisions import known_revisions
from service.db.tools import Tools, address

DUMP = "database.dump"
MANIFEST = "manifest.json"
_FORMAT = 1
_LONGEST_ERROR = 600


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    program: str
    revision: str
    server: int
    """As `server_version_num` gives it: 150014 is 15.14."""
    bytes: int
    sha256: str
    rows: dict[str, Rows]

    @property
    def major(self) -> int:
        return self.server // 10_000

    @property
    def total(self) -> int:
        return sum(rows.total for rows in self.rows.values())

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({"format": _FORMAT} | asdict(self), indent=1, sort_keys=True) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """BackupError where there is none, or one that this version doesn't know."""
    try:
        said = json.loads((folder / MANIFEST).read_text())
        if said.pop("format") != _FORMAT:
            raise BackupError(
                f"{folder} was made by another version of the program: restore it with that one."
            )
        rows = {table: Rows(**counted) for table, counted in said.pop("rows").items()}
        return Manifest(**said, rows=rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(
            f"{folder} holds no whole backup: `{MANIFEST}` is missing or isn't one. A backup that was interrupted stands "
            "under a name that ends in .part and is no good."
        ) from error


async def create_backup(url: str, folder: Path, tools: Tools, *, now: datetime) -> Manifest:
    """Dump the database into `folder`, which isn't there yet, and give the manifest.

    `url` is of a role that sees every row. The folder appears when it is whole. BackupError, RowsHiddenError,
    ToolFailedError, DatabaseUnavailable.
    """
    part = _begin(folder)
    async with _snapshot(url) as (driver, snapshot):
        rows = await count_rows(driver)
        options = [f"--snapshot={snapshot}", "--format=custom", "--lock-wait-timeout=60s"]
        await _run(tools, "pg_dump", url, *options, f"--file={part / DUMP}")
        manifest = Manifest(
            made_at=now.isoformat(), program=version("commonground"), revision=await _revision(driver),
            server=await _server(driver), bytes=(part / DUMP).stat().st_size,
            sha256=await asyncio.to_thread(_sha256, part / DUMP), rows=rows,
        )  # fmt: skip
    (part / DUMP).chmod(0o600)
    manifest.write(part / MANIFEST)
    (part / MANIFEST).chmod(0o600)
    part.rename(folder)
    return manifest


async def restore_backup(folder: Path, tools: Tools, *, migrator_url: str, url: str) -> Manifest:
    """Bring a backup into an empty database and check every table's rows, owner by owner; give the manifest.

    `migrator_url` will own the tables, `url` is of a role that sees every row of the same database.
    BackupError for a backup that isn't whole, RestoreError for a place that it doesn't fit or rows that don't agree.
    """
    manifest = await check_backup(folder)
    async with _connection(url) as driver:
        await _refuse_place(driver, manifest)
    await _run(
        tools, "pg_restore", migrator_url, "--exit-on-error", "--single-transaction", str(folder / DUMP)
    )
    async with _connection(url) as driver:
        found = differences(manifest.rows, await count_rows(driver))
    if found:
        raise RestoreError(
            "The restored database isn't what was backed up:\n" + "\n".join(f"  {one}" for one in found)
        )
    return manifest


async def check_backup(folder: Path) -> Manifest:
    """Whether a backup is whole and of a version that this program knows; its manifest. BackupError."""
    manifest = read_manifest(folder)
    path = folder / DUMP
    if not path.exists() or await asyncio.to_thread(_sha256, path) != manifest.sha256:
        raise BackupError(
            f"{path} isn't the file that was backed up: its checksum differs. Take another copy of it."
        )
    if manifest.revision not in known_revisions():
        raise BackupError(
            f"{folder} has a schema ({manifest.revision}) that is newer than this program ({version('commonground')}): "
            f"restore it with version {manifest.program} or a later one."
        )
    return manifest


async def end_sign_ins(migrator_url: str) -> None:
    """Take away sessions and single-use links, which may have been ended or used since the backup."""
    async with _connection(migrator_url) as driver:
        await driver.execute("DELETE FROM session; DELETE FROM person_link")


async def server_major(url: str) -> int:
    """The major version of the server at `url`. DatabaseUnavailable."""
    async with _connection(url) as driver:
        return await _server(driver) // 10_000


async def _refuse_place(driver: asyncpg.Connection, manifest: Manifest) -> None:
    major = await _server(driver) // 10_000
    if major < manifest.major:
        raise RestoreError(
            f"The backup is from PostgreSQL {manifest.major} and the server is {major}: a dump goes into the same major version "
            "or a later one. Restore it there."
        )
    tables = await driver.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LIMIT 1"
    )
    if tables:
        raise RestoreError(
            f"The database has tables already ({tables[0]['relname']}): restore goes into an empty one. "
            "Make a new database with `commonground migrate --create-roles`, or move the embedded data directory aside."
        )


def _begin(folder: Path) -> Path:
    """The folder to write to until the backup is whole; what an interrupted one left there goes."""
    if folder.exists():
        raise BackupError(f"{folder} is there already: a backup is never written over another one.")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    return part


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    driver = await connect(url)
    try:
        yield driver
    finally:
        await driver.close()


@asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[tuple[asyncpg.Connection, str]]:
    """One state of the database for the counting and for pg_dump."""
    async with _connection(url) as driver:
        await driver.execute("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0")
        async with driver.transaction(isolation="repeatable_read", readonly=True):
            yield driver, await driver.fetchval("SELECT pg_export_snapshot()")


async def _revision(driver: asyncpg.Connection) -> str:
    there = await driver.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL")
    found = await driver.fetchval("SELECT version_num FROM alembic_version") if there else None
    if found is None:
        raise BackupError("The database has no schema of Commonground's: there is nothing to back up.")
    return str(found)


async def _server(driver: asyncpg.Connection) -> int:
    return int(await driver.fetchval("SHOW server_version_num"))


async def _run(tools: Tools, name: str, url: str, *arguments: str) -> None:
    plain, environment = address(url)
    await _call(tools.path(name), environment, f"--dbname={plain}", "--no-password", *arguments)


async def _call(program: str, environment: Mapping[str, str], *arguments: str) -> None:
    process: Any = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        told = said.decode(errors="replace").strip()[:_LONGEST_ERROR]
        raise ToolFailedError(f"{Path(program).name} ended with {process.returncode}: {told}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
