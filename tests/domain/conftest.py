"""The service's parts over the database of a test."""

from pathlib import Path

import pytest

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Pair, World, make_pair, make_world
from tests.support.servers import OwnDatabase


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return make_world(db, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())


@pytest.fixture
async def pair(world: World) -> Pair:
    return await make_pair(world)


@pytest.fixture
def own_world(own_database: OwnDatabase, tmp_path: Path) -> World:
    """As `world`, with real commits and connections."""
    return make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
