"""The documents' sessions: blocks of `bash` that run as they stand, and the `text` block after one, which is what it prints.

`python -m tests.docs.sessions README.md` runs a page and writes what it printed into it; read the difference before you commit.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT, postmasters

DEADLINE_SECONDS = 90
COLUMNS = "104"
_BLOCK = re.compile(
    r"^```bash\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)
_ABOUT_MAKE = re.compile(r"^(make |git clone)")
_MARK = "-- end of block --"


@dataclass(frozen=True)
class Block:
    """`output` is what the page says that it prints, or None where the page says nothing."""

    commands: str
    output: str | None


def blocks(text: str) -> list[Block]:
    """The runnable blocks of a page; those that set the checkout up (`make`, `git clone`) are run by whoever runs the tests."""
    found = [Block(match["commands"], match["output"]) for match in _BLOCK.finditer(text)]
    return [block for block in found if not _ABOUT_MAKE.match(block.commands)]


def run(page: list[Block]) -> list[str]:
    """Run the blocks in one shell, in the checkout, with a data directory and port of their own; what each printed.

    AssertionError with everything that was said if a command fails.
    """
    script = "set -euo pipefail\n" + "".join(f"{block.commands}\necho '{_MARK}'\n" for block in page)
    with tempfile.TemporaryDirectory(prefix="cg-docs-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the database server's own user must get through
        data_dir = Path(folder) / "data"
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=ROOT,
            env=_environment(data_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
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
    page = blocks(text)
    for block, printed in zip(page, run(page), strict=True):
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
