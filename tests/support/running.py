"""A running `commonground serve` before a PostgreSQL of its own that may be broken, and one organization's key."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import httpx

from tests.support.breakable import BreakableServer, breakable_server
from tests.support.processes import command, run_command, wait_for_line

READY = "Commonground is at"
HANGS = 45.0
"""Seconds after which a request counts as hanging: longer than any limit of the service."""
PATIENCE = 90.0


@dataclass
class Service:
    """`seen` are the answers, `accepted` the imports that it was heard to accept."""

    server: BreakableServer
    process: Popen[str]
    where: str
    key: str
    data_dir: Path
    seen: list[tuple[str, httpx.Response]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.where, headers=self.headers, timeout=HANGS, trust_env=False)

    def answers(self) -> Counter[int]:
        return Counter(answer.status_code for _, answer in self.seen)


def environment(server: BreakableServer) -> dict[str, str]:
    urls = server.urls
    return {
        "DATABASE_URL": urls.app,
        "MATCHER_DATABASE_URL": urls.matcher,
        "MIGRATOR_DATABASE_URL": urls.migrator,
        # Nobody reads what the service says: a full pipe would stop it.
        "COMMONGROUND_LOG_LEVEL": "CRITICAL",
    }


def address_of(process: Popen[str]) -> str:
    """Where a service is that has just been started; back when it answers."""
    return wait_for_line(process, READY).split(READY)[1].split(",", maxsplit=1)[0].strip()


@contextmanager
def running_service(data_dir: Path) -> Iterator[Service]:
    with breakable_server() as server, served(server, data_dir) as service:
        yield service


@contextmanager
def served(server: BreakableServer, data_dir: Path) -> Iterator[Service]:
    around = environment(server)
    said, code = run_command("migrate", data_dir=data_dir, **around)
    assert code == 0, said
    said, code = run_command("org", "create", "harbour", data_dir=data_dir, **around)
    assert code == 0, said
    key = said.split("cg_live_")[1].split()[0]
    with command("serve", "--port", "0", data_dir=data_dir, **around) as process:
        yield Service(server, process, address_of(process), f"cg_live_{key}", data_dir)


async def until(service: Service, status: int, path: str = "/readyz") -> None:
    async with asyncio.timeout(PATIENCE), service.client() as client:
        while (await client.get(path)).status_code != status:  # noqa: ASYNC110 - another process says when
            await asyncio.sleep(0.1)


async def ended(client: httpx.AsyncClient, import_id: str) -> dict[str, object]:
    """The import, once it is over."""
    while True:
        found = await client.get(f"/v1/imports/{import_id}")
        assert found.status_code == 200, found.text
        body: dict[str, object] = found.json()
        if body["status"] not in {"received", "running"}:
            return body
        await asyncio.sleep(0.2)  # the worker of another process


async def assert_nothing_accepted_is_lost(service: Service) -> None:
    """Every import that was answered 202 comes to an end, and was read."""
    async with asyncio.timeout(PATIENCE), service.client() as client:
        for import_id in service.accepted:
            found = await ended(client, import_id)
            assert found["status"] == "completed", json.dumps(found)
