"""`make bench-imports`: ours and the yardstick in turns, medians of the rounds, a page under `benchmarks/results/`."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import data
from benchmarks.ground import fresh_database, server
from benchmarks.imports.floor import copied
from benchmarks.machine import load, machine
from service.db.embedded import EmbeddedServer

STARTED = """
from service.kit.memory import give_back_memory
give_back_memory()  # before Polars is loaded, as a worker does
from benchmarks.imports.ours import main
main()
"""
OF_POLARS = "_RJEM_MALLOC_CONF"
"""Written by Polars for its own process, and none of a process that is to begin as a worker does."""
RESULTS = Path(__file__).parents[1] / "results"
MILLION = 1_000_000
AT_MOST_OVER_FLOOR, AT_MOST_AGAIN, AT_MOST_MB = 2.5, 0.25, 700


@dataclass(frozen=True)
class Round:
    """Seconds of the first time and of the second by stage, those of the yardstick, and the peak after each in bytes."""

    first: dict[str, float]
    again: dict[str, float]
    floor: float
    peak_first: int
    peak_again: int

    @property
    def over_floor(self) -> float:
        return sum(self.first.values()) / self.floor

    @property
    def again_over_first(self) -> float:
        return sum(self.again.values()) / sum(self.first.values())


def main() -> None:
    chosen = _options()
    before = load()
    lists = data.lists(chosen.rows, chosen.seed)
    path, again = lists.wide[0], data.changed(lists)[0]
    with server() as started:
        rounds = [asyncio.run(_round(started, path, again, n)) for n in range(chosen.rounds)]
    page = "\n".join(_page(rounds, path, chosen, before))
    print(page)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{datetime.now(UTC):%Y-%m-%d-%H%M}-imports.md").write_text(page + "\n", "utf-8")


async def _round(started: EmbeddedServer, path: Path, again: Path, number: int) -> Round:
    async with fresh_database(started, "bench_floor") as urls:
        floor = await copied(urls, path)
    async with fresh_database(started, "bench_imports") as urls:
        command: list[str | Path] = [
            sys.executable, "-c", STARTED, urls.app, urls.matcher, urls.admin, path, again,
        ]  # fmt: skip
        fresh = {name: value for name, value in os.environ.items() if name != OF_POLARS}
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, env=fresh)
        said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the service's part failed: its traceback stands above")
    runs: list[dict[str, Any]] = json.loads(said)
    done = Round(runs[0]["seconds"], runs[1]["seconds"], floor, runs[0]["peak_bytes"], runs[1]["peak_bytes"])
    print(
        f"round {number + 1}: {sum(done.first.values()):.1f} s ({done.over_floor:.2f}× of {floor:.1f} s), again {done.again_over_first:.2f}×,"
        f" peak {done.peak_again / 1e6:.0f} MB", file=sys.stderr, flush=True,
    )  # fmt: skip
    return done


def _page(rounds: list[Round], path: Path, chosen: argparse.Namespace, before: float) -> Iterator[str]:
    m = machine()
    yield f"# Imports: {chosen.rows:,} rows of twelve columns, {path.stat().st_size / 1e6:.0f} MB\n"
    yield f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}, Python {m['python']}, Polars {m['packages']['polars']}.  "
    yield f"Load average {before} before, {load()} after. {chosen.rounds} rounds, medians of the rounds' own ratios. {chosen.note}\n"
    yield "| | measured | at most, for a million rows |\n|---|---|---|"
    yield f"| upload → accounts and tokens of one partnership, over COPY and INSERT … SELECT | {median(r.over_floor for r in rounds):.2f}× | {AT_MOST_OVER_FLOOR}× |"
    yield f"| one row in a hundred changed, over the first time | {median(r.again_over_first for r in rounds):.2f}× | {AT_MOST_AGAIN}× |"
    yield f"| peak memory of the process, both times | {median(r.peak_again for r in rounds) / 1e6:.0f} MB | {AT_MOST_MB} MB |"
    yield f"| rows a second, upload → accounts and tokens | {chosen.rows / median(sum(r.first.values()) for r in rounds):,.0f} | |"
    yield f"| COPY and INSERT … SELECT, rows a second | {chosen.rows / median(r.floor for r in rounds):,.0f} | |"
    yield "\n| stage | first, s | again, s |\n|---|---|---|"
    for stage in rounds[0].first:
        first, again = (
            median(r.first[stage] for r in rounds), median(r.again.get(stage, 0.0) for r in rounds)
        )  # fmt: skip
        yield f"| {stage} | {first:.2f} | {again:.2f} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the list")
    parser.add_argument("--note", default="", help="what else the machine was doing, for the results")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
