"""Backup and restore by the commands, on a server of one's own: complete, checked, refused where it doesn't fit."""

import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest

from service.crypto import FileKeystore, load_or_create_kek
from service.db import backup
from service.db.backup import check_backup, create_backup, read_manifest, restore_backup
from service.db.counts import count_rows, differences
from service.db.database import Database
from service.db.embedded import Urls
from service.db.errors import BackupError, RestoreError, RowsHiddenError, ToolFailedError, ToolMissingError
from service.db.names import BACKUP_ROLE
from service.db.roles import Passwords, create_roles
from service.db.tools import Tools, address, find_tools
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Pair, company_list, make_pair, make_world
from tests.support.processes import run_command
from tests.support.servers import TEST_LIMITS, TestServer, copy_of

NOW = SystemClock().now()
LEFT = company_list(
    ("Orchid Bakery", "orchidbakery.com"),
    ("Borealis Foods", "borealisfoods.com"),
    ("Cobalt", "cobaltmining.com"),
)
RIGHT = company_list(("Orchid Bakery Ltd", "orchidbakery.com"), ("Dune", "dunetravel.com"))


@dataclass(frozen=True)
class Served:
    """A database with two organizations' data in it, and what a command needs to reach it."""

    urls: Urls
    backup_url: str
    data_dir: Path
    pair: Pair

    def environment(self) -> dict[str, str]:
        return environment(self.urls, self.backup_url)


def environment(urls: Urls, backup_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": urls.app,
        "MATCHER_DATABASE_URL": urls.matcher,
        "MIGRATOR_DATABASE_URL": urls.migrator,
        "BACKUP_DATABASE_URL": backup_url,
    }


def as_backup(server: TestServer, database: str) -> str:
    return server._url(database, BACKUP_ROLE)


def passwords(server: TestServer) -> Passwords:
    return Passwords(server.password, server.password, server.password, backup=server.password)


@dataclass(frozen=True)
class Filled:
    """What each test gets a copy of: nobody is connected to the database."""

    database: str
    data_dir: Path
    pair: Pair


@pytest.fixture(scope="module")
async def filled(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Filled]:
    folder = tmp_path_factory.mktemp("filled")
    async with copy_of(server, template) as own:
        async with Database(
            app_url=own.urls.app, matcher_url=own.urls.matcher, limits=TEST_LIMITS
        ) as database:
            world = make_world(database, keystore(folder), folder, SystemClock(), UuidV7Ids())
            pair = await make_pair(world)
            await world.upload(pair.left, LEFT)
            await world.upload(pair.right, RIGHT)
            await world.work()
        yield Filled(own.name, folder, pair)


def keystore(data_dir: Path) -> FileKeystore:
    return FileKeystore(data_dir / "keystore", load_or_create_kek(data_dir / "secrets" / "kek"))


@pytest.fixture
async def served(server: TestServer, filled: Filled, tmp_path: Path) -> AsyncIterator[Served]:
    data_dir = tmp_path / "data"
    shutil.copytree(filled.data_dir, data_dir)
    async with copy_of(server, filled.database) as own:
        await create_roles(server.admin, passwords(server), database=own.name)
        world = make_world(own.database, keystore(data_dir), tmp_path, SystemClock(), UuidV7Ids())
        pair = replace(filled.pair, world=world)
        yield Served(own.urls, as_backup(server, own.name), data_dir, pair)


@pytest.fixture
async def empty(server: TestServer) -> AsyncIterator[tuple[Urls, str]]:
    """A database with its roles and nothing in it, and its address for backups."""
    name = f"commonground_test_{secrets.token_hex(4)}"
    await create_roles(server.admin, passwords(server), database=name)
    yield server.urls(name), as_backup(server, name)
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def tools(served: Served) -> Tools:
    return find_tools(await backup.server_major(served.backup_url))


async def digest(url: str) -> dict[str, str]:
    """A hash of every row of every table, seen as the superuser."""
    driver = await asyncpg.connect(url)
    tables = await driver.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    )
    found = {
        row["relname"]: await driver.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM \"{row['relname']}\" t"
        )
        for row in tables
    }
    await driver.close()
    return found


