"""`python -m benchmarks.reads`: both servers in turns on the same rows, medians of the rounds."""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.ground import fresh_database, server
from benchmarks.reads.ground import Ground, prepare
from benchmarks.reads.load import Load, load
from service.crypto import FileKeystore, load_or_create_kek
from service.db.embedded import EmbeddedServer, Urls

Served = tuple[int, psutil.Process]


def main() -> None:
    chosen = _options()
    with server() as started, tempfile.TemporaryDirectory(prefix="cg-reads-") as folder:
        asyncio.run(_measure(started, Path(folder), chosen))


async def _measure(started: EmbeddedServer, folder: Path, chosen: argparse.Namespace) -> None:
    async with fresh_database(started, "bench_reads") as urls:
        kek = folder / "kek"
        keystore = FileKeystore(folder / "keystore", load_or_create_kek(kek))
        ground = await prepare(urls, keystore, chosen.rows)
        runs: dict[str, list[Load]] = {"bare": [], "ours": []}
        with _serving("bare", urls, ground, folder) as bare, _serving("ours", urls, ground, folder) as ours:
            for number in range(chosen.rounds):
                for name, (port, process) in (("bare", bare), ("ours", ours)):
                    before = sum(process.cpu_times()[:2])
                    found = await _round(port, ground, chosen)
                    busy = (sum(process.cpu_times()[:2]) - before) / found.requests * 1000
                    runs[name].append(found)
                    print(f"round {number + 1}, {name}: {found.per_second:7.0f}/s, p50 {found.p50:6.1f} ms,"
                          f" p99 {found.p99:6.1f} ms, {found.bytes:,} bytes, {busy:.1f} ms of the server's CPU each", flush=True)  # fmt: skip
    _tell(runs)


async def _round(port: int, ground: Ground, chosen: argparse.Namespace) -> Load:
    path = f"/v1/overlaps?partnership={ground.partnership_id}&limit=50"
    headers = {"Authorization": f"Bearer {ground.key}"}
    await load(port, path, headers, connections=chosen.connections, seconds=0.5)
    return await load(port, path, headers, connections=chosen.connections, seconds=chosen.seconds)


def _tell(runs: dict[str, list[Load]]) -> None:
    rate = {name: statistics.median(run.per_second for run in found) for name, found in runs.items()}
    late = {name: statistics.median(run.p99 for run in found) for name, found in runs.items()}
    print(f"requests a second, ours / bare: {rate['ours'] / rate['bare']:.2f} (target: at least 0.5)")
    print(f"p99, ours / bare: {late['ours'] / late['bare']:.2f} (target: at most 2)")


@contextmanager
def _serving(which: str, urls: Urls, ground: Ground, folder: Path) -> Iterator[Served]:
    port = _free_port()
    settings = {
        "DATABASE_URL": urls.app, "MATCHER_DATABASE_URL": urls.matcher, "MIGRATOR_DATABASE_URL": urls.migrator,
        "COMMONGROUND_DATA_DIR": str(folder), "COMMONGROUND_KEYSTORE_DIR": str(folder / "keystore"),
        "COMMONGROUND_KEK_FILE": str(folder / "kek"),
        "COMMONGROUND_REQUESTS_PER_CALLER": "100000000", "COMMONGROUND_REQUESTS_PER_ORGANIZATION": "100000000",
        "BENCH_ADMIN_URL": urls.admin, "BENCH_ORG": str(ground.org_id),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.reads.servers", which, str(port)], env=os.environ | settings,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("a server did not start: run `python -m benchmarks.reads.servers` by hand")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.reads", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="overlaps of the partnership")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
