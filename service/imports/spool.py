"""Uploads on their way to a worker: one file an import, on disk before the upload is acknowledged."""

import hashlib
import os
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import anyio.to_thread

from service.imports.errors import EmptyUploadError, UploadIncompleteError, UploadTooLargeError

_PART = ".part"
_UPLOAD = ".upload"
_HELD = ".held"
HELD_SECONDS = 7 * 86_400
"""How long the file of an import that waits for somebody's word is kept."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Received(NamedTuple):
    """An upload that is safe on disk: its bytes, and their SHA-256."""

    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Spool:
    """`folder` holds the uploads; `limit` is the most bytes that one may have."""

    folder: Path
    limit: int

    def path(self, import_id: UUID) -> Path:
        held = self.folder / f"{import_id}{_HELD}"
        return held if held.exists() else self.folder / f"{import_id}{_UPLOAD}"

    def hold(self, import_id: UUID) -> None:
        """Keep the upload for `HELD_SECONDS`, though no job waits for it."""
        path = self.path(import_id)
        if path.suffix == _UPLOAD:
            path.replace(path.with_suffix(_HELD))

    async def receive(
        self, import_id: UUID, chunks: AsyncIterator[bytes], *, announced: int | None = None
    ) -> Received:
        """Write a streamed body; what came, once it is safe on disk. Nothing stays when it fails.

        UploadTooLargeError, UploadIncompleteError, EmptyUploadError.
        """
        if announced is not None and announced > self.limit:
            raise UploadTooLargeError(self.limit)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{import_id}{_PART}"
        try:
            received = await self._write(part, chunks)
            if announced is not None and received.size != announced:
                raise UploadIncompleteError(received.size, announced)
            if not received.size:
                raise EmptyUploadError
            await anyio.to_thread.run_sync(_publish, part, self.path(import_id))
        finally:
            part.unlink(missing_ok=True)
        return received

    async def _write(self, part: Path, chunks: AsyncIterator[bytes]) -> Received:
        received, digest = 0, hashlib.sha256()
        with os.fdopen(os.open(part, _NEW, 0o600), "wb") as file:
            async for chunk in chunks:
                received += len(chunk)
                if received > self.limit:
                    raise UploadTooLargeError(self.limit)
                digest.update(chunk)
                await anyio.to_thread.run_sync(file.write, chunk)
        return Received(received, digest.digest())

    def discard(self, import_id: UUID) -> None:
        """The upload is no longer needed."""
        self.path(import_id).unlink(missing_ok=True)

    def sweep(self, expected: Collection[UUID], *, older_than_seconds: float = 3600) -> int:
        """Delete what a crashed process left: parts, and uploads that no import in `expected` will read; how many."""
        if not self.folder.exists():
            return 0
        now = time.time()
        before, keep = now - older_than_seconds, {self.path(import_id) for import_id in expected}
        found = [*self.folder.glob(f"*{_PART}"), *self.folder.glob(f"*{_UPLOAD}")]
        stale = [path for path in found if path not in keep and path.stat().st_mtime < before]
        stale += [p for p in self.folder.glob(f"*{_HELD}") if p.stat().st_mtime < now - HELD_SECONDS]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)


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
