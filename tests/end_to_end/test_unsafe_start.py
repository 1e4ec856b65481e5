"""The service as real processes: given a role that row-level security would not bind, none of them starts."""

from pathlib import Path

import pytest

from tests.support.in_process import run_here
from tests.support.processes import run_command
from tests.support.servers import OwnDatabase


@pytest.mark.parametrize(
    ("process", "fault"),
    [
        ("serve --port 0", ("DATABASE_URL", "admin", "is a superuser")),
        ("serve --port 0", ("DATABASE_URL", "migrator", "owns the table")),
        ("serve --port 0", ("MATCHER_DATABASE_URL", "app", "may read the table")),
        ("worker", ("DATABASE_URL", "admin", "is a superuser")),
        ("worker", ("MATCHER_DATABASE_URL", "migrator", "owns the table")),
    ],
)
def test_a_role_past_the_policies_starts_nothing(
    own_database: OwnDatabase, tmp_path: Path, process: str, fault: tuple[str, str, str]
) -> None:
    address, role, said = fault
    given = own_database.environment() | {address: getattr(own_database.urls, role)}
    run = run_command if (process, role) == ("serve --port 0", "admin") else run_here
    heard, code = run(*process.split(), data_dir=tmp_path, **given)
    assert code != 0
    assert said in heard
    assert "Traceback" not in heard


def test_migrations_run_by_a_superuser_make_nothing(own_database: OwnDatabase, tmp_path: Path) -> None:
    given = own_database.environment() | {"MIGRATOR_DATABASE_URL": own_database.urls.admin}
    heard, code = run_here("migrate", data_dir=tmp_path, **given)
    assert code != 0
    assert "MIGRATOR_DATABASE_URL connects as" in heard
    assert "Traceback" not in heard
