"""Processes of the program, started, watched and ended as a person or an operator would."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 60


@contextmanager
def command(*arguments: str, data_dir: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run `commonground …` on a data directory; whatever is left of it at the end is killed."""
    # A fresh environment: what the run's own shell says of databases must not reach it.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "LANG", "COVERAGE_PROCESS_START"}
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from service.cli import main; main()", *arguments],
        cwd=ROOT,
        env=kept | {"COMMONGROUND_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def run_command(*arguments: str, data_dir: Path, **environment: str) -> tuple[str, int]:
    """Run a command to its end; give what it said and its exit code."""
    with command(*arguments, data_dir=data_dir, **environment) as process:
        said, _ = process.communicate(timeout=DEADLINE_SECONDS)
        return said, process.returncode


def wait_for_line(process: subprocess.Popen[str], *parts: str) -> str:
    """Read what the process says up to the line with one of `parts`, and give that line."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if any(part in line for part in parts):
            return line
    raise AssertionError(
        f"The process ended without saying {' or '.join(parts)!r}. It said:\n{''.join(said)}"
    )


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    """Send a signal and give the exit code."""
    process.send_signal(number)
    process.communicate(timeout=DEADLINE_SECONDS)
    return process.returncode


def postmasters(data_dir: Path) -> list[psutil.Process]:
    """Give the database servers that run on this data directory."""
    found = {process.pid: process for process in psutil.process_iter() if _serves(process, data_dir)}
    # A server's process for a new connection bears the server's command line for a moment.
    return [process for process in found.values() if _parent(process) not in found]


def _serves(process: psutil.Process, data_dir: Path) -> bool:
    try:
        return "postgres" in process.name() and str(data_dir / "postgres") in process.cmdline()
    except psutil.Error:
        return False


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def modes_above(path: Path) -> dict[Path, int]:
    """Give the modes of every folder above `path`."""
    return {parent: parent.stat().st_mode for parent in path.parents}
