"""A database that is away shows itself in many ways; a statement that is wrong, or an error of one's own, is none of them."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.db.database import Database
from service.db.engine import connect
from service.db.errors import DatabaseFullError, DatabaseRefusedError, DatabaseUnavailable
from service.db.faults import calling, connecting, is_away
from tests.support.servers import OwnDatabase, TestServer

AWAY = [
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("another server process exited abnormally"),
    asyncpg.DatabaseDroppedError("the database was dropped"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("got result for unknown protocol state"),
    ConnectionRefusedError(111, "refused"),
    FileNotFoundError(2, "no socket"),
    TimeoutError(),
    PoolTimeoutError("QueuePool limit of size 1 overflow 0 reached"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_each_way_of_being_away_is_told_as_one(error: Exception) -> None:
    with pytest.raises(DatabaseUnavailable), connecting():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DataError("invalid input for query argument $1"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        FileNotFoundError(2, "a file of the caller's"),
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    ],
    ids=str,
)
def test_a_mistake_on_a_living_connection_stays_what_it_is(error: Exception) -> None:
    assert not is_away(error, closed=False)


def test_a_disk_without_room_is_told_from_a_server_that_is_away() -> None:
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = asyncpg.DiskFullError("could not extend file: No space left on device")
    with pytest.raises(DatabaseFullError, match="free space"), connecting():
        raise wrapped
    with pytest.raises(DatabaseUnavailable) as away, connecting():
        raise asyncpg.TooManyConnectionsError("sorry, too many clients already")
    assert not isinstance(away.value, DatabaseFullError)


def test_a_wrapped_cause_is_found() -> None:
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = asyncpg.AdminShutdownError("terminating")
    assert is_away(wrapped, closed=False)


async def test_unreachable_server_is_unavailable() -> None:
    nowhere = "postgresql://commonground_app@127.0.0.1:1/none"
    async with Database(app_url=nowhere, matcher_url=nowhere) as database:
        with pytest.raises(DatabaseUnavailable):
            await database.ping()


@pytest.mark.parametrize(
    ("user", "words"),
    [
        # a server that asks for passwords doesn't tell whether there is such a role
        (
            "nobody_there",
            {'role "nobody_there" does not exist', 'password authentication failed for user "nobody_there"'},
        ),
        ("lodger", {'role "lodger" is not permitted to log in'}),
    ],
)
async def test_role_that_is_refused_is_told_in_the_servers_words(
    server: TestServer, own_database: OwnDatabase, user: str, words: set[str]
) -> None:
    await server.execute(f"CREATE ROLE lodger NOLOGIN PASSWORD '{server.password}'")
    try:
        url = make_url(own_database.urls.app).set(username=user)
        with pytest.raises(DatabaseRefusedError) as caught:
            await connect(url.render_as_string(hide_password=False))
    finally:
        await server.execute("DROP ROLE lodger")
    assert caught.value.words in words
    assert "--create-roles" in str(caught.value)
    assert server.password not in str(caught.value)


async def test_address_that_cannot_be_read_is_refused_without_being_told() -> None:
    for url in (
        "hush",
        "postgresql://me:hush@db:port/x",
        "postgresql://[hush",
        "postgresql://me:hush@db/x?sslmode=hush",
    ):
        with pytest.raises(DatabaseRefusedError, match="can't be read") as caught:
            await connect(url)
        assert "hush" not in str(caught.value)


async def be_killed(own: OwnDatabase, *, then: str | None) -> None:
    """Have the server end a session's connection, run `then` on it and let the session commit."""
    admin = await asyncpg.connect(own.urls.admin)
    try:
        async with own.database.directory() as session:
            number = (await session.sql("SELECT pg_backend_pid()")).scalar_one()
            await admin.execute("SELECT pg_terminate_backend($1, 5000)", number)
            if then is not None:
                await session.sql(then)
    finally:
        await admin.close()


async def test_killed_connection_is_unavailable_and_the_next_session_works(own_database: OwnDatabase) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await be_killed(own_database, then="SELECT 1")
    assert not caught.value.outcome_unknown
    await own_database.database.ping()


async def test_idle_connection_that_the_server_ended_is_replaced_unseen(own_database: OwnDatabase) -> None:
    ended = asyncio.Event()
    async with own_database.database.directory() as session:
        driver = await session.raw()
        driver.add_termination_listener(lambda _driver: ended.set())
        number = driver.get_server_pid()
    admin = await asyncpg.connect(own_database.urls.admin)
    await admin.execute("SELECT pg_terminate_backend($1, 5000)", number)
    await admin.close()
    await asyncio.wait_for(ended.wait(), 10)
    await own_database.database.ping()


async def test_connection_killed_before_the_commit_leaves_the_outcome_unknown(
    own_database: OwnDatabase,
) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await be_killed(own_database, then=None)
    assert caught.value.outcome_unknown


async def test_error_of_the_caller_passes_through_a_session(own_database: OwnDatabase) -> None:
    database = own_database.database
    with pytest.raises(FileNotFoundError):
        async with database.directory():
            raise FileNotFoundError(2, "a file of the caller's")
    with pytest.raises(TimeoutError):
        async with database.directory():
            raise TimeoutError


def test_call_on_a_living_connection_lets_a_mistake_through() -> None:
    class Living:
        def is_closed(self) -> bool:
            return False

    with pytest.raises(asyncpg.DataError), calling(Living()):
        raise asyncpg.DataError("invalid input for query argument $1")
