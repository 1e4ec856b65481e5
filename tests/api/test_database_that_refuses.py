"""A database that answers and lets the service in no more: away to callers, and said once to the operator."""

from contextlib import AsyncExitStack

import httpx
import pytest
from structlog.testing import capture_logs

from tests.factories.world import World, make_pair
from tests.support.servers import TEST_LIMITS, OwnDatabase, TestServer

WAYS = {
    "55000": ("ALTER DATABASE {} ALLOW_CONNECTIONS false", "ALTER DATABASE {} ALLOW_CONNECTIONS true"),
    "3D000": ("ALTER DATABASE {} RENAME TO {}_aside", "ALTER DATABASE {}_aside RENAME TO {}"),
    "42501": (
        "REVOKE CONNECT ON DATABASE {} FROM commonground_app, commonground_matcher",
        "GRANT CONNECT ON DATABASE {} TO commonground_app, commonground_matcher",
    ),
}


@pytest.mark.parametrize("sqlstate", WAYS)
async def test_database_that_lets_the_service_in_no_more_is_answered_as_away(
    server: TestServer, own_database: OwnDatabase, own_world: World, own_client: httpx.AsyncClient, sqlstate: str
) -> None:  # fmt: skip
    pair = await make_pair(own_world)
    shut, open_again = (way.format(*[own_database.name] * 2) for way in WAYS[sqlstate])
    await server.execute(own_database.ending, shut)
    try:
        with capture_logs() as logs:
            ready = await own_client.get("/readyz")
            asked = [await own_client.get("/v1/accounts", headers=pair.left.headers) for _ in range(3)]
    finally:
        await server.execute(open_again)
    assert (ready.status_code, ready.json()["type"]) == (503, "urn:commonground:problem:not-ready")
    assert "the database does not answer" in ready.text
    for answer in asked:
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:commonground:problem:unavailable")
        assert answer.json()["detail"] == "The database does not answer; try again shortly."
        assert int(answer.headers["Retry-After"]) > 0
    said = [one["sqlstate"] for one in logs if one["event"] == "the database refuses connections"]
    assert said == [sqlstate]
    assert (await own_client.get("/readyz")).status_code == 200
    assert (await own_client.get("/v1/accounts", headers=pair.left.headers)).status_code == 200


async def test_callers_are_told_that_every_connection_is_in_use(
    own_database: OwnDatabase, own_world: World, own_client: httpx.AsyncClient
) -> None:
    pair = await make_pair(own_world)
    async with AsyncExitStack() as held:
        for _ in range(TEST_LIMITS.connections):
            await held.enter_async_context(own_database.database.tenant(pair.left.id))
        answer = await own_client.get("/v1/accounts", headers=pair.left.headers)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "All connections to the database are in use; try again shortly."
    assert int(answer.headers["Retry-After"]) > 0
