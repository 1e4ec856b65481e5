"""Bodies are bounded before anything reads them, also before the key is looked at."""

import asyncio
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.limits import DEFAULT_LIMITS, HttpLimits
from service.http.problem import BODY_TOO_LARGE, REQUEST_TIMEOUT, answer


class BodyLimit:
    """ASGI middleware: a small body is read whole and handed on, a larger one is answered 413, a stalled one 408.

    `uploads` are the (method, path)s whose body is streamed; they count bytes themselves and share the limit of a pause. `bulk` are those
    whose body may be as long as `bulk_bytes`.
    """

    def __init__(
        self,
        app: ASGIApp,
        uploads: Collection[tuple[str, str]],
        bulk: Collection[tuple[str, str]] = (),
        limits: HttpLimits = DEFAULT_LIMITS,
    ) -> None:
        self._app, self._uploads, self._bulk, self._limits = app, uploads, bulk, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = scope["method"], scope["path"]
        if address in self._uploads:
            await self._app(scope, _impatient(receive, self._limits.body_seconds), send)
            return
        most = self._limits.bulk_bytes if address in self._bulk else self._limits.body_bytes
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await _whole(scope, receive, most)
        except _TooLargeError:
            said = f"A body here has at most {most:,} bytes."
            await answer(scope, send, BODY_TOO_LARGE, said, close=True)
        except TimeoutError:
            said = "The body did not come in time: send it again."
            await answer(scope, send, REQUEST_TIMEOUT, said, close=True)
        else:
            await self._app(scope, _replay(body, receive), send)


async def _whole(scope: Scope, receive: Receive, most: int) -> list[Message]:
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isdigit() or int(announced) > most:
        raise _TooLargeError
    pieces, size = [], 0
    while True:
        piece = await receive()
        pieces.append(piece)
        size += len(piece.get("body", b""))
        if size > most:
            raise _TooLargeError
        if piece["type"] != "http.request" or not piece.get("more_body", False):
            return pieces


class _TooLargeError(Exception):
    pass


class StalledBodyError(Exception):
    """No piece of a streamed body came in time."""

    def __init__(self) -> None:
        super().__init__("The body stopped coming: send it again.")


def _impatient(receive: Receive, seconds: float) -> Receive:
    async def next_piece() -> Message:
        try:
            async with asyncio.timeout(seconds):
                return await receive()
        except TimeoutError:
            raise StalledBodyError from None

    return next_piece


def _replay(pieces: list[Message], receive: Receive) -> Receive:
    waiting = iter(pieces)

    async def next_piece() -> Message:
        piece = next(waiting, None)
        return await receive() if piece is None else piece

    return next_piece
