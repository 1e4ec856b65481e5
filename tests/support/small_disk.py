"""A disk of a few megabytes, to be filled: a tmpfs, which only root may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 and not os.environ.get("CI"), reason="needs root, to mount a small disk, as CI has it"
)
_PIECE = b"\0" * 65_536


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a disk of `size` bytes on `folder`, which is made where it isn't there; skips the test where nobody may, but for CI."""
    folder.mkdir(parents=True, exist_ok=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)]
    made = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if made.returncode and not os.environ.get("CI"):
        pytest.skip(f"this machine mounts no small disk: {made.stderr.strip()}")
    assert not made.returncode, made.stderr
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def grow(folder: Path, size: int) -> None:
    """Give the disk this size, as an operator who makes room."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


def fill(folder: Path, *, leave: int = 0) -> Path:
    """Take all the room of the disk but `leave` bytes, by a file: the file."""
    file = folder / "in-the-way"
    space = os.statvfs(folder)
    left = space.f_bavail * space.f_frsize - leave
    with file.open("wb", buffering=0) as taken:
        while left > 0:
            try:
                left -= taken.write(_PIECE[: min(left, len(_PIECE))])
            except OSError:
                break
    return file
