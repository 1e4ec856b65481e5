"""Databases that tests ask for.

`db`            One transaction a test, rolled back at its end (about 1 ms); each session is a savepoint in it. All three roles,
                policies, grants, `drain` of the queue. One session at a time. Use it wherever it serves.
`staged_db`     The same for a module's scene: what is made in it stands at the beginning of each test of the module.
`own_database`  A copy of the migrated template (about 60 ms), with real connections and commits: for workers, NOTIFY, concurrency,
                handlers that open one session inside another, subprocesses, migrations, time limits.

Both come from one server that is started once a run: the embedded one, or TEST_DATABASE_URL, a superuser's address.
"""

import gc
import os
import secrets
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from sqlalchemy import event

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.db.engine import Limits, make_engine
from service.db.transactions import Lent, take
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import World, make_world
from tests.support.logs import log_plainly
from tests.support.savepoints import SavepointDatabase, keep_open
from tests.support.servers import OwnDatabase, TestServer, copy_of, embedded_server, make_template

log_plainly()
gc.disable()  # until everything is imported


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What has been imported stays for the run: no search for garbage looks it over again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """The one database server of this run."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url is not None:
        # Of one run, whose processes share the server's roles.
        yield TestServer(url, os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8))
        return
    with embedded_server() as started:
        yield started


@pytest.fixture(scope="session")
async def template(server: TestServer) -> AsyncIterator[str]:
    """The name of the migrated database that copies are made of; nobody connects to it."""
    name = await make_template(server)
    yield name
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def own_database(server: TestServer, template: str) -> AsyncIterator[OwnDatabase]:
    async with copy_of(server, template) as own:
        yield own


@pytest.fixture(scope="session")
async def shared_connection(server: TestServer, template: str) -> AsyncIterator[Lent]:
    async with copy_of(server, template) as shared:
        engine = make_engine(shared.urls.admin, limits=Limits(connections=1))
        event.listen(engine.sync_engine, "handle_error", keep_open)
        lent = await take(engine)
        yield lent
        lent.give_back()
        await engine.dispose()


@pytest.fixture(scope="module")
async def staged_db(shared_connection: Lent) -> AsyncIterator[Database]:
    """As `db`, for what the tests of a module begin with: each finds it as it was made, whatever another did."""
    await shared_connection.driver.execute("BEGIN")
    try:
        yield SavepointDatabase(shared_connection)
    finally:
        await shared_connection.driver.execute("ROLLBACK")


@pytest.fixture(scope="module")
def staged_world(staged_db: Database, tmp_path_factory: pytest.TempPathFactory) -> World:
    """For a module's `staged` pair, of which each test gets its own by `apart`."""
    folder = tmp_path_factory.mktemp("staged")
    return make_world(staged_db, MemoryKeystore(), folder, SystemClock(), UuidV7Ids())


@pytest.fixture
async def db(shared_connection: Lent) -> AsyncIterator[Database]:
    driver = shared_connection.driver
    begin, end = (
        ("SAVEPOINT test", "ROLLBACK TO SAVEPOINT test; RELEASE SAVEPOINT test")
        if driver.is_in_transaction()  # that of `staged_db`
        else ("BEGIN", "ROLLBACK")
    )
    await driver.execute(begin)
    try:
        yield SavepointDatabase(shared_connection)
    finally:
        await driver.execute(end)


@pytest.fixture
async def superuser(db: Database, shared_connection: Lent) -> asyncpg.Connection:
    """The connection that the sessions of `db` share, between them as the superuser: for looking past every policy."""
    return shared_connection.driver
