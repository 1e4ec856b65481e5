"""The key-encryption key rotates while the real service answers a hundred requests a second and its worker draws keys."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from service.crypto import FileKeystore, KekFile, SecretName, load_or_create_kek
from service.crypto.rotation import wraps
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Member, World, company_list, make_pair, make_world
from tests.support.processes import ROOT, command, run_command, wait_for_line
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow

RATE = 100
AT_ONCE = 8
SECONDS = 20
PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
BALLAST = 300
"""Secrets beside the real ones, so that a rotation takes a while."""


@dataclass
class Load:
    """Requests at a steady rate, and what became of them."""

    where: str
    members: list[Member]
    answers: Counter[int] = field(default_factory=Counter)
    running: bool = True

    def tell(self, rotations: int) -> None:
        rate = sum(self.answers.values()) / SECONDS
        print(f"{rate:.0f} requests a second, {rotations} rotations")  # noqa: T201 - for whoever measures

    async def run(self) -> None:
        async with (
            httpx.AsyncClient(base_url=self.where, timeout=30, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            # A machine that can't do so many gets fewer at a time: it is rotation that is tested here, not overload.
            free = asyncio.Semaphore(AT_ONCE)
            began, sent = time.monotonic(), 0
            while self.running:
                await free.acquire()
                group.create_task(self._ask(client, sent)).add_done_callback(lambda _: free.release())
                sent += 1
                await asyncio.sleep(max(0.0, began + sent / RATE - time.monotonic()))

    async def _ask(self, client: httpx.AsyncClient, number: int) -> None:
        member = self.members[number % 2]
        if number % 50 == 0:  # jobs that read and use keys
            answer = await client.post(
                "/v1/imports",
                params={"filename": "list.csv", "population": "customers"},
                content=company_list((f"Orchid Bakery {number}", f"orchid{number}.com")).encode(),
                headers=member.headers | {"Content-Type": "text/csv"},
            )
        else:
            answer = await client.get(
                ("/v1/accounts", "/v1/populations")[number % 3 == 0], headers=member.headers
            )
        self.answers[answer.status_code] += 1


DRAWING = """
import sys, time
from pathlib import Path
from service.crypto import FileKeystore, KekFile, SecretName
folder, kek, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
store = FileKeystore(folder, KekFile(kek))
until, number = time.monotonic() + seconds, 0
while time.monotonic() < until:
    number += 1
    name = SecretName("service-secret", "service", sys.argv[4], number)
    drawn = store.get_or_create(name)
    assert store.get(name).equals(drawn)
    if number % 3 == 0:
        store.delete(name)
    time.sleep(0.02)
print(number)
"""


async def test_rotation_and_retirement_under_load_fail_no_request_and_lose_no_key(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    kek = data_dir / "secrets" / "kek"
    store = FileKeystore(data_dir / "keystore", load_or_create_kek(kek))
    world: World = make_world(own_database.database, store, data_dir, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    for epoch in range(1000, 1000 + BALLAST):
        store.get_or_create(SecretName("service-secret", "service", PARTNERSHIP, epoch))
    before = {name: store.get(name) for name in store.names()}
    old = KekFile(kek).kek_id
    with command("serve", "--port", "0", data_dir=data_dir, **own_database.environment()) as process:
        where = (
            wait_for_line(process, "Commonground is at").split("Commonground is at")[1].split(",")[0].strip()
        )
        reading = asyncio.create_task(asyncio.to_thread(_drain, process))
        load = Load(where, [pair.left, pair.right])
        asking = asyncio.create_task(load.run())
        drawing = subprocess.Popen(  # noqa: ASYNC220 - it runs beside everything else
            [sys.executable, "-c", DRAWING, str(store.folder), str(kek), str(SECONDS), PARTNERSHIP],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        rotations = 0
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            said, code = await asyncio.to_thread(run_command, "kek", "rotate", data_dir=data_dir)
            assert code == 0, said
            said, code = await asyncio.to_thread(run_command, "kek", "retire", data_dir=data_dir)
            # 1: a key was drawn under the version that the rotation had just replaced
            assert code in {0, 1}, said
            rotations += 1
        drawn, _ = await asyncio.to_thread(drawing.communicate)
        assert drawing.returncode == 0
        load.running = False
        await asking
        ready = await asyncio.to_thread(urllib.request.urlopen, f"{where}/readyz")
        with ready:
            assert json.load(ready) == {"status": "ok"}
        process.send_signal(15)
        await reading
    load.tell(rotations)
    assert (rotations > 0, int(drawn) > 10) == (True, True)
    allowed = {200, 202, 429}  # a caller that asks too much is told so; nothing else may go wrong
    assert set(load.answers) <= allowed, load.answers
    assert sum(load.answers.values()) > RATE
    assert load.answers[200] > sum(load.answers.values()) / 2

    said, code = run_command("kek", "rotate", data_dir=data_dir)
    assert code == 0, said
    said, code = run_command("kek", "retire", data_dir=data_dir)
    assert code == 0, said
    newest = KekFile(kek)
    assert newest.kek_ids == [newest.kek_id]
    assert old != newest.kek_id
    after = FileKeystore(store.folder, newest)
    assert set(wraps(after)) == {newest.kek_id}
    assert all(after.get(name).equals(secret) for name, secret in before.items())
    await make_world(own_database.database, after, data_dir, SystemClock(), UuidV7Ids()).work()
    jobs = await _unfinished(own_database)
    assert jobs == []


def _drain(process: subprocess.Popen[str]) -> None:
    """Read what the service says to its end, so that it never waits for a reader."""
    assert process.stdout is not None
    process.stdout.read()


async def _unfinished(own: OwnDatabase) -> list[str]:
    async with own.database.directory() as session:
        rows = await session.sql("SELECT DISTINCT entrypoint FROM pgqueuer WHERE status = 'failed'")
        return list(rows.scalars())
