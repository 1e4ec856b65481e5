"""`commonground migrate`."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from service.cli.errors import CommandError
from service.cli.ground import database_for, ready_settings, secret
from service.db import migrate as migrations
from service.db import roles
from service.db.addresses import is_address
from service.db.embedded import EmbeddedServer
from service.db.names import APP_ROLE, BACKUP_ROLE, MATCHER_ROLE, MIGRATOR_ROLE
from service.settings import ADDRESS_SHAPE, Settings


def migrate(
    *,
    data_dir: Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")] = None,
    create_roles: Annotated[
        str | None,
        typer.Option(
            metavar="ADMIN_URL",
            help="First make the roles and the database on this server, as its superuser; `-` takes the address from "
            "ADMIN_DATABASE_URL, so that its password is in no list of processes.",
        ),
    ] = None,
    roles_only: Annotated[
        bool,
        typer.Option("--roles-only", help="With --create-roles: leave the database empty, for a restore."),
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Change nothing; say whether models, migrations and policies agree."),
    ] = False,
    down: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Take the schema back to this revision.")
    ] = None,
) -> None:
    """Bring the database to this version.

    Runs as MIGRATOR_DATABASE_URL, or on the embedded database. `--check` without an address uses a database of its own.
    """
    settings = ready_settings(data_dir=data_dir)
    if check:
        _check(settings)
        return
    if create_roles is not None:
        _create_roles(settings, _admin_url(create_roles))
        if roles_only:
            print("The roles and an empty database are there.")
            return
    if settings.is_embedded and settings.migrator_database_url is None:
        with database_for(settings) as settled:
            _move(secret(settled.migrator_database_url), down)
    else:
        _move(secret(settings.migrator_database_url), down)


def _admin_url(given: str) -> str:
    url = os.environ.get("ADMIN_DATABASE_URL") if given == "-" else given
    if not url:
        raise CommandError(
            "ADMIN_DATABASE_URL: set it to the superuser's address for `--create-roles -`.", exit_code=2
        )
    if not is_address(url):
        raise CommandError(f"The superuser's address: {ADDRESS_SHAPE}", exit_code=2)
    return url


def _move(url: str, down: str | None) -> None:
    if down is None:
        asyncio.run(migrations.upgrade(url))
        print("The database is at this version.")
    else:
        asyncio.run(migrations.downgrade(url, down))
        print(f"The database is at {down}.")


def _check(settings: Settings) -> None:
    if settings.migrator_database_url is not None:
        asyncio.run(migrations.check(secret(settings.migrator_database_url)))
    else:
        with tempfile.TemporaryDirectory(prefix="commonground-check-") as folder:
            Path(folder).chmod(0o755)  # as root the server's own user must get through
            with EmbeddedServer(Path(folder)) as server:
                url = server.prepare().migrator
                asyncio.run(migrations.upgrade(url))
                asyncio.run(migrations.check(url))
    print("Models, migrations and policies agree.")


def _create_roles(settings: Settings, admin_url: str) -> None:
    urls = {
        MIGRATOR_ROLE: make_url(secret(settings.migrator_database_url)),
        APP_ROLE: make_url(secret(settings.database_url)),
        MATCHER_ROLE: make_url(secret(settings.matcher_database_url)),
    }
    if settings.backup_database_url is not None:
        urls[BACKUP_ROLE] = make_url(secret(settings.backup_database_url))
    for role, url in urls.items():
        if url.username != role:
            raise CommandError(
                f"An address names the user {url.username!r} where {role!r} belongs: policies name the roles."
            )
    database = urls[MIGRATOR_ROLE].database
    if not database or any(url.database != database for url in urls.values()):
        raise CommandError("The addresses must name one database.")
    passwords = roles.Passwords(
        migrator=urls[MIGRATOR_ROLE].password,
        app=urls[APP_ROLE].password,
        matcher=urls[MATCHER_ROLE].password,
        backup=(urls[BACKUP_ROLE].password or "") if BACKUP_ROLE in urls else None,
    )
    asyncio.run(roles.create_roles(admin_url, passwords, database=database))
