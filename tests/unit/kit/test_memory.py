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
print(os.environ.get("POLARS_MAX_THREADS"), os.environ.get("_RJEM_MALLOC_CONF"))
"""


def setting(command: str, **environment: str) -> str:
    given = {
        name: value
        for name, value in os.environ.items()
        if name not in {"_RJEM_MALLOC_CONF", "POLARS_MAX_THREADS"}
    }
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


def test_a_worker_leaves_a_core_to_others_unless_its_operator_says_otherwise() -> None:
    cores = len(os.sched_getaffinity(0))
    assert setting("worker").split()[0] == str(max(1, cores - 1))
    assert setting("worker", POLARS_MAX_THREADS="7").split()[0] == "7"
    assert setting("match").split()[0] == "None"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_what_runs_for_days_is_known_as_such(command: str) -> None:
    assert COMMANDS[command].stays


FROZEN = """
import gc, weakref
from service.kit.memory import leave_out_of_collections

class Ring:
    def __init__(self):
        self.me = self

before = weakref.ref(Ring())
stays = Ring()
leave_out_of_collections()
searched = any(one is stays for one in gc.get_objects())
print(before() is None, searched, gc.get_threshold()[0] > 1000)
after = weakref.ref(Ring())
gc.collect()
print(after() is None)
"""


def test_what_stands_at_the_start_is_not_searched_for_garbage_again_and_what_comes_later_is() -> None:
    done = subprocess.run([sys.executable, "-c", FROZEN], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True", "True"]
