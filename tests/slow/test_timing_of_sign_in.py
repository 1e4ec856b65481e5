"""An address that nobody has takes as long to be refused as one that somebody has: reported, and an error where it could be told."""

import statistics
import time
from pathlib import Path
from random import Random

import pytest
from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.people import PASSWORD, make_person, new_client
from tests.factories.world import make_world
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow
CALLS = 300
RUNS = 5
TOLD = 0.1
"""A share of what a refusal takes; Argon2id is most of it, and would be missing where no hash is made."""


async def test_an_address_of_nobody_is_refused_as_slowly_as_one_of_somebody(
    own_database: OwnDatabase, tmp_path: Path, random: Random
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    await make_person(app.state.commonground.people, "ada@example.com", password=PASSWORD)
    differences = [await _difference(app, random, run) for run in range(RUNS)]
    print("an address of somebody against one of nobody:", *(f"{one:+.1%}" for one in differences))  # noqa: T201 - what `-rP` reports
    assert abs(statistics.median(differences)) < TOLD


async def _difference(app: FastAPI, random: Random, run: int) -> float:
    """The share by which a wrong password for somebody takes longer; each from a network of its own, so that none is slowed down."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number, known in enumerate(random.sample([True, False] * (CALLS // 2), CALLS)):
        email = "ada@example.com" if known else f"nobody{number}@example.com"
        async with new_client(app, f"198.{18 + run}.{number // 256}.{number % 256}") as client:
            began = time.perf_counter()
            answer = await client.post("/v1/sessions", json={"email": email, "password": "wrong wrong wrong"})
            taken[known].append(time.perf_counter() - began)
        assert answer.status_code == 401
    known, unknown = statistics.median(taken[True]), statistics.median(taken[False])
    return (known - unknown) / unknown
