"""Files that only their owner reads, written whole or not at all, and once."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from service.crypto.errors import OpenToOthersError, SecretExistsError, SecretMissingError

if sys.platform != "win32":
    import fcntl

_OTHERS: Final = 0o077
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_DRAFT: Final = "~"  # no secret's name has it


def make_private_folder(folder: Path) -> None:
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)


def check_private(path: Path) -> None:
    """OpenToOthersError if the group or others have any right on it."""
    mode = path.stat().st_mode & 0o777
    if mode & _OTHERS:
        wanted = _FOLDER_MODE if path.is_dir() else _FILE_MODE
        raise OpenToOthersError(
            f"{path} has mode {mode:o}, so that others on this machine can reach the secrets in it: "
            f"run `chmod {wanted:o} {path}` and, if others may have read it, replace the secrets"
        )


def read_private(path: Path) -> bytes:
    """SecretMissingError, OpenToOthersError."""
    try:
        check_private(path)
        return path.read_bytes()
    except FileNotFoundError:
        raise SecretMissingError(f"there is no file {path}") from None


def write_new(path: Path, content: bytes) -> None:
    """Writes the whole file, or raises SecretExistsError; of several processes exactly one succeeds.

    The content is on disk under a draft's name before a hard link gives it its own: link, unlike rename, refuses an
    existing name. SecretMissingError if it is deleted while being written.
    """
    draft = path.with_name(f"{path.name}{_DRAFT}{secrets.token_hex(8)}")
    try:
        _write_draft(draft, content)
        os.link(draft, path)
    except FileExistsError:
        raise SecretExistsError(f"{path} exists already and is never overwritten") from None
    except FileNotFoundError:
        raise SecretMissingError(
            f"{path} could not be written: it or its folder was deleted meanwhile, write it again if it may live"
        ) from None
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Writes the whole file in the place of the one of that name; whoever reads meanwhile sees one of the two.

    After a power cut it may be the old one that is there, until `sync_folder` has returned.
    """
    draft = path.with_name(f"{path.name}{_DRAFT}{secrets.token_hex(8)}")
    try:
        _write_draft(draft, content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold the folder: any number of processes and threads at once, or one of them alone. A killed one lets go.

    Whoever adds or deletes a file holds it with the others; whoever writes a file anew from what it held before, alone.
    """
    if sys.platform == "win32":  # the service runs on POSIX; elsewhere one program has the folder to itself
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def is_draft(name: str) -> bool:
    return _DRAFT in name


def names_of(folder: Path) -> list[tuple[Path, str]]:
    """Every file with the name it stands for: a draft that a killed process left counts as the file it was for."""
    return [(path, path.name.partition(_DRAFT)[0]) for path in folder.iterdir()]


def sync_folder(folder: Path) -> None:
    """Makes links and removals in it outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_draft(draft: Path, content: bytes) -> None:
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
