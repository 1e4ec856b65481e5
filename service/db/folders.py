"""The folders and files of the embedded server: made, checked and mended before it starts."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path

import psutil

from service.db.errors import EmbeddedServerError

WHOLE = ".whole"
"""Stands among the data once a server has started on them."""
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_LENGTH = 103
"""Bytes of a Unix socket's path that every system takes."""


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
    if (data / "PG_VERSION").exists() and not (data / WHOLE).exists() and postmaster(data) is None:
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
    if file.exists() and postmaster(data) is None:
        file.unlink()


def postmaster(data: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process if "postgres" in process.name() and str(data) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def copy_binaries(installation: Path, target: Path) -> Path:
    """Copy an installation of PostgreSQL below `target`, unless a whole copy is there; give the copy.

    Its programs find the libraries that came with the package by a path relative to their own, so both keep their places.
    """
    package = installation.parent
    copied = target / package.name / installation.name
    if not target.exists():
        half = target.with_name(target.name + ".part")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(installation, half / package.name / installation.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        half.rename(target)
    return copied
