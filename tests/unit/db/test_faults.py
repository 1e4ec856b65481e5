"""A database that is away shows itself in many ways; a statement that is wrong, or an error of one's own, is none of them."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.db.faults import calling, connecting, is_away
from tests.support.servers import OwnDatabase

AWAY = [
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("another server process exited abnormally"),
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


def test_a_wrapped_cause_is_found() -> None:
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = asyncpg.AdminShutdownError("terminating")
    assert is_away(wrapped, closed=False)


async def test_unreachable_server_is_unavailable() -> None:
    nowhere = "postgresql://commonground_app@127.0.0.1:1/none"
    async with Database(app_url=nowhere, matcher_url=nowhere) as database:
        with pytest.raises(DatabaseUnavailable):
            await database.ping()


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
