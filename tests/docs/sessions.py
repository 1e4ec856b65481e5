"""The documents' sessions: blocks of `bash` and `python` that run as they stand, and the `text` block after one, which is what it prints.

To add a guide, write `docs/guide/<name>.md`, give it a line in `docs/README.md`, and that is all: every page with such a block is
run by `test_guides.py`, all its blocks in one shell, in the checkout, with a data directory and port of their own.

- Leave the `text` blocks empty and let `python -m tests.docs.sessions docs/guide/<name>.md` write what was printed into them; read the
  difference before you commit. Print nothing that changes from run to run: pick members (`say`), count, cut.
- A guide that needs a running service and two organizations begins with a line
  `<!-- after first-steps.md: 1, 2 -->`: the blocks of those numbered sections run before its own, as they do for a reader
  who is told to follow them. That is done once for all guides that begin alike: each gets a copy of the data as they were then, the
  variables and functions of that shell, and a service of its own, started by the block that starts one. The variables `CG`,
  `BRIGHTWATER`, `KEYSTONE`, `PARTNERSHIP` and the functions `as`, `say` are there then.
- A `python` block is a program of its own, run by the Python of the tests; it sees what the shell has exported.
- What can't run here (containers, another machine) is a block of `console` and belongs into `operate.md` alone.
"""

import atexit
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.processes import ROOT, postmasters

DEADLINE_SECONDS = 180
COLUMNS = "104"
_BLOCK = re.compile(
    r"^```(?P<language>bash|python)\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_AFTER = re.compile(r"^<!-- after (?P<page>[\w-]+\.md): (?P<sections>[\d, ]+) -->$", re.MULTILINE)
_SECTION = re.compile(r"^## (?P<number>\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ABOUT_MAKE = re.compile(r"^(make |git clone)")
_MARK = "-- end of block --"
_STARTS = re.compile(r"\bcommonground serve\b")
_STATE = "shell-state"
_END_OF_PYTHON = "END_OF_PYTHON"


@dataclass(frozen=True)
class Block:
    """`output` is what the page says that it prints, or None where the page says nothing."""

    commands: str
    output: str | None
    language: str = "bash"

    @property
    def script(self) -> str:
        """What the shell runs."""
        if self.language == "bash":
            return self.commands
        return f"python3 - <<'{_END_OF_PYTHON}'\n{self.commands}{_END_OF_PYTHON}\n"


def blocks(text: str) -> list[Block]:
    """The runnable blocks of a page; those that set the checkout up (`make`, `git clone`) are run by whoever runs the tests."""
    found = [Block(match["commands"], match["output"], match["language"]) for match in _BLOCK.finditer(text)]
    return [block for block in found if not _ABOUT_MAKE.match(block.commands)]


def before(path: Path) -> list[Block]:
    """The blocks of another page that a page goes on from, in its own words."""
    match = _AFTER.search(path.read_text(encoding="utf-8"))
    if match is None:
        return []
    other = (path.parent / match["page"]).read_text(encoding="utf-8")
    sections = {section["number"]: section[0] for section in _SECTION.finditer(other)}
    return [block for number in re.findall(r"\d+", match["sections"]) for block in blocks(sections[number])]


def run_page(path: Path) -> tuple[list[Block], list[str]]:
    """Run a page after what it goes on from; its own blocks and what each printed."""
    first, own = before(path), blocks(path.read_text(encoding="utf-8"))
    with _folder() as data_dir:
        again: list[Block] = []
        if first:
            subprocess.run(["cp", "-a", _begun(tuple(first)), data_dir], check=True)  # owners too
            taken_up = Block(f'source "$COMMONGROUND_DATA_DIR/{_STATE}"\n', None)
            again = [taken_up, *(block for block in first if _STARTS.search(block.commands))]
        return own, _run([*again, *own], data_dir)[len(again) :]


@cache
def _begun(first: tuple[Block, ...]) -> Path:
    """The data directory after these blocks, its service stopped, with what they left in the shell as `_STATE`."""
    data_dir = _kept.enter_context(_folder())
    noted = Block('mkdir -p "$COMMONGROUND_DATA_DIR"\n_there=$(compgen -v)\n', None)
    kept = Block(
        "{ comm -13 <(sort <<< \"$_there\") <(compgen -v | sort) | grep -vxE '_|_there|PIPESTATUS|SERVER'"
        f' | while read -r name; do declare -p "$name"; done; declare -f; }} > "$COMMONGROUND_DATA_DIR/{_STATE}"\n'
        'if [ -n "${SERVER-}" ]; then kill $SERVER; wait $SERVER || true; fi\n',
        None,
    )
    _run([noted, *first, kept], data_dir)
    return data_dir  # its server was stopped in good order: a copy starts as after a restart


_kept = ExitStack()
"""What pages have in common is kept until the process ends."""
atexit.register(_kept.close)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cg-docs-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the database server's own user must get through
        yield Path(folder) / "data"


def _run(page: list[Block], data_dir: Path) -> list[str]:
    """Run the blocks in one shell, in the checkout, with this data directory and a port of their own; what each printed.

    AssertionError with everything that was said if a command fails.
    """
    script = "set -euo pipefail\n" + "".join(f"{block.script}\necho '{_MARK}'\n" for block in page)
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=ROOT,
        env=_environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, errors = process.communicate(timeout=DEADLINE_SECONDS)
        finally:
            _end(process, data_dir)
    log = data_dir / "serve.log"
    told = log.read_text(encoding="utf-8") if log.exists() else ""
    assert process.returncode == 0, f"exit code {process.returncode}\n{said}\n{errors}\n{told}"
    return [part.removeprefix("\n") for part in said.split(_MARK)[: len(page)]]


def tidy(output: str) -> list[str]:
    """Lines without trailing blanks, and none empty at the ends."""
    return "\n".join(line.rstrip() for line in output.splitlines()).strip("\n").splitlines()


def _environment(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "PATH"}}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
        "COLUMNS": COLUMNS,
        "COMMONGROUND_DATA_DIR": str(data_dir),
        "COMMONGROUND_PORT": str(_free_port()),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _end(process: subprocess.Popen[str], data_dir: Path) -> None:
    """Whatever the page started and didn't end goes: its shell, its service, its database server."""
    for kill in (
        lambda: os.killpg(process.pid, signal.SIGKILL),
        *(server.kill for server in postmasters(data_dir)),
    ):
        try:
            kill()
        except ProcessLookupError:
            continue
    process.wait()


def refresh(path: Path) -> None:
    """Write into the page what its blocks print."""
    text = path.read_text(encoding="utf-8")
    for block, printed in zip(*run_page(path), strict=True):
        if block.output is not None:
            old, new = (
                f"{block.commands}```\n\n```text\n{output}```\n" for output in (block.output, _text(printed))
            )
            text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def _text(printed: str) -> str:
    return "".join(f"{line}\n" for line in tidy(printed))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
