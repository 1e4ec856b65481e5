"""Every request ends: answered, refused in time, or cut off when the service stops."""

import asyncio
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.gate import UNAVAILABLE
from service.http.limits import DEFAULT_LIMITS, HttpLimits
from service.http.problem import TOOK_TOO_LONG, answer


class Drain:
    """The requests that are under way, which a service that stops ends before they are cut off."""

    def __init__(self) -> None:
        self.open: set[asyncio.Timeout] = set()
        self.is_over = False
        self.is_stopping = False
        """No more connections are taken: what has no end of its own ends soon."""

    def end(self) -> None:
        """Let every request's time be up now."""
        self.is_over = True
        for timeout in self.open:
            if not timeout.expired():
                timeout.reschedule(0)


class Deadline:
    """ASGI middleware: a request that takes longer than it may is cancelled, with its transaction, and answered 503.

    Where the answer has begun the connection is cut instead, so that half an answer is never taken for a whole one.
    """

    def __init__(
        self,
        app: ASGIApp,
        uploads: Collection[tuple[str, str]],
        limits: HttpLimits = DEFAULT_LIMITS,
        drain: Drain | None = None,
    ) -> None:
        self._app, self._uploads, self._limits = app, uploads, limits
        self._drain = drain or Drain()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = (scope["method"], scope["path"]) in self._uploads
        seconds = self._limits.upload_seconds if is_upload else self._limits.request_seconds
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        timeout = asyncio.timeout(seconds)
        try:
            async with timeout:
                self._drain.open.add(timeout)
                scope.setdefault("state", {})["drain"] = self._drain
                await self._app(scope, receive, noting)
        except TimeoutError:
            if begun or not timeout.expired():
                raise
            if self._drain.is_over:
                said = (
                    "The service stops and can't finish this: try again after the seconds in `Retry-After`."
                )
                await answer(scope, send, UNAVAILABLE, said, close=True)
            else:
                said = "This took longer than a request may take, and nothing of it was kept: try again, or ask for less."
                await answer(scope, send, TOOK_TOO_LONG, said, close=True)
        finally:
            self._drain.open.discard(timeout)
