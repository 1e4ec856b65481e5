"""`make bench-reads`: both servers in turns on the same rows, medians of the rounds, a page under `benchmarks/results/`."""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

from benchmarks.ground import fresh_database, server
from benchmarks.machine import load as load_average
from benchmarks.machine import machine
from benchmarks.reads.ground import Ground, prepare
from benchmarks.reads.load import WRK, Load, load
from service.crypto import FileKeystore, load_or_create_kek
from service.db.embedded import EmbeddedServer, Urls

RESULTS = Path(__file__).parents[1] / "results"
Served = tuple[int, psutil.Process]
Runs = dict[str, list[tuple[Load, float]]]
"""By server: each round's load, and milliseconds of the server's CPU a request."""


def main() -> None:
    chosen = _options()
    before = load_average()
    with server() as started, tempfile.TemporaryDirectory(prefix="cg-reads-") as folder:
        runs = asyncio.run(_measure(started, Path(folder), chosen))
    page = "\n".join(_page(runs, chosen, before))
    print(page)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{datetime.now(UTC):%Y-%m-%d-%H%M}-reads.md").write_text(page + "\n")


async def _measure(started: EmbeddedServer, folder: Path, chosen: argparse.Namespace) -> Runs:
    async with fresh_database(started, "bench_reads") as urls:
        kek = folder / "kek"
        keystore = FileKeystore(folder / "keystore", load_or_create_kek(kek))
        ground = await prepare(urls, keystore, chosen.rows)
        runs: Runs = {"bare": [], "ours": [], "one": []}
        with _serving("bare", urls, ground, folder) as bare, _serving("ours", urls, ground, folder) as ours:
            for number in range(chosen.rounds):
                for name, (port, process) in (("bare", bare), ("ours", ours), ("one", ours)):
                    path = "/v1/accounts?limit=1" if name == "one" else None
                    found, busy = await _round(port, process, ground, chosen, path)
                    runs[name].append((found, busy))
                    print(f"round {number + 1}, {name}: {found.per_second:7.0f}/s, p50 {found.p50:6.1f} ms,"
                          f" p99 {found.p99:6.1f} ms, {found.bytes:,} bytes, {busy:.1f} ms of the server's CPU each", flush=True)  # fmt: skip
    return runs


async def _round(
    port: int, process: psutil.Process, ground: Ground, chosen: argparse.Namespace, path: str | None
) -> tuple[Load, float]:
    """The load, after a second that doesn't count, and milliseconds of the server's CPU a request."""
    path = path or f"/v1/overlaps?partnership={ground.partnership_id}&limit=50"
    headers = {"Authorization": f"Bearer {ground.key}"}
    await load(port, path, headers, connections=chosen.connections, seconds=1)
    before = sum(process.cpu_times()[:2])
    found = await load(port, path, headers, connections=chosen.connections, seconds=chosen.seconds)
    return found, (sum(process.cpu_times()[:2]) - before) / found.requests * 1000


def _page(runs: Runs, chosen: argparse.Namespace, before: float) -> Iterator[str]:
    m = machine()
    yield f"# Reads: `GET /v1/overlaps`, 50 of {chosen.rows:,} rows, {chosen.connections} connections\n"
    yield f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}, Python {m['python']}.  "
    yield f"Load average before {before}. Asked by {'wrk' if WRK else 'Python'}. {chosen.note}\n"
    yield "| | requests/s | p50, ms | p99, ms | the server's CPU, ms each | bytes |\n|---|---|---|---|---|---|"
    for name, said in (
        ("ours", "the service: key, tenant, rules, explanations"),
        ("bare", "a bare route: rows as they come"),
        ("one", "the service: one account, with key and tenant (at least 500 a second, p99 under 100 ms)"),
    ):
        found = [load for load, _ in runs[name]]
        rate, p50, p99 = (
            median(getattr(load, what) for load in found) for what in ("per_second", "p50", "p99")
        )
        cpu = median(busy for _, busy in runs[name])
        yield f"| {said} | {rate:.0f} | {p50:.1f} | {p99:.1f} | {cpu:.2f} | {found[0].bytes:,} |"
    pairs = [(ours, bare) for (ours, _), (bare, _) in zip(runs["ours"], runs["bare"], strict=True)]
    rate = median(ours.per_second / bare.per_second for ours, bare in pairs)
    late = median(ours.p99 / bare.p99 for ours, bare in pairs)
    yield f"\nRequests a second, ours / bare: **{rate:.2f}** (target: at least 0.5).  "
    yield f"p99, ours / bare: **{late:.2f}** (target: at most 2)."


@contextmanager
def _serving(which: str, urls: Urls, ground: Ground, folder: Path) -> Iterator[Served]:
    port = free_port()
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
        wait_for(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
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
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--note", default="", help="what else the machine was doing, for the results")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
