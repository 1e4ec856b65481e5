"""Commands of the program run in the tests' own process, where a process of their own would prove nothing but that Python starts."""

import asyncio
import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from service.cli import main
from tests.support.logs import restored_logging

KEPT = {"PATH", "HOME", "LANG"}


def run_here(*arguments: str, data_dir: Path, **environment: str) -> tuple[str, int]:
    """As `run_command`: what the command said, on either stream, and its exit code. Each file of tests keeps a real process too."""
    said = _stream()
    code = _run(arguments, environment | {"COMMONGROUND_DATA_DIR": str(data_dir)}, out=said, err=said)
    return _text(said), code


def run_here_apart(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run`, in the folder where the test is, with nothing but these variables."""
    out, err = _stream(), _stream()
    code = _run(arguments, environment, out=out, err=err)
    return subprocess.CompletedProcess([*arguments], code, _text(out), _text(err))


def _run(
    arguments: tuple[str, ...], environment: dict[str, str], *, out: io.TextIOWrapper, err: io.TextIOWrapper
) -> int:
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        restored_logging(),
        _around(arguments, environment),
    ):
        try:
            main()
        except SystemExit as ending:
            return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    return 0


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _around(arguments: tuple[str, ...], environment: dict[str, str]) -> Iterator[None]:
    before, given = dict(os.environ), sys.argv
    loop = asyncio._get_running_loop()
    os.environ.clear()
    os.environ.update({name: value for name, value in before.items() if name in KEPT} | environment)
    sys.argv = ["commonground", *arguments]
    asyncio._set_running_loop(
        None
    )  # commands run a loop of their own to its end; a test's stands still meanwhile
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if loop is not None:
            asyncio.set_event_loop(loop)
        sys.argv = given
        os.environ.clear()
        os.environ.update(before)
