"""Memory is given back by processes that live long: the setting must stand before Polars and its allocator are loaded."""

import os
import subprocess
import sys

import pytest

from service.cli import COMMANDS

LOADED = """
import os, sys
from service.cli import COMMANDS
from service.cli.lazy import load
assert "polars" not in sys.modules
load(sys.argv[1], COMMANDS[sys.argv[1]])
assert "polars" in sys.modules
print(os.environ.get("_RJEM_MALLOC_CONF"))
"""


def setting(command: str, **environment: str) -> str:
    given = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, command],
        capture_output=True, text=True, check=True, env=given | environment,
    )  # fmt: skip
    return done.stdout.strip()


def test_a_worker_gives_memory_back_unless_its_operator_says_otherwise() -> None:
    assert setting("worker").endswith("muzzy_decay_ms:0")
    assert setting("worker", _RJEM_MALLOC_CONF="narenas:1").endswith("narenas:1")


def test_a_short_command_keeps_its_memory() -> None:
    assert "muzzy_decay_ms:0" not in setting("match")


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_what_runs_for_days_is_known_as_such(command: str) -> None:
    assert COMMANDS[command].stays
