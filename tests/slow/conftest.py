"""Slow tests share a budget of seconds; what doesn't fit is skipped, named and counted.

They run in an order drawn from the run's seed, so that it isn't always the same ones that don't fit.
"""

import os
import time
from pathlib import Path
from random import Random

import pytest

STARTED = pytest.StashKey[float]()


HERE = Path(__file__).parent
SEED = os.environ.get("COMMONGROUND_TEST_SEED", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shuffle the tests of this folder among their places; cases of one test stay together."""
    places = [place for place, item in enumerate(items) if HERE in item.path.parents]
    order = {test: Random(f"{SEED}:{test}").random() for test in {_test(items[place]) for place in places}}
    ordered = sorted((items[place] for place in places), key=lambda item: order[_test(item)])
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


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
    return Random(f"{SEED}:{request.node.nodeid}")
