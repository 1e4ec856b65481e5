"""`make bench`: ours, the SQL job and the floor in turns, medians of the rounds, results under `benchmarks/results/`.

make bench BENCH="--sizes 10000,100000 --parts domains --seed 7"
"""

import argparse
import asyncio
import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import command, data, floor, ours, report, sql_baseline
from benchmarks.ground import server, settings_of
from benchmarks.machine import load, machine
from benchmarks.measure import Run
from service.db.embedded import EmbeddedServer

PARTS = ("match", "domains", "service")
ROUNDS = {10_000: 5, 100_000: 3}
"""Rounds by size; larger ones have `LARGE_ROUNDS`, the whole service one less."""
LARGE_ROUNDS = 2
RESULTS = Path(__file__).parent / "results"

Measure = Callable[[], Run]


def main() -> None:
    options = _options()
    began = dt.datetime.now(dt.UTC)
    result: dict[str, Any] = {
        "date": began.isoformat(timespec="seconds"), "seed": options.seed, "machine": machine(), "load_before": load(), "note": options.note,
    }  # fmt: skip
    with server() as started:
        result["postgres"] = settings_of(started)
        sizes = {rows: _rounds(started, rows, options) for rows in options.sizes}
    result |= {
        "load_after": load(),
        "sizes": {str(rows): report.summary(runs) for rows, runs in sizes.items()},
    }
    result["targets"] = report.targets(result["sizes"])
    _write(result, began, options.out)


def _rounds(started: EmbeddedServer, rows: int, options: argparse.Namespace) -> dict[str, list[Run]]:
    """All measures once, then again: a slow minute of the machine hits them alike."""
    lists = data.lists(rows, options.seed)
    rounds = options.rounds or ROUNDS.get(rows, LARGE_ROUNDS)
    runs: dict[str, list[Run]] = {}
    for number in range(rounds):
        for name, measure in _measures(started, lists, options.parts).items():
            if name.startswith("service") and number and number == rounds - 1 and not options.rounds:
                continue
            run = measure()
            runs.setdefault(name, []).append(run)
            print(
                f"{rows:>9,} rows, round {number + 1}: {name:<18}{run.total:8.2f} s",
                file=sys.stderr,
                flush=True,
            )
    return runs


def _measures(started: EmbeddedServer, lists: data.Lists, parts: list[str]) -> dict[str, Measure]:
    measures: dict[str, Measure] = {}
    if "match" in parts:
        measures["match narrow"] = lambda: command.names_and_domains(lists)
        measures["match"] = lambda: command.everything(lists)
    if "domains" in parts:
        left, right = (_parsed(path) for path in lists.wide)
        measures["ours"] = lambda: asyncio.run(ours.domains_joined(started, left, right))
        measures["sql"] = lambda: asyncio.run(sql_baseline.domains_joined(started, left, right))
        measures["floor"] = lambda: floor.domains_joined(left, right)
    if "service" in parts:
        again: list[Run] = []

        def service() -> Run:
            run, second = asyncio.run(ours.service_run(started, lists))
            again.append(second)
            return run

        measures["service"] = service
        measures["service again"] = again.pop
    return measures


def _parsed(path: Path) -> pl.DataFrame:
    """The columns that the domain measures begin with: a number for each row, and the address."""
    website = pl.read_csv(path, columns=["Website"], infer_schema=False)["Website"]
    return pl.DataFrame({"id": pl.int_range(len(website), eager=True), "website": website})


def _write(result: dict[str, Any], began: dt.datetime, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / f"{began:%Y-%m-%d-%H%M}"
    name.with_suffix(".json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    text = report.markdown(result)
    name.with_suffix(".md").write_text(text)
    print(text)
    print(f"Written to {name}.json and {name}.md.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__)
    parser.add_argument(
        "--sizes", type=_numbers, default=[10_000, 100_000, 1_000_000], help="rows a side, by commas"
    )
    parser.add_argument("--parts", type=_parts, default=list(PARTS), help=f"of {', '.join(PARTS)}, by commas")
    parser.add_argument(
        "--rounds", type=int, default=0, help="rounds of every size; by default more for small ones"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the lists")
    parser.add_argument("--note", default="", help="what else the machine was doing, for the results")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(part.replace("_", "")) for part in text.split(",")]


def _parts(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: choose of {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
