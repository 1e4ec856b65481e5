"""Two partnerships with a partner in common, and a walk over the API as one who has no part in the other.

The ground is made once a run, in one transaction that is never committed; each test walks over it between two savepoints.
"""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.db.engine import Limits, make_engine
from service.db.transactions import take
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.api.isolation.walking import Ground, Walk, make_ground, unlimited
from tests.factories.world import World, make_world
from tests.support.document import document
from tests.support.logs import logged
from tests.support.savepoints import SavepointDatabase
from tests.support.servers import TestServer, copy_of


@pytest.fixture(scope="session")
async def ground(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Ground]:
    async with copy_of(server, template) as own:
        engine = make_engine(own.urls.admin, limits=Limits(connections=1))
        lent = await take(engine)
        await lent.driver.execute("BEGIN")
        world = make_world(
            SavepointDatabase(lent), MemoryKeystore(), tmp_path_factory.mktemp("ground"), SystemClock(), UuidV7Ids()
        )  # fmt: skip
        yield await make_ground(world, lent.driver)
        await lent.driver.execute("ROLLBACK")
        lent.give_back()
        await engine.dispose()


@pytest.fixture
async def world(ground: Ground) -> AsyncIterator[World]:
    """The ground's world, as it was before the test once the test is over."""
    await ground.superuser.execute("SAVEPOINT walking")
    yield ground.world
    await ground.superuser.execute("ROLLBACK TO SAVEPOINT walking; RELEASE SAVEPOINT walking")


@pytest.fixture
def app(world: World) -> FastAPI:
    built = build_app(world.ids)
    built.openapi = document  # type: ignore[method-assign]  # the way that FastAPI documents
    set_state(built, unlimited(world))
    return built


@pytest.fixture
def quiet() -> Iterator[None]:
    """Errors that a walk provokes are many, and logged as lines that nobody reads."""
    with logged("error"):
        yield


@pytest.fixture
def walk(quiet: None, client: httpx.AsyncClient, app: FastAPI, world: World, ground: Ground) -> Walk:
    return Walk(client, app, ground.mine, ground.theirs, ground.superuser, ground.tables, ground.markers)
