"""How far an import is, told as it goes: server-sent events beside polling."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from service.api.deps import App, Reading, reads
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.import_bodies import import_out
from service.http.deadline import Drain
from service.http.state import AppState
from service.imports.errors import UnknownImportError
from service.imports.models import Import
from service.imports.repository import Imports
from service.imports.watching import SETTLED
from service.organizations.models import Scope

router = resource("/imports", "imports")
EVENTS: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 15.0
STREAM_SECONDS: Final = 60.0
"""Less than a request may take; then the stream ends, and a client asks for the next one by itself."""
_RETRY: Final = b"retry: 1000\n\n"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


_TEXT: Final = {"type": "string"}
_ONE_EVENT: Final = {"type": "object", "properties": {"event": _TEXT, "id": _TEXT, "data": _TEXT}}
"""What a stream is described by: each event of it."""


@router.get(
    "/{import_id}/events", operation_id="watch_import", response_class=StreamingResponse,
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
    responses=responses(404) | {
        200: {
            "description": "Events `progress` and, as the last one, `end`; the data of each is the import as `GET` shows it, without a preview.",
            "content": {EVENTS: {"schema": _ONE_EVENT}},
        },
        204: {"description": "`Last-Event-ID` is that of the last event: there is nothing more to hear."},
    },
)  # fmt: skip
async def watch_import(
    request: Request,
    session: Reading,
    app: App,
    import_id: UUID,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="Of the last event that came: it isn't told again.")
    ] = None,
) -> Response:
    """Hear of an import until it is completed, held, failed or cancelled. The stream ends after a minute at the latest: go on with
    `Last-Event-ID`, as browsers do by themselves.
    """
    record = await Imports(session).by_id(import_id)
    if record is None:
        raise UnknownImportError
    event_id, told = _event(record)
    if record.status in SETTLED and event_id == last_event_id:
        return Response(status_code=204)
    if record.status in SETTLED:
        return Response(_RETRY + told, 200, _HEADERS, EVENTS)
    stream = _stream(request, app, record, last_event_id)
    beginning = await anext(stream)  # so that too many are refused before an answer begins
    return StreamingResponse(_behind(beginning, stream), 200, _HEADERS, EVENTS)


def _event(record: Import) -> tuple[str, bytes]:
    """The id of what there is to tell, and the event."""
    data = import_out(record).model_dump_json()
    event_id = hashlib.sha256(data.encode()).hexdigest()[:32]
    name = "end" if record.status in SETTLED else "progress"
    return event_id, f"event: {name}\nid: {event_id}\ndata: {data}\n\n".encode()


async def _behind(beginning: bytes, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield beginning
    async for piece in stream:
        yield piece


async def _stream(
    request: Request, app: AppState, record: Import, last_event_id: str | None
) -> AsyncIterator[bytes]:
    """TooManyWatchesError at its first piece. It ends when the import does, a minute is over, or the service stops."""
    drain: Drain | None = getattr(request.state, "drain", None)
    begun = said = time.monotonic()
    async with app.watching.watch(app.database, record.org_id, record.id) as watch:
        event_id, event = _event(record)
        yield _RETRY + (b"" if event_id == last_event_id else event)
        while time.monotonic() - begun < STREAM_SECONDS and not (drain and drain.is_stopping):
            with suppress(TimeoutError):
                await asyncio.wait_for(watch.next_look(), HEARTBEAT_SECONDS)
                if watch.record is None:
                    return
                if (found := _event(watch.record))[0] != event_id:
                    event_id, event = found
                    said = time.monotonic()
                    yield event
                if watch.record.status in SETTLED:
                    return
            if time.monotonic() - said >= HEARTBEAT_SECONDS:
                said = time.monotonic()
                yield b": still at it\n\n"
