"""`commonground doctor`."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service.cli.doctor.database import check_database
from service.cli.doctor.findings import Finding, Status, fail, refused
from service.cli.doctor.machine import check_machine
from service.cli.errors import CommandError
from service.cli.ground import bare_database_for, ready_settings
from service.crypto import FileKeystore, KekFile
from service.crypto.errors import KeystoreError
from service.db.embedded import data_major
from service.db.names import APP_ROLE, BACKUP_ROLE, MATCHER_ROLE, MIGRATOR_ROLE
from service.db.tools import packaged_major
from service.kit.clock import SystemClock
from service.settings import Settings


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for a monitor.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")] = None,
) -> None:
    """Check the installation and say how to mend what is wrong. Changes nothing; exits 1 if something fails.

    Whatever can be checked without the database is checked without it.
    """
    found = examine(data_dir)
    worst = max(found, key=lambda one: list(Status).index(one.status)).status
    if as_json:
        print(json.dumps({"status": worst, "checks": [asdict(finding) for finding in found]}, indent=1))
    else:
        print("\n".join(finding.line() for finding in found))
    if worst is Status.FAIL:
        raise typer.Exit(1)


def examine(data_dir: Path | None) -> list[Finding]:
    """Everything that can be found out."""
    try:
        settings = ready_settings(data_dir=data_dir)
    except CommandError as error:
        mend = "docs/guide/operate.md lists every setting"
        return [fail("settings", line, mend) for line in str(error).splitlines()]
    return [*check_machine(settings), *_ask_database(settings)]


def _ask_database(settings: Settings) -> list[Finding]:
    if settings.is_embedded and data_major(settings.data_dir) != packaged_major():
        return []  # said among the machine's: there is none yet, or none that starts
    found: list[Finding] = []
    with (
        refused("database", found, "read its log, and run this again"),
        bare_database_for(settings) as settled,
    ):
        found.extend(
            asyncio.run(
                check_database(
                    _urls(settled, embedded=settings.is_embedded), _keystore(settings), SystemClock()
                )
            )
        )
    return found


def _urls(settings: Settings, *, embedded: bool) -> dict[str, str]:
    given = {
        APP_ROLE: settings.database_url,
        MATCHER_ROLE: settings.matcher_database_url,
        MIGRATOR_ROLE: settings.migrator_database_url,
    }
    if not embedded:  # whose superuser makes the backups there
        given[BACKUP_ROLE] = settings.backup_database_url
    return {role: url.get_secret_value() for role, url in given.items() if url is not None}


def _keystore(settings: Settings) -> FileKeystore | None:
    """None where it can't be opened, which is said among the machine's."""
    if not settings.keystore_folder.is_dir():
        return None
    try:
        return FileKeystore(settings.keystore_folder, KekFile(settings.kek_path))
    except (KeystoreError, OSError):
        return None
