"""`commonground migrate` on a server of one's own, as an operator sets it up the first time."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from service.db.catalog import findings
from service.db.database import Database
from service.db.embedded import Urls
from tests.support.in_process import run_here
from tests.support.processes import run_command
from tests.support.servers import TestServer


@pytest.fixture
async def urls(server: TestServer) -> AsyncIterator[Urls]:
    """Addresses of a database that isn't there yet; dropped at the end."""
    name = f"commonground_test_{secrets.token_hex(4)}"
    yield server.urls(name)
    await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def environment(urls: Urls) -> dict[str, str]:
    return {
        "DATABASE_URL": urls.app,
        "MATCHER_DATABASE_URL": urls.matcher,
        "MIGRATOR_DATABASE_URL": urls.migrator,
    }


async def test_roles_database_and_schema_are_made_and_safe_and_a_second_run_changes_nothing(
    server: TestServer, template: str, urls: Urls, tmp_path: Path
) -> None:
    given = environment(urls) | {"ADMIN_DATABASE_URL": server.admin}
    for address in (server.admin, "-"):
        said, code = run_command("migrate", "--create-roles", address, data_dir=tmp_path, **given)
        assert code == 0, said
    async with Database(app_url=urls.app, matcher_url=urls.matcher) as database:
        await database.verify()
    driver = await asyncpg.connect(urls.migrator)
    assert await findings(driver) == []
    await driver.close()


def test_address_of_another_user_is_refused_by_name(server: TestServer, urls: Urls, tmp_path: Path) -> None:
    wrong = environment(urls) | {"DATABASE_URL": urls.app.replace("commonground_app", "somebody")}
    said, code = run_here("migrate", "--create-roles", server.admin, data_dir=tmp_path, **wrong)
    assert code == 1
    assert "'somebody' where 'commonground_app' belongs" in said
    assert "Traceback" not in said


def test_without_the_migrators_address_nothing_is_migrated(urls: Urls, tmp_path: Path) -> None:
    given = environment(urls)
    del given["MIGRATOR_DATABASE_URL"]
    said, code = run_here("migrate", data_dir=tmp_path, **given)
    assert code == 2
    assert "MIGRATOR_DATABASE_URL" in said


def test_service_on_an_empty_database_says_to_migrate(server: TestServer, urls: Urls, tmp_path: Path) -> None:
    database = urls.app.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    elsewhere = {name: url.replace(database, "postgres") for name, url in environment(urls).items()}
    said, code = run_command(
        "serve", "--port", "0", data_dir=tmp_path, **elsewhere | {"DATABASE_URL": server.admin}
    )
    assert code == 1
    assert "commonground migrate" in said


def test_check_agrees_on_a_database_of_its_own(tmp_path: Path) -> None:
    said, code = run_command("migrate", "--check", data_dir=tmp_path)
    assert code == 0, said
    assert "agree" in said
