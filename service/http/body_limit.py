"""Bodies are bounded before anything reads them, also before the key is looked at."""

import asyncio
import json
from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 64 * 1024
"""Bytes of a body that is no upload."""
IDLE_SECONDS = 60.0
"""How long the next piece of a body may take."""

REFUSALS = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body-too-large", "Body too large"),
    HTTPStatus.REQUEST_TIMEOUT: ("request-timeout", "The request stopped coming"),
}


class BodyLimit:
    """ASGI middleware: a small body is read whole and handed on, a larger one is answered 413, a stalled one 408.

    `uploads` are the (method, path)s whose body is streamed; they count bytes themselves and share the idle limit.
    """

    def __init__(self, app: ASGIApp, uploads: Collection[tuple[str, str]]) -> None:
        self._app, self._uploads = app, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (scope["method"], scope["path"]) in self._uploads:
            await self._app(scope, _impatient(receive), send)
            return
        try:
            body = await _small(scope, _impatient(receive))
        except _TooLargeError:
            await _refuse(
                send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body here has at most {SMALL:,} bytes."
            )
        except TimeoutError:
            await _refuse(send, HTTPStatus.REQUEST_TIMEOUT, "The body stopped coming: send it again.")
        else:
            await self._app(scope, _replay(body, receive), send)


class _TooLargeError(Exception):
    pass


def _impatient(receive: Receive) -> Receive:
    async def next_piece() -> Message:
        async with asyncio.timeout(IDLE_SECONDS):
            return await receive()

    return next_piece


async def _small(scope: Scope, receive: Receive) -> list[Message]:
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isdigit() or int(announced) > SMALL:
        raise _TooLargeError
    pieces, size = [], 0
    while True:
        piece = await receive()
        pieces.append(piece)
        size += len(piece.get("body", b""))
        if size > SMALL:
            raise _TooLargeError
        if piece["type"] != "http.request" or not piece.get("more_body", False):
            return pieces


def _replay(pieces: list[Message], receive: Receive) -> Receive:
    waiting = iter(pieces)

    async def next_piece() -> Message:
        piece = next(waiting, None)
        return await receive() if piece is None else piece

    return next_piece


async def _refuse(send: Send, status: HTTPStatus, detail: str) -> None:
    slug, title = REFUSALS[status]
    problem = {
        "type": f"urn:commonground:problem:{slug}",
        "title": title,
        "status": int(status),
        "detail": detail,
    }
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
