"""`make bench-beside`: the API alone, then beside a worker that meets, weighs, scores and publishes two whole lists; a page under
`benchmarks/results/`.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import numpy as np

from benchmarks.beside.load import Steady
from benchmarks.changes.ground import Ground, ground
from benchmarks.machine import load, machine
from benchmarks.reads.__main__ import free_port, wait_for
from service.db.database import Database
from service.jobs.queue import enqueue
from service.overlaps.jobs.parts import MEET_JOB

RESULTS = Path(__file__).parents[1] / "results"
COMMAND = Path(sys.executable).with_name("commonground")
FORGET = "TRUNCATE match_run, evidence_request, publish_request, overlap, partnership_event, shared_record, account_reference, pgqueuer"
AT_MOST_SECONDS, AT_MOST_LATER = 15.0, 2.0


@dataclass(frozen=True)
class Round:
    """p99 and p50 in milliseconds: alone, until all is scored, until all are told; `scored` and `told` in seconds since the job was
    queued; how many pairs were found.
    """

    alone: tuple[float, float]
    beside: tuple[float, float]
    telling: tuple[float, float]
    answers: int
    scored: float
    told: float
    pairs: int


def main() -> None:
    chosen = _options()
    before = load()
    with ground(chosen.rows) as made:
        rounds = [asyncio.run(_round(made, chosen, number)) for number in range(chosen.rounds)]
    page = "\n".join(_page(rounds, chosen, before))
    print(page)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{datetime.now(UTC):%Y-%m-%d-%H%M}-beside.md").write_text(page + "\n", "utf-8")


async def _round(made: Ground, chosen: argparse.Namespace, number: int) -> Round:
    admin = await asyncpg.connect(made.urls.admin)
    await admin.execute(FORGET)
    await admin.execute("CHECKPOINT")
    port = free_port()
    with _running(made, port, chosen):
        alone = await _asked(made, port, chosen)
        beside = Steady(port, chosen.path, made.key, chosen.per_second)
        asking = asyncio.create_task(beside.run())
        began = time.perf_counter()
        await _queue(made)
        scored = await _until(
            admin, "SELECT EXISTS (SELECT FROM match_run WHERE scored_at IS NOT NULL)", began
        )
        told = await _until(
            admin,
            "SELECT NOT EXISTS (SELECT FROM pgqueuer WHERE entrypoint IN ('overlaps.meet', 'overlaps.weigh', 'overlaps.score', 'overlaps.publish'))",
            began,
        )
        beside.stop()
        await asking
    pairs = await admin.fetchval("SELECT count(*) FROM overlap")
    await admin.close()
    match, publish = beside.between(began, began + scored), beside.between(began + scored, began + told)
    found = Round(
        _percentiles(alone.times), _percentiles(match), _percentiles(publish), len(beside.times), scored, told, pairs
    )  # fmt: skip
    print(f"round {number + 1}: scored after {scored:.1f} s, told after {told:.1f} s; p99 {found.alone[0]:.1f} ms alone, {found.beside[0]:.1f} beside",
          file=sys.stderr, flush=True)  # fmt: skip
    return found


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    p99, p50 = np.percentile(times, (99, 50)) * 1000
    return float(p99), float(p50)


async def _asked(made: Ground, port: int, chosen: argparse.Namespace) -> Steady:
    await Steady(port, chosen.path, made.key, chosen.per_second).run(2)
    alone = Steady(port, chosen.path, made.key, chosen.per_second)
    await alone.run(chosen.seconds)
    return alone


async def _queue(made: Ground) -> None:
    async with (
        Database(app_url=made.urls.app, matcher_url=made.urls.matcher, application="benchmark") as database,
        database.matcher(made.partnership_id) as session,
    ):
        await enqueue(session, MEET_JOB, {"partnership_id": str(made.partnership_id)})


async def _until(admin: asyncpg.Connection, said: str, began: float) -> float:
    while not await admin.fetchval(said):
        if time.perf_counter() - began > 120:
            raise RuntimeError("nothing came of it within two minutes: look at the worker's log")
        await asyncio.sleep(0.05)
    return time.perf_counter() - began


@contextmanager
def _running(made: Ground, port: int, chosen: argparse.Namespace) -> Iterator[None]:
    settings = {
        "DATABASE_URL": made.urls.app, "MATCHER_DATABASE_URL": made.urls.matcher, "MIGRATOR_DATABASE_URL": made.urls.migrator,
        "COMMONGROUND_DATA_DIR": str(made.folder), "COMMONGROUND_KEYSTORE_DIR": str(made.folder / "keystore"),
        "COMMONGROUND_KEK_FILE": str(made.folder / "kek"), "COMMONGROUND_LOG_LEVEL": "ERROR",
        "COMMONGROUND_REQUESTS_PER_CALLER": "100000000", "COMMONGROUND_REQUESTS_PER_ORGANIZATION": "100000000",
    }  # fmt: skip
    one: list[list[Any]] = [[COMMAND, "serve", "--port", port]]
    two: list[list[Any]] = [
        [sys.executable, "-m", "benchmarks.reads.servers", "ours", port],
        [COMMAND, "worker"],
    ]
    quiet: dict[str, Any] = {"env": os.environ | settings, "stdout": subprocess.DEVNULL}
    processes = [subprocess.Popen(list(map(str, c)), **quiet) for c in (one if chosen.one_process else two)]
    try:
        wait_for(port, processes[0])
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _page(rounds: list[Round], chosen: argparse.Namespace, before: float) -> Iterator[str]:
    m = machine()
    yield f"# The API beside a first match of two lists of {chosen.rows:,}\n"
    yield f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}, Python {m['python']}, Polars {m['packages']['polars']}.  "
    where = (
        "API and worker in one process" if chosen.one_process else "API and worker in processes of their own"
    )
    yield f"Load average {before} before, {load()} after. {chosen.rounds} rounds, medians. `GET {chosen.path}` {chosen.per_second:g} times a second. {where}. {chosen.note}\n"
    yield "| | measured | at most, for a million |\n|---|---|---|"
    yield f"| pairs | {rounds[0].pairs:,} | |"
    yield f"| met, weighed, scored: overlaps and events stand, s | {median(r.scored for r in rounds):.1f} | {AT_MOST_SECONDS:g} |"
    yield f"| and both sides are told, s | {median(r.told for r in rounds):.1f} | |"
    for at, name in ((1, "p50"), (0, "p99")):
        alone, match, telling = (
            median(one[at] for one in of_round)
            for of_round in zip(*((r.alone, r.beside, r.telling) for r in rounds), strict=True)
        )
        yield f"| {name}, ms: alone → until scored → until told | {alone:.1f} → {match:.1f} → {telling:.1f} | |"
    yield f"| p99 until scored / alone | {median(r.beside[0] / r.alone[0] for r in rounds):.2f} | {AT_MOST_LATER:g} |"
    yield f"| p99 until told / alone | {median(r.telling[0] / r.alone[0] for r in rounds):.2f} | {AT_MOST_LATER:g} |"
    yield f"| answers beside it, each a 200 | {sum(r.answers for r in rounds):,} | |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.beside", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each list")
    parser.add_argument("--per-second", type=float, default=20.0, help="requests")
    parser.add_argument("--path", default="/v1/accounts?limit=50")
    parser.add_argument("--seconds", type=float, default=15.0, help="asked alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one-process", action="store_true", help="`commonground serve` does both")
    parser.add_argument("--note", default="", help="what else the machine was doing, for the results")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
