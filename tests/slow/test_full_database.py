"""The disk under the database is full: what doesn't fit ends with a reason, what was stored stays and can be read, and once there is room all goes on."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from tests.support.breakable import breakable_server
from tests.support.running import PATIENCE, Service, assert_nothing_accepted_is_lost, ended, served
from tests.support.small_disk import fill, grow, needs_root, small_disk

pytestmark = [pytest.mark.slow, needs_root]
MEGABYTE = 1 << 20
SMALL, ROOMY = 40 * MEGABYTE, 512 * MEGABYTE
HURRY = "UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued' AND entrypoint = 'imports.run'"
REFUSED = {503, 507}


def companies(count: int, kind: str = "Malachit") -> bytes:
    rows = (f"{number},Brook {number} {kind},brook{number}.example.com,Customer\n" for number in range(count))
    return ("Account ID,Company,Website,Status\n" + "".join(rows)).encode()


@pytest.fixture
def disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cg-full-") as made:
        Path(made).chmod(0o755)
        with small_disk(Path(made) / "disk", SMALL) as folder:
            yield folder


@pytest.fixture
def service(disk: Path, tmp_path: Path) -> Iterator[Service]:
    """Its tables, and what they need while they are written, lie on the small disk; the server's log of changes doesn't."""
    with breakable_server() as server:
        owner = server.data.stat()
        place = disk / "tables"
        place.mkdir(mode=0o700)
        os.chown(place, owner.st_uid, owner.st_gid)
        asyncio.run(move(server.urls.admin, place))
        with served(server, tmp_path) as running:
            yield running


async def move(url: str, place: Path) -> None:
    elsewhere = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    admin = await asyncpg.connect(elsewhere)
    await admin.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
    await admin.execute("ALTER DATABASE commonground SET TABLESPACE small")
    await admin.close()


async def send(service: Service, client: httpx.AsyncClient, content: bytes, name: str) -> httpx.Response:
    answer = await client.post("/v1/imports", content=content, params={"filename": name})
    service.seen.append(("write", answer))
    return answer


async def read(service: Service, client: httpx.AsyncClient) -> int:
    """How many accounts are shown, of those asked for."""
    answer = await client.get("/v1/accounts", params={"limit": 1000})
    service.seen.append(("read", answer))
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])


async def hurried(url: str) -> None:
    """Let no job wait for its next attempt."""
    admin = await asyncpg.connect(url)
    try:
        while True:
            with suppress(asyncpg.DiskFullError):
                await admin.execute(HURRY)
            await asyncio.sleep(0.3)  # what a job waits for is time
    finally:
        await admin.close()


async def test_a_database_without_room_keeps_what_it_has_says_so_and_goes_on_once_there_is_room(
    service: Service, disk: Path
) -> None:
    hurrying = asyncio.create_task(hurried(service.server.urls.admin))
    try:
        async with service.client() as client, asyncio.timeout(2 * PATIENCE):
            old = (await send(service, client, companies(300), "old.csv")).json()["id"]
            assert (await ended(client, old))["status"] == "completed"
            big = (await send(service, client, companies(50_000), "big.csv")).json()["id"]
            ending = asyncio.create_task(ended(client, big))
            while not ending.done():
                assert await read(service, client) == 300
                await asyncio.sleep(0.1)
            found = ending.result()
            assert (found["status"], found["problem"]["code"]) == ("failed", "no_room"), found
            assert "free space" in found["problem"]["message"]
            in_the_way = fill(disk)
            refused = await with_no_room_at_all(service, client)
            in_the_way.unlink()
            grow(disk, ROOMY)
            again = await send(service, client, companies(20_000, "Quarz"), "again.csv")
            assert again.status_code == 202, again.text
            service.accepted.append(again.json()["id"])
            await assert_nothing_accepted_is_lost(service)
            counts = (await ended(client, again.json()["id"]))["counts"]
            assert (counts["created"], counts["updated"]) == (20_000 - 300, 300)
    finally:
        hurrying.cancel()
        await asyncio.gather(hurrying, return_exceptions=True)
    assert refused, "the disk was never full"
    assert set(service.answers()) <= {200, 202} | REFUSED, service.answers()
    assert service.process.poll() is None


async def with_no_room_at_all(service: Service, client: httpx.AsyncClient) -> int:
    """Lists of growing names until some are refused; how many were."""
    refused = 0
    for number in range(400):
        answer = await send(service, client, companies(300, f"Orchid {number}"), f"{number:0150}.csv")
        assert await read(service, client) == 300
        if answer.status_code in REFUSED:
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["Retry-After"]) > 0
            refused += 1
            if refused == 5:
                break
        elif answer.status_code == 202:
            service.accepted.append(answer.json()["id"])
    return refused
