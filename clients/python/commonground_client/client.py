"""Both clients: the operations of the document, and uploads that are waited for."""

import time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from commonground_client.call import Upload
from commonground_client.errors import ImportFailedError, ImportHeldError, WaitedTooLongError
from commonground_client.models import Import, ImportStatus
from commonground_client.operations import AsyncOperations, Operations

PATIENCE: Final = 600.0
POLL: Final = 0.5


class Client(Operations):
    """`with Client("https://commonground.example", "cg_live_…") as ground: …`."""

    def upload_list(self, content: Upload, *, timeout: float = PATIENCE, **options: Any) -> Import:
        """Send a file and wait until it is live or refused; `options` are those of `create_import`.

        ImportFailedError if the file as a whole was refused, ImportHeldError if it waits to be confirmed; single refused rows are counted in `counts.rejected`.
        """
        sent = self.create_import(content, **_named(content, options))
        return self.wait_for_import(sent.id, timeout=timeout)

    def wait_for_import(self, import_id: UUID, *, timeout: float = PATIENCE, poll: float = POLL) -> Import:
        """The import once it is completed. ImportFailedError, WaitedTooLongError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while (found := _finished(self.get_import(import_id))) is None:
            _refuse_late(import_id, end, timeout)
            self._sleep(poll)
        return found


class AsyncClient(AsyncOperations):
    """`async with AsyncClient("https://commonground.example", "cg_live_…") as ground: …`."""

    async def upload_list(self, content: Upload, *, timeout: float = PATIENCE, **options: Any) -> Import:  # noqa: ASYNC109  # of the import, not of one call
        """As `Client.upload_list`."""
        sent = await self.create_import(content, **_named(content, options))
        return await self.wait_for_import(sent.id, timeout=timeout)

    async def wait_for_import(
        self,
        import_id: UUID,
        *,
        timeout: float = PATIENCE,  # noqa: ASYNC109  # of the import, not of one call
        poll: float = POLL,
    ) -> Import:
        """As `Client.wait_for_import`."""
        end = time.monotonic() + timeout
        while (found := _finished(await self.get_import(import_id))) is None:
            _refuse_late(import_id, end, timeout)
            await self._sleep(poll)
        return found


def _named(content: Upload, options: dict[str, Any]) -> dict[str, Any]:
    """The options; a path gives its own name unless another is given."""
    return {"filename": Path(content).name, **options} if isinstance(content, (str, Path)) else options


def _finished(found: Import) -> Import | None:
    if found.status == ImportStatus.HELD:
        guards = found.report.guards if found.report else []
        raise ImportHeldError(found.id, " ".join(guard.message for guard in guards))
    if found.status == ImportStatus.CANCELLED:
        raise ImportFailedError("cancelled", "Somebody cancelled the import; nothing of it was kept.")
    if found.status == ImportStatus.FAILED:
        problem = found.problem
        raise ImportFailedError(problem.code if problem else "unknown", problem.message if problem else "")
    return found if found.status == ImportStatus.COMPLETED else None


def _refuse_late(import_id: UUID, end: float, timeout: float) -> None:
    if time.monotonic() > end:
        raise WaitedTooLongError(f"The import {import_id} isn't done after {timeout:g} seconds; it goes on.")
