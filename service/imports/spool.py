"""Uploads on their way to a worker: one file an import, on disk before the upload is acknowledged, and never as it came.

Each is sealed under a key drawn for it alone, which its import keeps, sealed in turn under the organization's data key.
"""

import errno
import hashlib
import io
import math
import os
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

import anyio.to_thread
import structlog

from service.crypto import OpenedStream, SealingStream, SecretBytes, line
from service.crypto.errors import RecordError
from service.imports.errors import (
    EmptyUploadError,
    NoRoomError,
    UploadIncompleteError,
    UploadTooLargeError,
)

log = structlog.get_logger(__name__)

_PART = ".part"
_UPLOAD = ".upload"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Said by a write, by the fsync after it, or by whatever makes a name, as the file system has it."""


class Received(NamedTuple):
    """An upload that is safe on disk: its bytes, their SHA-256, and the key that opens it."""

    size: int
    digest: bytes
    key: SecretBytes


@dataclass(frozen=True, slots=True)
class Spool:
    """`folder` holds the uploads; `limit` is the most bytes that one may have."""

    folder: Path
    limit: int

    def path(self, import_id: UUID) -> Path:
        return self.folder / f"{import_id}{_UPLOAD}"

    async def receive(
        self, import_id: UUID, chunks: AsyncIterator[bytes], *, announced: int | None = None
    ) -> Received:
        """Write a streamed body, sealed; what came, once it is safe on disk. Nothing stays when it fails.

        UploadTooLargeError, NoRoomError, UploadIncompleteError, EmptyUploadError.
        """
        if announced is not None and announced > self.limit:
            raise UploadTooLargeError(self.limit)
        with _room(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return await self._receive(import_id, chunks, announced)

    async def _receive(
        self, import_id: UUID, chunks: AsyncIterator[bytes], announced: int | None
    ) -> Received:
        part = self.folder / f"{import_id}{_PART}"
        try:
            received = await self._write(part, import_id, chunks)
            if announced is not None and received.size != announced:
                raise UploadIncompleteError(received.size, announced)
            if not received.size:
                raise EmptyUploadError
            await anyio.to_thread.run_sync(_publish, part, self.path(import_id))
        finally:
            part.unlink(missing_ok=True)
        return received

    async def _write(self, part: Path, import_id: UUID, chunks: AsyncIterator[bytes]) -> Received:
        received, digest, key = 0, hashlib.sha256(), SecretBytes.draw()
        sealing = SealingStream(key, _bound_to(import_id))
        with os.fdopen(os.open(part, _NEW, 0o600), "wb") as file:
            async for chunk in chunks:
                received += len(chunk)
                if received > self.limit:
                    raise UploadTooLargeError(self.limit)
                digest.update(chunk)
                await anyio.to_thread.run_sync(_write_all, file, sealing.feed(chunk))
            await anyio.to_thread.run_sync(file.write, sealing.finish())
        return Received(received, digest.digest(), key)

    def open(self, import_id: UUID, key: SecretBytes) -> BinaryIO:
        """The bytes that came, in order. FileNotFoundError; reading raises RecordError where the file isn't whole or another one."""
        return io.BufferedReader(OpenedStream(self.path(import_id).open("rb"), key, _bound_to(import_id)))

    def open_plain(self, import_id: UUID, digest: bytes) -> BinaryIO:
        """The bytes of a file that lies as it came, if `digest` is their SHA-256. FileNotFoundError, RecordError."""
        with ExitStack() as opened:
            file = opened.enter_context(self.path(import_id).open("rb"))
            if hashlib.file_digest(file, "sha256").digest() != digest:
                raise RecordError("an upload that lies in plain is not what came: upload it again")
            file.seek(0)
            opened.pop_all()
        return file

    def discard(self, import_id: UUID) -> None:
        """The upload is no longer needed."""
        self.path(import_id).unlink(missing_ok=True)

    def stale(self, *, older_than_seconds: float) -> list[Path]:
        """Parts and uploads that have lain for so long: a crashed process left them, or an import waits for its turn."""
        if not self.folder.exists():
            return []
        before = time.time() - older_than_seconds
        found = [*self.folder.glob(f"*{_PART}"), *self.folder.glob(f"*{_UPLOAD}")]
        return [path for path in found if _modified(path) < before]

    def remove(self, stale: Collection[Path], *, but: Collection[UUID]) -> int:
        """Delete these files, except the uploads of imports in `but`; how many."""
        keep = {self.path(import_id) for import_id in but}
        leaving = [path for path in stale if path not in keep]
        for path in leaving:
            path.unlink(missing_ok=True)
        return len(leaving)


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """NoRoomError where the disk is full, which its operator hears of."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        log.warning("no room for an upload", folder=str(folder))
        raise NoRoomError from error


def _bound_to(import_id: UUID) -> bytes:
    return line("upload", str(import_id))


def _write_all(file: BinaryIO, pieces: Iterable[bytes]) -> None:
    file.writelines(pieces)


def _modified(path: Path) -> float:
    """When it was written last; a file that went meanwhile counts as fresh."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _publish(part: Path, final: Path) -> None:
    """On disk under its own name, and the folder knows it: from here on a power cut loses nothing."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
