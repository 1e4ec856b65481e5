"""Uploads on their way to a worker: one file an import, on disk before the upload is acknowledged."""

import os
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import anyio.to_thread

from service.imports.errors import EmptyUploadError, UploadIncompleteError, UploadTooLargeError

_PART = ".part"
_UPLOAD = ".upload"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True)
class Spool:
    """`folder` holds the uploads; `limit` is the most bytes that one may have."""

    folder: Path
    limit: int

    def path(self, import_id: UUID) -> Path:
        return self.folder / f"{import_id}{_UPLOAD}"

    async def receive(
        self, import_id: UUID, chunks: AsyncIterator[bytes], *, announced: int | None = None
    ) -> int:
        """Write a streamed body; the number of bytes once they are safe on disk. Nothing stays when it fails.

        UploadTooLargeError, UploadIncompleteError, EmptyUploadError.
        """
        if announced is not None and announced > self.limit:
            raise UploadTooLargeError(self.limit)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{import_id}{_PART}"
        try:
            received = await self._write(part, chunks)
            if announced is not None and received != announced:
                raise UploadIncompleteError(received, announced)
            if not received:
                raise EmptyUploadError
            await anyio.to_thread.run_sync(_publish, part, self.path(import_id))
        finally:
            part.unlink(missing_ok=True)
        return received

    async def _write(self, part: Path, chunks: AsyncIterator[bytes]) -> int:
        received = 0
        with os.fdopen(os.open(part, _NEW, 0o600), "wb") as file:
            async for chunk in chunks:
                received += len(chunk)
                if received > self.limit:
                    raise UploadTooLargeError(self.limit)
                await anyio.to_thread.run_sync(file.write, chunk)
        return received

    def discard(self, import_id: UUID) -> None:
        """The upload is no longer needed."""
        self.path(import_id).unlink(missing_ok=True)

    def sweep(self, expected: Collection[UUID], *, older_than_seconds: float = 3600) -> int:
        """Delete what a crashed process left: parts, and uploads that no import in `expected` will read; how many."""
        if not self.folder.exists():
            return 0
        before, keep = time.time() - older_than_seconds, {self.path(import_id) for import_id in expected}
        found = [*self.folder.glob(f"*{_PART}"), *self.folder.glob(f"*{_UPLOAD}")]
        stale = [path for path in found if path not in keep and path.stat().st_mtime < before]
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
