"""The API over the database of a test, without a socket."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.crypto import MemoryKeystore
from service.db.database import Database
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.passwords import Passwords
from tests.factories.world import Pair, World, make_pair, make_world
from tests.support.document import document
from tests.support.logged_actions import Logged
from tests.support.servers import OwnDatabase


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return make_world(db, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())


@pytest.fixture
def hasher() -> PasswordHasher | None:
    """Passwords at next to no cost; a test of the cost itself takes None, which is the service's own."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def app(world: World, hasher: PasswordHasher | None) -> FastAPI:
    built = build_app(world.ids)
    built.openapi = document  # type: ignore[method-assign]  # the way that FastAPI documents
    parts = world.database, world.keystore, world.spool, world.clock, world.ids
    set_state(built, AppState(*parts, passwords=Passwords(hasher=hasher)))
    return built


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


@pytest.fixture
def own_world(own_database: OwnDatabase, tmp_path: Path) -> World:
    """As `world`, with real commits and connections: for requests at the same time."""
    return make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())


@pytest.fixture
async def own_client(own_world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app over `own_world`."""
    built = build_app(own_world.ids)
    set_state(
        built,
        AppState(own_world.database, own_world.keystore, own_world.spool, own_world.clock, own_world.ids),
    )
    transport = httpx.ASGITransport(app=built, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


@pytest.fixture
async def pair(world: World) -> Pair:
    return await make_pair(world)


@pytest.fixture
def logged(superuser: asyncpg.Connection) -> Logged:
    """The actions in all logs that came since it was asked before."""
    before: Counter[str] = Counter()

    async def since() -> Counter[str]:
        nonlocal before
        now = Counter(row["action"] for row in await superuser.fetch("SELECT action FROM audit_entry"))
        new, before = now - before, now
        return new

    return since
