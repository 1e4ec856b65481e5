"""`make bench-peers`: our `match` beside Splink's exact link and OpenMined's private set intersection, on the same made-up lists.

make bench-peers BENCH="--sizes 10000,100000 --rounds 3"
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.command import COMMAND
from benchmarks.data import Lists, lists
from benchmarks.machine import load, machine
from service.cli.match_files import Columns, read_list

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"
OURS, SPLINK, PSI = "commonground match", "Splink, exact link", "openmined-psi"
_PLAIN = str.maketrans("áéíóü", "aeiou")


@dataclass(frozen=True)
class Ran:
    """One process from its start to its end."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Found:
    """`right` companies of those in common, and `wrong` pairs: with PSI, rows, since it gives no pairs."""

    right: int
    wrong: int


def main() -> None:
    chosen = _options()
    before, rows, notes = load(), [], []
    for size in chosen.sizes:
        made = lists(size, chosen.seed)
        keys, words = _keys(made), _words(made)
        rounds = []
        for number in range(chosen.rounds):
            rounds.append({name: _run(name, made, keys, chosen.python) for name in (OURS, SPLINK, PSI)})
            said = ", ".join(f"{name} {ran.seconds:.2f} s" for name, ran in rounds[-1].items())
            print(f"{size:>9,} rows, round {number + 1}: {said}", file=sys.stderr, flush=True)
        found = {name: _found(name, made, words) for name in (OURS, SPLINK, PSI)}
        rows += _rows(made, rounds, found)
        notes.append(f"{made.in_common:,} companies are in both lists of {size:,}.")
    page = _page(rows, notes, chosen, before)
    print(page)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{datetime.now(UTC):%Y-%m-%d-%H%M}-peers.md").write_text(page + "\n", "utf-8")


def _keys(made: Lists) -> tuple[Path, Path]:
    """What the peers compare for equality, as our normaliser finds it: `id`, `domain`, `name`. Made once, and not timed."""
    paths = made.folder / "left-keys.csv", made.folder / "right-keys.csv"
    for source, path in zip(made.wide, paths, strict=True):
        read = read_list(source, Columns(None), lambda _: None)
        keys = read.prepared.normalised.select("domain", "name")
        keys.insert_column(0, read.accounts["external_id"].alias("id")).write_csv(path)
    return paths


def _words(made: Lists) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Of either list, account id → the word that is the company's own, whatever its spelling."""
    sides = []
    for path in made.wide:
        rows = pl.read_csv(path, columns=["Account ID", "Company"], infer_schema=False)
        sides.append({one: _word(name) for one, name in rows.iter_rows()})
    return sides[0], sides[1]


def _word(name: str) -> str:
    return name.split(maxsplit=1)[0].lower().translate(_PLAIN)


def _output(made: Lists, name: str) -> Path:
    return (
        made.folder
        / f"found-{'psi' if name == PSI else name.split(',', maxsplit=1)[0].split(maxsplit=1)[0].lower()}.csv"
    )


def _run(name: str, made: Lists, keys: tuple[Path, Path], python: str) -> Ran:
    script = HERE / ("splink_link.py" if name == SPLINK else "psi_meet.py")
    command: list[str | Path] = [python, script, *keys]
    if name == OURS:
        command = [COMMAND, "match", *made.wide, "--only", "auto", "--output"]
    began = time.perf_counter()
    process = subprocess.Popen([*command, _output(made, name)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds, process.returncode = time.perf_counter() - began, os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(
            f"{name} ended with {process.returncode}: run it on the files in {made.folder} by hand."
        )
    return Ran(seconds, used.ru_utime + used.ru_stime)


def _found(name: str, made: Lists, words: tuple[Mapping[str, str], Mapping[str, str]]) -> Found:
    left, right = words
    given = pl.read_csv(_output(made, name), infer_schema=False)
    if name == PSI:
        common = {*left.values()}
        said = [right[one] for one in given["id"]]
        return Found(len({word for word in said if word in common}), sum(word not in common for word in said))
    if name == OURS:
        pairs = [(_word(a), _word(b)) for a, b in given.select("left_name", "right_name").iter_rows()]
    else:
        pairs = [(left[a], right[b]) for a, b in given.select("id_l", "id_r").iter_rows()]
    return Found(len({a for a, b in pairs if a == b}), sum(a != b for a, b in pairs))


def _rows(made: Lists, rounds: Sequence[Mapping[str, Ran]], found: Mapping[str, Found]) -> list[str]:
    lines = []
    for name in (OURS, SPLINK, PSI):
        ran = [one[name] for one in rounds]
        ratio = median(one[name].seconds / one[OURS].seconds for one in rounds)
        lines.append(
            f"| {made.rows:,} | {name} | {median(r.seconds for r in ran):.2f} | {ratio:.2f} × | {median(r.cpu for r in ran):.1f} | "
            f"{found[name].right:,} ({found[name].right / made.in_common:.1%}) | {found[name].wrong:,} |"
        )
    return lines


def _page(rows: Sequence[str], notes: Sequence[str], chosen: argparse.Namespace, before: float) -> str:
    on = machine()
    command = [chosen.python, "-m", "pip", "freeze"]
    frozen = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    peers = ", ".join(one.replace("==", " ") for one in frozen)
    return "\n".join([
        "# Peers: the same lists by others", "",
        f"{on['cpu']}, {on['cores']} cores, {on['memory_gb']} GB, Python {on['python']}, seed {chosen.seed}.  ", f"{peers}.  ",
        f"Load average {before} before, {load()} after. {chosen.rounds} round{'s' * (chosen.rounds > 1)}, medians; a ratio is the median of the rounds' own. {chosen.note}".rstrip(), "",
        "| rows a side | | seconds | ratio | s of CPU | companies found | wrong |", "|---|---|---|---|---|---|---|", *rows, "",
        " ".join(notes), "",
        "Each is a process of its own, from files to a file. Ours begins from the twelve columns as they are, which it reads and normalises, and keeps pairs of the",
        "status `auto`. The others begin from domain and name key as our normaliser finds them, which isn't timed: equal domain or equal name key is a pair for Splink",
        "(`deterministic_link`), and both are items of one set for the intersection, which tells one side alone which of its own rows the other side has, and no pairs.",
        "Neither weighs evidence; Splink has both lists in plain. The lists are made up: no two of their companies bear one name or domain, so that an exact link finds nothing wrong.",
    ])  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=".venv-peers/bin/python", help="where the peers are installed")
    parser.add_argument(
        "--sizes", type=lambda text: [int(one) for one in text.split(",")], default=[10_000, 100_000]
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--note", default="")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
