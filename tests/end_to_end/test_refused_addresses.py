"""Addresses that the database, or nobody, can make anything of: said in one line, at every command that takes one."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.support.in_process import run_here
from tests.support.processes import run_command
from tests.support.servers import OwnDatabase, TestServer

NO_ROLE = 'The database refuses the connection: role "stranger" does not exist'
NO_DATABASE = "The database refuses the connection: database"
SETTINGS = ("DATABASE_URL", "MATCHER_DATABASE_URL", "MIGRATOR_DATABASE_URL", "BACKUP_DATABASE_URL")


def said(code: int, *arguments: str, data_dir: Path, is_real: bool = False, **environment: str) -> str:
    """The one line that a command said; `is_real` gives it a process of its own."""
    run = run_command if is_real else run_here
    heard, ended = run(*arguments, data_dir=data_dir, **environment)
    assert ended == code, heard
    assert "Traceback" not in heard
    lines = [line for line in heard.splitlines() if not line.startswith("{")]  # of the log
    assert len(lines) == 1, heard
    return lines[0]


def stranger(url: str) -> str:
    """The address with the name of a role that isn't there."""
    return make_url(url).set(username="stranger").render_as_string(hide_password=False)


@pytest.mark.parametrize("process", ["serve --port 0", "worker", "org list", "migrate"])
def test_database_or_role_that_is_not_there_is_said_by_every_command(
    own_database: OwnDatabase, tmp_path: Path, process: str
) -> None:
    around = own_database.environment()
    gone = {name: url.replace(own_database.name, "never_made") for name, url in around.items()}
    is_real = process.startswith("serve")
    assert NO_DATABASE in said(1, *process.split(), data_dir=tmp_path, is_real=is_real, **gone)
    unknown = {name: stranger(url) for name, url in around.items()}
    assert NO_ROLE in said(1, *process.split(), data_dir=tmp_path, **unknown)


def test_one_wrong_address_among_right_ones_is_said(own_database: OwnDatabase, tmp_path: Path) -> None:
    wrong = own_database.environment() | {"MATCHER_DATABASE_URL": stranger(own_database.urls.matcher)}
    assert NO_ROLE in said(1, "serve", "--port", "0", data_dir=tmp_path, **wrong)
    backup = own_database.environment() | {"BACKUP_DATABASE_URL": stranger(own_database.urls.admin)}
    assert NO_ROLE in said(1, "backup", "create", str(tmp_path / "copy"), data_dir=tmp_path, **backup)


def test_erasing_as_nobody_or_as_another_role_erases_nothing(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    around = own_database.environment()
    heard, code = run_here("org", "create", "harbour", data_dir=tmp_path, **around)
    assert code == 0, heard
    delete = ("org", "delete", "harbour", "--yes")
    unknown = around | {"MIGRATOR_DATABASE_URL": stranger(own_database.urls.migrator)}
    assert NO_ROLE in said(1, *delete, data_dir=tmp_path, **unknown)
    other = around | {"MIGRATOR_DATABASE_URL": own_database.urls.app}
    assert "'commonground_app', which doesn't own the tables" in said(1, *delete, data_dir=tmp_path, **other)
    heard, _ = run_here("org", "list", data_dir=tmp_path, **around)
    assert "active" in heard


def test_roles_are_not_made_as_nobody_or_as_a_role_without_rights(
    server: TestServer, own_database: OwnDatabase, tmp_path: Path
) -> None:
    make, around = ("migrate", "--create-roles", "-"), own_database.environment()
    unknown = around | {"ADMIN_DATABASE_URL": stranger(server.admin)}
    assert NO_ROLE in said(1, *make, data_dir=tmp_path, **unknown)
    without = around | {"ADMIN_DATABASE_URL": own_database.urls.app}
    assert "can't be made as this user: " in said(1, *make, data_dir=tmp_path, **without)
    unreadable = around | {"ADMIN_DATABASE_URL": "postgresql://["}
    assert "postgresql://ROLE:PASSWORD@HOST" in said(2, *make, data_dir=tmp_path, **unreadable)


def test_revision_that_nobody_knows_moves_nothing(own_database: OwnDatabase, tmp_path: Path) -> None:
    heard = said(1, "migrate", "--down", "nonsense", data_dir=tmp_path, **own_database.environment())
    assert "The schema stays as it is" in heard
    assert "nonsense" in heard


@pytest.mark.parametrize("name", SETTINGS)
def test_address_that_cannot_be_read_is_named_before_anything_begins(
    own_database: OwnDatabase, tmp_path: Path, name: str
) -> None:
    around = own_database.environment() | {name: "postgresql://["}
    assert said(2, "org", "list", data_dir=tmp_path, **around).startswith(f"commonground: {name}: ")
