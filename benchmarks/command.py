"""`commonground match` as a user runs it: a process of its own, from the files to the table on the screen."""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.data import Lists
from benchmarks.measure import Run

COMMAND = Path(sys.executable).with_name("commonground")


def everything(lists: Lists) -> Run:
    """All twelve columns: every kind of key, all evidence."""
    return _match(*lists.wide)


def names_and_domains(lists: Lists) -> Run:
    """Three columns: keys by domain and by name."""
    return _match(*lists.narrow)


def _match(left: Path, right: Path) -> Run:
    run, output = Run(), left.with_name("pairs.csv")
    began = time.perf_counter()
    process = subprocess.Popen(
        [COMMAND, "match", left, right, "--output", output],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(
            f"commonground match ended with {process.returncode}: run it on {left} and {right} by hand."
        )
    run.add("wall", time.perf_counter() - began)
    with output.open("rb") as pairs:
        found = sum(1 for _ in pairs) - 1
    in_kilobytes = 1 if sys.platform == "darwin" else 1024
    run.facts |= {
        "pairs": found,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * in_kilobytes,
    }
    return run
