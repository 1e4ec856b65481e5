"""After a restore, what was erased since the backup is erased again before anybody is served."""

import asyncio
import json
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from service.crypto import Erased, FileKeystore, Tombstone, load_or_create_kek
from service.jobs import JobContext, Payload, Registry, enqueue
from service.jobs.worker import Worker
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.restored import brought_back
from tests.factories.world import Pair, World, company_list, make_pair, make_world
from tests.support.processes import command, end, postmasters, run_command, wait_for_line
from tests.support.servers import OwnDatabase

READY = "Commonground is at"
ANSWERED_WITHIN_TRIES = 200


@dataclass(frozen=True)
class Restored:
    """A database that has an organization again which the keystore knows as erased."""

    world: World
    pair: Pair
    own: OwnDatabase
    data_dir: Path

    @property
    def for_serving(self) -> dict[str, str]:
        """Without the address of the tables' owner, as a service should run."""
        return {"DATABASE_URL": self.own.urls.app, "MATCHER_DATABASE_URL": self.own.urls.matcher}

    @property
    def for_operating(self) -> dict[str, str]:
        return self.own.environment()


@pytest.fixture
async def restored(own_database: OwnDatabase, tmp_path: Path) -> AsyncIterator[Restored]:
    data_dir = tmp_path / "data"
    store = FileKeystore(data_dir / "keystore", load_or_create_kek(data_dir / "secrets" / "kek"))
    world = make_world(own_database.database, store, tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    await world.upload(pair.left, company_list(("Orchid Bakery", "orchidbakery.com")))
    await world.work()
    store.bury(Tombstone(Erased.ORGANIZATION, str(pair.left.id), SystemClock().now()))
    return Restored(world, pair, own_database, data_dir)


def asked(where: str, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(where + path, headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def where_of(process: subprocess.Popen[str]) -> str:
    return wait_for_line(process, READY).split(READY)[1].split(",", maxsplit=1)[0].strip()


async def test_nobody_is_served_until_the_operator_has_it_erased_again(restored: Restored) -> None:
    with command("serve", "--port", "0", data_dir=restored.data_dir, **restored.for_serving) as process:
        where = where_of(process)
        assert asked(where, "/livez")[0] == 200
        status, body = asked(where, "/readyz")
        assert status == 503
        assert "`commonground org erase-again`" in json.loads(body)["detail"]
        for member in (restored.pair.left, restored.pair.right):
            assert asked(where, "/v1/accounts", **member.headers)[0] == 503

        said, code = run_command("org", "erase-again", data_dir=restored.data_dir, **restored.for_operating)
        assert (said, code) == (f"Erased {restored.pair.left.id} again.\n", 0)

        tries = 0
        while asked(where, "/readyz")[0] != 200:  # the service asks again every two seconds
            tries += 1
            assert tries < ANSWERED_WITHIN_TRIES
            psutil.Process(process.pid).cpu_percent(interval=0.1)
        assert asked(where, "/v1/accounts", **restored.pair.right.headers)[0] == 200
        assert asked(where, "/v1/accounts", **restored.pair.left.headers)[0] == 401
        assert end(process, 2) == 0


async def test_start_that_has_the_owners_address_erases_again_before_it_serves(restored: Restored) -> None:
    with command("serve", "--port", "0", data_dir=restored.data_dir, **restored.for_operating) as process:
        where = where_of(process)
        assert asked(where, "/readyz")[0] == 200
        assert asked(where, "/v1/accounts", **restored.pair.left.headers)[0] == 401
        assert end(process, 2) == 0
    async with restored.own.database.directory() as session:
        handles = (await session.sql("SELECT handle FROM organization")).scalars().all()
    assert handles == ["right"]


async def test_worker_takes_no_job_before_it_is_erased_again(
    restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.jobs.worker._ASK_AGAIN_SECONDS", 0.01)
    asked_for, ran = [], []

    async def run(_context: JobContext, payload: Payload) -> None:
        ran.append(payload)
        worker.stop()

    async def may_work() -> bool:
        asked_for.append(await brought_back(restored.own.database, restored.world.keystore))
        if len(asked_for) == 3:
            assert ran == []
            await erased_meanwhile(restored)
        return not asked_for[-1]

    async with restored.own.database.directory() as session:
        await enqueue(session, "once", {})
    registry = Registry()
    registry.add("once", run)
    worker = Worker(restored.own.database, registry, url=restored.own.urls.app, may_work=may_work)
    async with asyncio.timeout(60):
        await worker.run()
    assert asked_for == [[restored.pair.left.id]] * 3 + [[]]
    assert ran == [{}]


async def erased_meanwhile(restored: Restored) -> None:
    async with restored.own.database.tenant(restored.pair.left.id) as session:
        await session.sql(
            "INSERT INTO organization_standing (org_id, erased_at) VALUES ($1, now())", restored.pair.left.id
        )


async def test_erasing_that_is_under_way_holds_nobody_up(restored: Restored) -> None:
    assert await brought_back(restored.own.database, restored.world.keystore) == [restored.pair.left.id]
    await erased_meanwhile(restored)
    assert await brought_back(restored.own.database, restored.world.keystore) == []


async def test_without_erasures_or_with_gone_organizations_everybody_is_served(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    store = FileKeystore(tmp_path / "keystore", load_or_create_kek(tmp_path / "kek"))
    assert await brought_back(own_database.database, store) == []
    store.bury(Tombstone(Erased.ORGANIZATION, str(UuidV7Ids().new()), SystemClock().now()))
    assert await brought_back(own_database.database, store) == []


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cg-back-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)  # as root the server's own user must get through
        yield Path(made)
        for process in postmasters(Path(made)):
            process.kill()
            process.wait(10)


@pytest.mark.slow
def test_embedded_database_is_copied_lost_and_brought_back_without_who_was_erased_since(
    data_dir: Path,
) -> None:
    """From the operator's commands alone: two organizations, a copy, one is erased, all is lost, the copy comes back."""
    first, second, kept = data_dir / "first", data_dir / "second", data_dir / "kept"

    def done(*arguments: str, on: Path = first, **environment: str) -> str:
        said, code = run_command(*arguments, data_dir=on, **environment)
        assert code == 0, said
        return said

    done("org", "create", "acme")
    done("org", "create", "beta")
    done("backup", "create", str(kept / "database"))
    done("org", "delete", "acme", "--yes")
    done("backup", "keystore", str(kept / "keystore"))
    kek = {"COMMONGROUND_KEK_FILE": str(first / "secrets" / "kek")}
    assert "whole" in done("backup", "check", str(kept / "database"), on=second)

    assert "1 erasure;" in done("backup", "restore-keystore", str(kept / "keystore"), on=second, **kek)
    said = done("backup", "restore", str(kept / "database"), on=second, **kek)
    assert "every table's rows agree" in said
    assert " again.\n" in said
    listed = done("org", "list", on=second, **kek)
    assert "beta" in listed
    assert "acme" not in listed
    doctor = done("doctor", "--json", on=second, **kek)
    assert [one for one in json.loads(doctor)["checks"] if one["status"] == "fail"] == []
