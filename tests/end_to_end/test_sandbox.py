"""An integrator's first minute: the real service and worker, a sandbox, overlaps, a reset, the end. And the operator's keys."""

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import run_here
from tests.support.processes import command, postmasters, run_command, wait_for_line
from tests.support.servers import OwnDatabase

READY = "Commonground is at"
PATIENCE_SECONDS = 90


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path that everybody may enter, whose server is gone at the end whatever the test did."""
    with tempfile.TemporaryDirectory(prefix="cg-sand-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "data"
        for process in postmasters(Path(made) / "data"):
            process.kill()
            process.wait(10)


def ask(where: str, key: str, path: str, method: str = "GET") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(where + path, method=method, headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def until_ready(where: str, key: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        _, state = ask(where, key, "/v1/sandbox")
        assert state["status"] != "failed", state
        if state["status"] == "ready":
            found: dict[str, Any] = state
            return found
        time.sleep(0.2)  # another process works; there is nothing to wait on
    raise AssertionError("the sandbox was not ready in time")


def overlaps(where: str, key: str, state: dict[str, Any]) -> dict[str, int]:
    found = {}
    for partner in state["partners"]:
        _, page = ask(where, key, f"/v1/overlaps?partnership={partner['partnership_id']}")
        found[partner["name"]] = len(page["items"])
    return found


def test_a_sandbox_shows_overlaps_is_reset_and_ends(data_dir: Path) -> None:
    said, code = run_command("org", "create", "integrator", data_dir=data_dir)
    assert code == 0, said
    live = said.rpartition(" ")[2].strip()
    with command("serve", "--port", "0", data_dir=data_dir) as process:
        where = wait_for_line(process, READY).split(READY)[1].split(",", maxsplit=1)[0].strip()
        status, made = ask(where, live, "/v1/sandbox", "POST")
        assert (status, made["key"][:8]) == (201, "cg_test_")
        first = until_ready(where, live)
        assert overlaps(where, made["key"], first) == {"Larkspur Cloud": 15, "Tamarack Consulting": 10}
        assert ask(where, made["key"], "/v1/sandbox/reset", "POST")[0] == 202
        second = until_ready(where, made["key"])
        assert first["partners"] != second["partners"]
        assert sum(overlaps(where, made["key"], second).values()) == 25
        assert ask(where, live, "/v1/sandbox", "DELETE")[0] == 204
        assert ask(where, made["key"], "/v1/accounts")[0] == 401


def test_the_operator_makes_lists_rotates_and_revokes_keys(own_database: OwnDatabase, tmp_path: Path) -> None:
    around = own_database.environment()
    run_here("org", "create", "acme", data_dir=tmp_path, **around)

    def key(*arguments: str, run: Callable[..., tuple[str, int]] = run_here) -> str:
        said, code = run("key", *arguments, data_dir=tmp_path, **around)
        assert code == 0, said
        return said

    made = key(
        "create",
        "acme",
        "--name",
        "nightly",
        "--scope",
        "imports:write",
        "--scope",
        "imports:read",
        "--days",
        "30",
        run=run_command,
    )
    key_id = made.split()[2]
    assert made.strip().rpartition(" ")[2].startswith("cg_live_")
    successor = key("rotate", "acme", key_id, "--hours", "1").split()[2]
    lines = {line.split("\t")[0]: line.split("\t") for line in key("list", "acme").splitlines()}
    assert lines[successor][3:] == ["never used", "imports:read imports:write", "nightly"]
    assert lines[key_id][2].startswith("good until ")
    assert key("revoke", "acme", successor).strip() == f"Revoked {successor}."
    assert "\trevoked " in key("list", "acme")
    said, code = run_here(
        "key", "revoke", "acme", "01a20203-dcee-7c24-b3cf-d5f360229b7e", data_dir=tmp_path, **around
    )
    assert (code, said.strip()) == (1, "commonground: There is no such API key.")
    said, code = run_here("key", "create", "acme", "--sandbox", data_dir=tmp_path, **around)
    assert (code, said.strip()) == (1, "commonground: There is no sandbox: `POST /v1/sandbox` makes one.")
