"""One scene a module, as each of its tests finds it anew."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.db.database import Database
from tests.factories.world import World, apart, make_pair
from tests.support.scene import Scene, make_scene


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Scene:
    return await make_scene(await make_pair(staged_world))


@pytest.fixture
def scene(staged: Scene, db: Database, tmp_path: Path) -> Scene:
    return replace(staged, pair=apart(staged.pair, tmp_path))


@pytest.fixture
def world(scene: Scene) -> World:
    return scene.pair.world
