"""An organization's life as the operator leads it: by commands, on a server of the operator's own."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from service.cli.org_export import LEFT_OUT, PARTS
from tests.support.in_process import run_here
from tests.support.processes import run_command
from tests.support.servers import OwnDatabase
from tests.support.tables import tables


class Operator:
    """Runs commands on one database and one data directory."""

    def __init__(
        self, own: OwnDatabase, folder: Path, run: Callable[..., tuple[str, int]] = run_here
    ) -> None:
        self._environment, self._folder, self._run = own.environment(), folder, run

    def __call__(self, *arguments: str, code: int = 0, without: str = "") -> str:
        given = {name: value for name, value in self._environment.items() if name != without}
        said, ended = self._run(*arguments, data_dir=self._folder, **given)
        assert ended == code, said
        assert "Traceback" not in said
        return said


@pytest.fixture
def operator(own_database: OwnDatabase, tmp_path: Path) -> Operator:
    return Operator(own_database, tmp_path / "data")


async def test_an_organization_is_made_limited_suspended_and_erased(operator: Operator) -> None:
    assert "cg_live_" in operator("org", "create", "acme", "--name", "Acme GmbH")
    assert "accounts: 1,000" in operator("org", "quota", "acme", "--accounts", "1000", "--members", "none")
    assert "is no limit" in operator("org", "quota", "acme", "--members", "-1", code=2)
    operator("org", "suspend", "acme")
    shown = operator("org", "show", "acme")
    assert "suspended" in shown
    assert "at most 1,000 accounts" in shown
    assert "population\t3 rows" in shown
    assert "api_key\t1 row\t" in shown
    operator("org", "resume", "acme")
    assert "\tactive\tAcme GmbH" in operator("org", "list")
    refused = operator("org", "delete", "acme", "--yes", code=2, without="MIGRATOR_DATABASE_URL")
    assert "MIGRATOR_DATABASE_URL" in refused
    assert "acme is erased" in operator("org", "delete", "acme", "--yes")
    assert "acme" not in operator("org", "list")
    assert "No organization has the handle 'acme'" in operator("org", "show", "acme", code=1)
    assert "Nothing that was erased is here" in operator("org", "erase-again")


async def test_a_log_is_verified_signed_exported_and_found_out(
    operator: Operator, own_database: OwnDatabase, tmp_path: Path
) -> None:
    operator("org", "create", "acme")
    operator("org", "suspend", "acme")
    operator("org", "resume", "acme")
    assert "acme: 3 entries, whole" in operator("audit", "verify")
    kept, log = tmp_path / "kept.json", tmp_path / "log.ndjson"
    operator("audit", "checkpoint", "--org", "acme", str(kept))
    operator("audit", "export", "--org", "acme", str(log))
    assert "exists already" in operator("audit", "export", "--org", "acme", str(log), code=1)
    key = operator("audit", "key").strip()
    *entries, _ = log.read_text().splitlines()
    assert [json.loads(entries[-1])[part] for part in ("actor_kind", "action")] == [
        "operator",
        "audit_log.exported",
    ]
    offline = "audit", "verify", "--log", str(log), "--checkpoint", str(kept), "--key"
    assert "4 entries, whole" in operator(*offline, key)
    assert "another key" in operator(*offline, "00" * 32, code=3)
    for cut in ("", "\n".join(entries)):
        log.write_text(cut)
        assert "doesn't end with a checkpoint" in operator(
            "audit", "verify", "--log", str(log), "--key", key, code=3
        )
    driver = await asyncpg.connect(own_database.urls.admin)
    try:
        await driver.execute("DELETE FROM audit_checkpoint; DELETE FROM audit_entry WHERE number >= 3")
        assert "2 entries, whole" in operator("audit", "verify", "--org", "acme")
        assert "were cut off" in operator("audit", "verify", "--checkpoint", str(kept), code=3)
        await driver.execute("UPDATE audit_entry SET actor_kind = 'person' WHERE number = 2")
        assert "broken at entry 2" in operator("audit", "verify", code=3)
    finally:
        await driver.close()


async def test_an_export_has_every_file_and_no_secret(
    operator: Operator, own_database: OwnDatabase, tmp_path: Path
) -> None:
    key = operator("org", "create", "acme").split()[-1]
    operator("org", "create", "other")
    operator("partnership", "create", "acme", "other")
    path = tmp_path / "acme.zip"
    Operator(own_database, tmp_path / "data", run_command)("org", "export", "acme", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert {*archive.namelist()} == {*(f"{name}.ndjson" for name in PARTS), "README.txt"}
        rows = {
            name: [json.loads(line) for line in archive.read(f"{name}.ndjson").splitlines()] for name in PARTS
        }
        whole = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert [row["handle"] for row in rows["organization"]] == ["acme"]
    assert [row["slug"] for row in rows["populations"]] == ["customers", "open_opportunities", "prospects"]
    assert {row["handle"] for row in rows["partnership_sides"]} == {"acme", "other"}
    assert [row["action"] for row in rows["audit_log"]] == [
        "organization.created", "partnership.created", "organization.exported",
    ]  # fmt: skip
    assert key[34:] not in whole
    driver = await asyncpg.connect(own_database.urls.admin)
    digest = await driver.fetchval("SELECT encode(digest, 'hex') FROM api_key LIMIT 1")
    known = {table.name for table in await tables(driver) if table.protected}
    await driver.close()
    assert digest not in whole
    assert known - {part.table for part in PARTS.values()} == LEFT_OUT.keys()