async def test_what_is_restored_is_what_was_backed_up_row_by_row_and_works(
    served: Served, empty: tuple[Urls, str], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    said, code = run_command(
        "backup", "create", str(folder), data_dir=served.data_dir, **served.environment()
    )
    assert code == 0, said
    manifest = read_manifest(folder)
    for member in (served.pair.left, served.pair.right):
        assert manifest.rows["account"].by_owner[str(member.id)] == (3 if member is served.pair.left else 2)
    urls, backup_url = empty
    said, code = run_command(
        "backup", "restore", str(folder), data_dir=served.data_dir, **environment(urls, backup_url)
    )
    assert code == 0, said
    assert "every table's rows agree" in said
    assert await digest(urls.admin) == await digest(served.urls.admin)
    async with Database(app_url=urls.app, matcher_url=urls.matcher) as database:
        await database.verify()
        world = replace(served.pair.world, database=database)
        for member in (served.pair.left, served.pair.right):
            assert await served.pair.world.told(member, served.pair.partnership)
            told = await world.told(member, served.pair.partnership)
            assert [row["domain"] for row in told] == ["orchidbakery.com"]
        await world.upload(served.pair.right, company_list(("Borealis Foods", "borealisfoods.com")))
        await world.work()
        assert len(await world.told(served.pair.left, served.pair.partnership)) == 2


async def test_restored_database_has_the_same_policies_owners_and_grants(
    served: Served, empty: tuple[Urls, str], tools: Tools, tmp_path: Path
) -> None:
    await create_backup(served.backup_url, tmp_path / "copy", tools, now=NOW)
    await restore_backup(tmp_path / "copy", tools, migrator_url=empty[0].migrator, url=empty[1])
    one, other = [await protections(url) for url in (served.urls.admin, empty[0].admin)]
    assert one == other
    assert len(one) > 100


async def protections(url: str) -> list[tuple[object, ...]]:
    driver = await asyncpg.connect(url)
    rows = await driver.fetch(
        """SELECT relname::text, relowner::regrole::text, relrowsecurity::text || relforcerowsecurity::text, relacl::text
             FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
           UNION ALL SELECT tablename, policyname, cmd || roles::text, concat_ws(' / ', qual, with_check)
             FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2"""
    )
    await driver.close()
    return [tuple(row) for row in rows]


async def test_role_that_policies_bind_makes_no_backup(served: Served, tools: Tools, tmp_path: Path) -> None:
    for url in (served.urls.app, served.urls.migrator):
        with pytest.raises(RowsHiddenError, match="BACKUP_DATABASE_URL"):
            await create_backup(url, tmp_path / "copy", tools, now=NOW)
        assert not (tmp_path / "copy").exists()


async def test_backup_role_reads_everything_and_writes_nothing(served: Served) -> None:
    driver = await asyncpg.connect(served.backup_url)
    counts = await count_rows(driver)
    assert counts["account"].total == 5
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await driver.execute("DELETE FROM account")
    await driver.execute("SET default_transaction_read_only = off")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await driver.execute("DELETE FROM account")
    await driver.close()


async def test_no_key_is_in_a_backup(served: Served, tools: Tools, tmp_path: Path) -> None:
    await create_backup(served.backup_url, tmp_path / "copy", tools, now=NOW)
    plain = tmp_path / "plain.sql"
    await backup._call(
        tools.path("pg_restore"), {}, f"--file={plain}", str(tmp_path / "copy" / "database.dump")
    )
    text = plain.read_text(errors="replace")
    assert "orchidbakery.com" in text  # the dump is read at all
    store = served.pair.world.keystore
    for name in store.names():
        secret = store.get(name).reveal()
        assert secret.hex() not in text


async def test_backup_is_private_and_never_written_over_another(
    served: Served, tools: Tools, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    await create_backup(served.backup_url, folder, tools, now=NOW)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(BackupError, match="never written over"):
        await create_backup(served.backup_url, folder, tools, now=NOW)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


async def test_interrupted_backup_leaves_nothing_that_looks_whole_and_harms_no_next(
    served: Served, tools: Tools, tmp_path: Path
) -> None:
    broken = replace(tools, folder=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        await create_backup(served.backup_url, tmp_path / "copy", broken, now=NOW)
    assert sorted(path.name for path in os.scandir(tmp_path) if path.name.startswith("copy")) == ["copy.part"]
    with pytest.raises(BackupError, match="no whole backup"):
        await check_backup(tmp_path / "copy.part")
    await create_backup(served.backup_url, tmp_path / "copy", tools, now=NOW)
    await check_backup(tmp_path / "copy")


async def test_changed_file_is_refused_and_nothing_restored(
    served: Served, empty: tuple[Urls, str], tools: Tools, tmp_path: Path
) -> None:
    await create_backup(served.backup_url, tmp_path / "copy", tools, now=NOW)
    dump = tmp_path / "copy" / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    with pytest.raises(BackupError, match="checksum differs"):
        await restore_backup(tmp_path / "copy", tools, migrator_url=empty[0].migrator, url=empty[1])
    assert await digest(empty[0].admin) == {}


async def test_restore_into_a_database_with_tables_is_refused(
    served: Served, tools: Tools, tmp_path: Path
) -> None:
    await create_backup(served.backup_url, tmp_path / "copy", tools, now=NOW)
    before = await digest(served.urls.admin)
    with pytest.raises(RestoreError, match="goes into an empty one"):
        await restore_backup(
            tmp_path / "copy", tools, migrator_url=served.urls.migrator, url=served.backup_url
        )
    assert await digest(served.urls.admin) == before


def edited(folder: Path, **said: object) -> Path:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | said))
    return folder


async def test_older_server_newer_schema_and_other_format_are_refused_in_words(
    served: Served, empty: tuple[Urls, str], tools: Tools, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    await create_backup(served.backup_url, folder, tools, now=NOW)

    async def restoring() -> None:
        await restore_backup(folder, tools, migrator_url=empty[0].migrator, url=empty[1])

    server = read_manifest(folder).server
    edited(folder, server=990001)
    with pytest.raises(RestoreError, match="from PostgreSQL 99 and the server is"):
        await restoring()
    edited(folder, server=server, revision="20991231_2359")
    with pytest.raises(BackupError, match="newer than this program"):
        await restoring()
    edited(folder, format=2)
    with pytest.raises(BackupError, match="another version of the program"):
        await restoring()
    assert await digest(empty[0].admin) == {}


async def test_rows_that_are_missing_after_a_restore_are_told_by_table_and_owner(
    served: Served, empty: tuple[Urls, str], tools: Tools, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    manifest = await create_backup(served.backup_url, folder, tools, now=NOW)
    rows = json.loads((folder / "manifest.json").read_text())["rows"]
    owner = str(served.pair.left.id)
    rows["account"]["by_owner"][owner] += 1
    edited(folder, rows=rows)
    with pytest.raises(RestoreError, match=f"account of {owner}: 3 rows, not 4"):
        await restore_backup(folder, tools, migrator_url=empty[0].migrator, url=empty[1])
    without = {table: counted for table, counted in manifest.rows.items() if table != "account"}
    assert differences(manifest.rows, without) == ["table account is missing"]
    assert differences(without, manifest.rows) == ["table account is new"]


async def test_tool_that_fails_says_why_and_keeps_the_password(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(ToolFailedError, match="pg_dump ended with 1") as refused:
        await backup._run(tools, "pg_dump", "postgresql://u:hidden@127.0.0.1:1/x")
    assert "hidden" not in str(refused.value)


def test_password_is_in_no_list_of_processes() -> None:
    plain, given = address("postgresql+asyncpg://u:p%40ss@db.example:5433/name?sslmode=require")
    assert plain == "postgresql://u@db.example:5433/name?sslmode=require"
    assert given["PGPASSWORD"] == "p@ss"


def test_tools_of_the_nearest_version_are_taken_and_none_that_is_older() -> None:
    with pytest.raises(ToolMissingError, match=r"PostgreSQL 99, .*COMMONGROUND_PG_BIN"):
        find_tools(99)
    assert find_tools(18).major == 18
    assert find_tools(1).major <= find_tools(17).major


def test_command_without_the_role_names_its_setting(served: Served, tmp_path: Path) -> None:
    given = served.environment()
    del given["BACKUP_DATABASE_URL"]
    said, code = run_command("backup", "create", str(tmp_path / "copy"), data_dir=served.data_dir, **given)
    assert (code, said) == (2, "commonground: BACKUP_DATABASE_URL must be set for this.\n")


def test_without_the_key_file_nothing_comes_back_and_no_key_is_drawn(
    served: Served, empty: tuple[Urls, str], tmp_path: Path
) -> None:
    copies, fresh = tmp_path / "copies", tmp_path / "fresh"
    for what, copy in (("create", "database"), ("keystore", "keystore")):
        said, code = run_command(
            "backup", what, str(copies / copy), data_dir=served.data_dir, **served.environment()
        )
        assert code == 0, said
    around = environment(*empty)
    for what, copy in (("restore-keystore", "keystore"), ("restore", "database")):
        said, code = run_command("backup", what, str(copies / copy), data_dir=fresh, **around)
        assert code == 1, said
        assert "restore the file from where you keep its copy" in said
    assert not fresh.exists()

    (fresh / "secrets").mkdir(parents=True, mode=0o700)
    shutil.copy2(served.data_dir / "secrets" / "kek", fresh / "secrets" / "kek")
    said, code = run_command("backup", "restore", str(copies / "database"), data_dir=fresh, **around)
    assert code == 3, said
    assert "every table's rows agree" in said
    assert "lacks 4 keys of organizations" in said
    assert "commonground backup restore-keystore" in said
    said, code = run_command("backup", "restore-keystore", str(copies / "keystore"), data_dir=fresh)
    assert code == 0, said
    assert "Brought back 6 secrets" in said
