"""The database stops, crashes, freezes, refuses writes or has no connection left, under a running service and its load.

Every answer is then a 503 with `Retry-After`, never a 500 and never none; what was acknowledged is there afterwards; the service
comes back by itself.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from tests.support.processes import command, end
from tests.support.running import (
    PATIENCE,
    Service,
    address_of,
    assert_nothing_accepted_is_lost,
    environment,
    running_service,
    until,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path) as running:
        yield running


async def ask(service: Service, client: httpx.AsyncClient, turn: int) -> None:
    """One request of the load: mostly reads, every fourth a small list."""
    if turn % 4:
        service.seen.append(("read", await client.get("/v1/accounts", params={"limit": 5})))
        return
    body = f"Company,Website\nBrook {turn},brook{turn}.example.com\n".encode()
    answer = await client.post("/v1/imports", content=body, params={"filename": f"{turn}.csv"})
    service.seen.append(("write", answer))
    if answer.status_code == 202:
        service.accepted.append(answer.json()["id"])


@asynccontextmanager
async def load(service: Service, people: int = 6) -> AsyncIterator[None]:
    """Requests of six people, one after the other each, while the block runs."""
    ends = asyncio.Event()

    async def person(number: int) -> None:
        async with service.client() as client:
            turn = number
            while not ends.is_set():
                await ask(service, client, turn)
                turn += people
                await asyncio.sleep(0.02)  # a person, not a flood

    tasks = [asyncio.create_task(person(number)) for number in range(people)]
    try:
        yield
    finally:
        ends.set()
        await asyncio.gather(*tasks)


async def answered(service: Service, number: int) -> None:
    """Until `number` more requests were answered."""
    wanted = len(service.seen) + number
    async with asyncio.timeout(PATIENCE):
        while len(service.seen) < wanted:  # noqa: ASYNC110 - the load runs beside
            await asyncio.sleep(0.05)


def assert_only_refusals(service: Service) -> None:
    assert set(service.answers()) <= {200, 202, 503}, service.answers()
    for _, answer in service.seen:
        if answer.status_code == 503:
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["Retry-After"]) > 0
            assert "Traceback" not in answer.text
            assert "asyncpg" not in answer.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
async def test_a_server_that_ends_is_answered_with_503_and_its_return_is_found(
    service: Service, number: signal.Signals
) -> None:
    async with load(service):
        await answered(service, 30)
        await asyncio.to_thread(service.server.end, number)
        await until(service, 503)
        await until(service, 200, "/livez")
        await answered(service, 30)
        await asyncio.to_thread(service.server.start)
        await until(service, 200)
        back = len(service.seen)
        await answered(service, 60)
    assert_only_refusals(service)
    assert {answer.status_code for _, answer in service.seen[:back]} >= {200, 503}
    assert {answer.status_code for _, answer in service.seen[-12:]} <= {200, 202}
    await assert_nothing_accepted_is_lost(service)
    assert service.process.poll() is None


async def test_a_frozen_server_costs_a_bounded_time_and_no_import(service: Service) -> None:
    async with load(service):
        await answered(service, 30)
        service.server.pause()
        # as long as the image's health check waits
        async with asyncio.timeout(4), service.client() as client:
            assert (await client.get("/readyz")).status_code == 503
        await answered(
            service, 12
        )  # each within its own time limit, or the client gives up and the test fails
        assert service.answers()[503] > 0
        service.server.resume()
        await until(service, 200)
        await answered(service, 30)
    assert_only_refusals(service)
    await assert_nothing_accepted_is_lost(service)


async def test_a_server_that_refuses_writes_is_503_for_writes_and_serves_reads(service: Service) -> None:
    name = "ALTER DATABASE commonground SET default_transaction_read_only"
    admin = await asyncpg.connect(service.server.urls.admin)
    try:
        await admin.execute(f"{name} = on")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'commonground%'"
        )
        async with service.client() as client:
            for turn in range(24):
                await ask(service, client, turn)
        kinds = {
            kind: {a.status_code for k, a in service.seen[-16:] if k == kind} for kind in ("read", "write")
        }
        assert kinds == {"read": {200}, "write": {503}}
        await admin.execute("SET default_transaction_read_only = off")
        await admin.execute(f"{name} = off")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'commonground%'"
        )
    finally:
        await admin.close()
    await until(service, 200)
    service.seen.clear()
    async with service.client() as client:
        async with asyncio.timeout(PATIENCE):
            while not service.accepted:
                await ask(service, client, 0)
    assert_only_refusals(service)
    await assert_nothing_accepted_is_lost(service)


@pytest.mark.parametrize(
    ("shut", "open_again"),
    [
        ("ALTER ROLE commonground_app NOLOGIN", "ALTER ROLE commonground_app LOGIN"),
        ("ALTER DATABASE commonground RENAME TO aside", "ALTER DATABASE aside RENAME TO commonground"),
    ],
    ids=["role", "database"],
)
async def test_a_server_that_lets_the_service_in_no_more_is_answered_with_503_and_its_return_is_found(
    service: Service, shut: str, open_again: str
) -> None:
    elsewhere = make_url(service.server.urls.admin).set(database="postgres")
    admin = await asyncpg.connect(elsewhere.render_as_string(hide_password=False))
    try:
        async with load(service):
            await answered(service, 30)
            async with asyncio.timeout(PATIENCE):
                await end_connections(admin, then=shut)
            await until(service, 503)
            await answered(service, 30)
            await admin.execute(open_again)
            await until(service, 200)
            await answered(service, 30)
    finally:
        await admin.close()
    assert_only_refusals(service)
    await assert_nothing_accepted_is_lost(service)
    assert service.process.poll() is None


async def end_connections(admin: asyncpg.Connection, *, then: str) -> None:
    """End every connection of the service and run a statement that takes effect before they are all back."""
    while True:
        await admin.execute("ALTER DATABASE commonground CONNECTION LIMIT 0")
        ending = (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename LIKE 'commonground%'"
        )
        await admin.execute(ending)
        with suppress(asyncpg.ObjectInUseError):
            await admin.execute(then)
            break
    for name in ("commonground", "aside"):
        with suppress(asyncpg.InvalidCatalogNameError):
            await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")


async def test_a_locked_table_and_an_empty_pool_are_503_and_over_when_the_lock_is(service: Service) -> None:
    admin = await asyncpg.connect(service.server.urls.admin)
    try:
        lock = admin.transaction()
        await lock.start()
        await admin.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        async with service.client() as client:
            waiting = [client.get("/v1/accounts") for _ in range(30)]  # more than there are connections
            answers = await asyncio.gather(*waiting)
        assert {answer.status_code for answer in answers} == {503}
        assert all("Retry-After" in answer.headers for answer in answers)
        await lock.rollback()
    finally:
        await admin.close()
    async with service.client() as client:
        assert (await client.get("/v1/accounts")).status_code == 200


async def test_requests_that_their_clients_leave_give_their_connections_back(service: Service) -> None:
    async def leave(client: httpx.AsyncClient, turn: int) -> None:
        task = asyncio.create_task(client.get("/v1/accounts"))
        await asyncio.sleep(turn % 7 / 1000)  # gone at another moment each
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for begin in range(0, 1000, 50):
        async with service.client() as client:
            await asyncio.gather(*(leave(client, turn) for turn in range(begin, begin + 50)))
    async with service.client() as client:
        assert (await client.get("/v1/accounts")).status_code == 200
    admin = await asyncpg.connect(service.server.urls.admin)
    try:
        async with asyncio.timeout(PATIENCE):
            while await admin.fetchval(  # noqa: ASYNC110 - connections of another process
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            ):
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def test_a_service_told_to_end_under_load_answers_what_it_took(service: Service) -> None:
    """After SIGTERM no connection is taken any more; a request that was under way is answered."""
    lost: list[Exception] = []

    async def person(number: int) -> None:
        async with service.client() as client:
            for turn in range(number, 4000, 6):
                try:
                    await ask(service, client, turn)
                except httpx.ConnectError:
                    return
                except (
                    httpx.TransportError
                ) as error:  # a kept connection that was closed between two requests
                    lost.append(error)
                    return

    people = [asyncio.create_task(person(number)) for number in range(6)]
    await answered(service, 40)
    assert await asyncio.to_thread(end, service.process, signal.SIGTERM) == 0
    await asyncio.gather(*people)
    assert_only_refusals(service)
    assert all(isinstance(error, httpx.RemoteProtocolError | httpx.ReadError) for error in lost)
    around = environment(service.server)
    with command("serve", "--port", "0", data_dir=service.data_dir, **around) as process:
        service.where = address_of(process)
        await assert_nothing_accepted_is_lost(service)
