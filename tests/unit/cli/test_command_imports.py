"""What a command's module brings with it: somebody who makes a key doesn't wait for the matcher to be loaded."""

import json
import subprocess
import sys

import pytest

COLUMNS = {"polars", "numpy", "polars_hash", "polars_tldextract", "publicsuffixlist", "stdnum", "xlsxwriter"}
MIGRATIONS = {"alembic", "mako"}
QUEUE = {"pgqueuer", "croniter"}
SERVER = {"fastapi", "starlette", "uvicorn", "httpx", "authlib", "prometheus_client"}
DATABASE = {"sqlalchemy", "sqlmodel", "asyncpg", "pydantic"}

DESK = ("audit", "backup", "data_key", "doctor", "kek", "key", "org", "partnership", "person")
DO_WITHOUT = {
    DESK: COLUMNS | MIGRATIONS | QUEUE | SERVER,
    ("migrate",): COLUMNS | QUEUE | SERVER,
    ("import_list",): COLUMNS | MIGRATIONS | QUEUE | (SERVER | DATABASE) - {"httpx", "pydantic"},
    ("match", "evaluate"): MIGRATIONS | QUEUE | SERVER | DATABASE,
    ("worker", "serve"): MIGRATIONS | {"xlsxwriter"},
}

LOAD = """
import importlib, json, sys
loaded = {}
for command in sys.argv[1:]:
    before = set(sys.modules)
    importlib.import_module(f"service.cli.{command}")
    loaded[command] = sorted(set(sys.modules) - before)
print(json.dumps(loaded))
"""


@pytest.mark.parametrize("commands", DO_WITHOUT, ids=lambda commands: commands[0])
def test_command_does_without_what_only_others_need(commands: tuple[str, ...]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOAD, *commands], capture_output=True, text=True, check=True
    ).stdout
    loaded = {
        command: {name.partition(".")[0] for name in names} for command, names in json.loads(told).items()
    }
    assert set().union(*loaded.values()) >= {"service", "typer"}
    assert {name: of & DO_WITHOUT[commands] for name, of in loaded.items() if of & DO_WITHOUT[commands]} == {}
