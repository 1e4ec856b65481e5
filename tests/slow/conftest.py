"""Slow tests share a budget of seconds; what doesn't fit is skipped, named and counted."""

import os
import time
from random import Random

import pytest

STARTED = pytest.StashKey[float]()


@pytest.fixture(autouse=True)
def within_budget(request: pytest.FixtureRequest) -> None:
    stash = request.config.stash
    started = stash.setdefault(STARTED, time.monotonic())
    budget = float(os.environ.get("COMMONGROUND_SLOW_BUDGET", "900"))
    if time.monotonic() - started > budget:
        pytest.skip(f"did not fit into the budget of {budget:.0f} s")


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """Seeded by the run's seed and the test's name."""
    return Random(f"{os.environ.get('COMMONGROUND_TEST_SEED', '1')}:{request.node.nodeid}")
