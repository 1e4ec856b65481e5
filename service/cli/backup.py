"""`commonground backup …`: copies of the database and of the keystore, and their way back."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from service.cli.doctor.expected import lacking
from service.cli.erasing import erase_again
from service.cli.errors import CommandError
from service.cli.ground import bare_database_for, ready_settings, secret
from service.cli.operator import Desk, at_desk_of
from service.cli.words import counted
from service.crypto import FileKeystore, KekFile
from service.crypto.copies import bring_back_keystore, copy_keystore
from service.db.backup import (
    Manifest,
    check_backup,
    create_backup,
    end_sign_ins,
    restore_backup,
    server_major,
)
from service.db.embedded import binaries_in
from service.db.tools import Tools, find_tools
from service.kit.clock import SystemClock
from service.settings import Settings, open_keystore

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Copies of the database and of the keystore, and their way back.",
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]
INCOMPLETE = 3
NewFolder = Annotated[Path, typer.Argument(help="A folder that isn't there yet.")]
Folder = Annotated[Path, typer.Argument(help="A folder that the command for copies has made.")]


@app.command()
def create(folder: NewFolder, data_dir: DataDir = None) -> None:
    """Copy the database, while the service runs: one state of it, with a manifest of what is in it.

    Runs as BACKUP_DATABASE_URL, a role that sees every row, or on the embedded database. No key is in the copy.
    """
    with bare_database_for(ready_settings(data_dir=data_dir)) as settings:
        url = secret(settings.backup_database_url, "BACKUP_DATABASE_URL")
        made = asyncio.run(_create(settings, url, folder))
    print(
        f"{folder}: {_size(made)}, {counted(made.bytes, 'byte')}, schema {made.revision}, "
        f"PostgreSQL {made.major}."
    )


@app.command()
def check(folder: Folder) -> None:
    """Say whether a copy of the database is whole and this version can restore it. Needs no database."""
    made = asyncio.run(check_backup(folder))
    print(f"{folder} is whole: {_size(made)}, made {made.made_at}.")


@app.command()
def restore(folder: Folder, data_dir: DataDir = None) -> None:
    """Bring a copy into an empty database, check every table's rows, and bring it to this version.

    What was erased since is erased again, and everybody's sign-in ends. Runs as MIGRATOR_DATABASE_URL and
    BACKUP_DATABASE_URL, or on the embedded database. The key file and the keystore come first; ends with 3 while keys are missing.
    """
    given = ready_settings(data_dir=data_dir)
    KekFile(given.kek_path)  # none is drawn for what another one wraps
    with bare_database_for(given) as settings:
        url = secret(settings.backup_database_url, "BACKUP_DATABASE_URL")
        migrator_url = secret(settings.migrator_database_url, "MIGRATOR_DATABASE_URL")
        made = asyncio.run(_restore(settings, url, migrator_url, folder))
        print(f"Restored {_size(made)}, made {made.made_at}; every table's rows agree.")
        for org_id in at_desk_of(settings, erase_again):
            print(f"Erased {org_id} again.")
        if missing := at_desk_of(settings, _missing_keys):
            raise CommandError(
                f"The keystore lacks {counted(missing, 'key')} of organizations, and with them what was erased since: run `commonground backup "
                "restore-keystore`, then `commonground org erase-again`, before anybody is served.",
                exit_code=INCOMPLETE,
            )


@app.command()
def keystore(folder: NewFolder, data_dir: DataDir = None) -> None:
    """Copy what of the keystore must outlive a lost disk. Keep it apart from copies of the database and of the key file.

    Secrets of partnerships are in no copy, so that ending one is final: losing them costs a new hashing of lists.
    """
    done = copy_keystore(open_keystore(ready_settings(data_dir=data_dir)), folder, now=SystemClock().now())
    print(
        f"{folder}: {counted(done.secrets, 'secret')}, wrapped by {', '.join(done.kek_ids) or 'nothing'}, and {counted(done.tombstones, 'erasure')}."
    )


@app.command("restore-keystore")
def restore_keystore(folder: Folder, data_dir: DataDir = None) -> None:
    """Put back the secrets that are missing. What is there stays as it is, and what was erased stays erased.

    The key file comes first: no key is drawn here.
    """
    settings = ready_settings(data_dir=data_dir)
    store = FileKeystore(settings.keystore_folder, KekFile(settings.kek_path))
    done = bring_back_keystore(folder, store)
    print(
        f"Brought back {counted(done.secrets, 'secret')} and {counted(done.tombstones, 'erasure')}; {done.kept} were there or are erased."
    )


def _size(made: Manifest) -> str:
    return f"{counted(made.total, 'row')} of {counted(len(made.rows), 'table')}"


async def _missing_keys(desk: Desk) -> int:
    async with desk.database.directory() as session:
        return len(await lacking(await session.raw(), desk.keystore))


async def _create(settings: Settings, url: str, folder: Path) -> Manifest:
    tools = await _tools(settings, url)
    return await create_backup(url, folder, tools, now=SystemClock().now())


async def _restore(settings: Settings, url: str, migrator_url: str, folder: Path) -> Manifest:
    from service.db import migrate  # noqa: PLC0415 - Alembic, which no other command of these needs

    tools = await _tools(settings, url)
    made = await restore_backup(folder, tools, migrator_url=migrator_url, url=url)
    await migrate.upgrade(migrator_url)
    await end_sign_ins(migrator_url)
    return made


async def _tools(settings: Settings, url: str) -> Tools:
    named = [settings.pg_bin] if settings.pg_bin else []
    return await asyncio.to_thread(
        find_tools, await server_major(url), [*named, *binaries_in(settings.data_dir)]
    )
