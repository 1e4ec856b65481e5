"""`make bench-changes`: a change of a few accounts in each of several fresh processes, medians of cold and warm ones, a page under
`benchmarks/results/`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.changes.ground import Ground, as_arguments, ground
from benchmarks.machine import load, machine

STARTED = """
from service.kit.memory import give_back_memory
give_back_memory()  # before Polars is loaded, as a worker does
from benchmarks.changes.worker import main
main()
"""
OF_POLARS = "_RJEM_MALLOC_CONF"
RESULTS = Path(__file__).parents[1] / "results"
MATCHING = ("overlaps.meet", "overlaps.score")
"""The matcher's own work: from the change's tokens to the overlaps and events that stand."""
AT_MOST = {"warm": 0.3, "cold": 1.5}
Told = list[dict[str, Any]]


def main() -> None:
    chosen = _options()
    before = load()
    with ground(chosen.rows) as made:
        processes = [_process(made, chosen, number) for number in range(chosen.rounds)]
    page = "\n".join(_page(processes, chosen, before))
    print(page)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{datetime.now(UTC):%Y-%m-%d-%H%M}-changes.md").write_text(page + "\n", "utf-8")


def _process(made: Ground, chosen: argparse.Namespace, number: int) -> Told:
    seed = chosen.seed + number
    command = [sys.executable, "-c", STARTED, *as_arguments(made), *map(str, (chosen.accounts, 4, seed))]
    fresh = {name: value for name, value in os.environ.items() if name != OF_POLARS}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=fresh, check=True)
    told: Told = json.loads(done.stdout)
    for way, one in zip(("cold", "warm", "warm", "warm"), told, strict=True):
        print(f"process {number + 1}, {way}: matched in {_sum(one, MATCHING):.3f} s, {_sum(one):.3f} s in all,"
              f" {_sum(one, what='wal') / 1e6:.2f} MB of WAL", file=sys.stderr, flush=True)  # fmt: skip
    return told


def _sum(one: dict[str, Any], names: tuple[str, ...] | None = None, *, what: str = "seconds") -> float:
    return float(sum(job[what] for job in one["jobs"] if names is None or job["name"] in names))


def _page(processes: list[Told], chosen: argparse.Namespace, before: float) -> Iterator[str]:
    m = machine()
    ways = {"cold": [told[0] for told in processes], "warm": [one for told in processes for one in told[1:]]}
    yield f"# A change of {chosen.accounts:,} accounts in one of two lists of {chosen.rows:,}\n"
    yield f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}, Python {m['python']}, Polars {m['packages']['polars']}.  "
    yield f"Load average {before} before, {load()} after. {chosen.rounds} processes, each cold once and warm three times; medians. {chosen.note}\n"
    yield "| | cold | warm | at most, of 1,000 accounts in a million |\n|---|---|---|---|"
    matched = {way: median(_sum(one, MATCHING) for one in of_way) for way, of_way in ways.items()}
    yield f"| matched: the jobs meet and score, s | {matched['cold']:.3f} | {matched['warm']:.3f} | {AT_MOST['cold']} cold, {AT_MOST['warm']} warm |"
    whole = {way: median(_sum(one) for one in of_way) for way, of_way in ways.items()}
    yield f"| all jobs, from the change's commit until both sides are told, s | {whole['cold']:.3f} | {whole['warm']:.3f} | |"
    wal = {way: median(_sum(one, what="wal") for one in of_way) / 1e6 for way, of_way in ways.items()}
    yield f"| WAL of all jobs, MB | {wal['cold']:.2f} | {wal['warm']:.2f} | |"
    of_change = {way: median(one["wal_of_change"] for one in of_way) / 1e6 for way, of_way in ways.items()}
    yield f"| WAL of the change itself, MB | {of_change['cold']:.2f} | {of_change['warm']:.2f} | |"
    memory = {way: median(one["bytes"] for one in of_way) / 1e6 for way, of_way in ways.items()}
    yield f"| memory after it, MB | {memory['cold']:.0f} | {memory['warm']:.0f} | |"
    peak = median(told[-1]["peak_bytes"] for told in processes) / 1e6
    yield f"| peak memory, MB | | {peak:.0f} | |"
    yield "\n| job | runs | cold, s | warm, s | warm, MB of WAL |\n|---|---|---|---|---|"
    for name in dict.fromkeys(job["name"] for told in processes for one in told for job in one["jobs"]):
        runs = median(sum(job["name"] == name for job in one["jobs"]) for one in ways["warm"])
        cold, warm = (median(_sum(one, (name,)) for one in of_way) for of_way in ways.values())
        written = median(_sum(one, (name,), what="wal") for one in ways["warm"]) / 1e6
        yield f"| {name} | {runs:.0f} | {cold:.3f} | {warm:.3f} | {written:.3f} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.changes", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each list")
    parser.add_argument("--accounts", type=int, default=1_000, help="that change")
    parser.add_argument("--rounds", type=int, default=3, help="processes")
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).timestamp()) % 100_000)
    parser.add_argument("--note", default="", help="what else the machine was doing, for the results")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
