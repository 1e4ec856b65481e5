"""Answers 503 to everything but `/livez` while the service must not serve yet: it was restored and has to forget first."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from service.db.errors import DatabaseUnavailable
from service.http.problem import Kind, answer

log = structlog.get_logger(__name__)

UNAVAILABLE: Final = Kind(
    "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Not available now", {"Retry-After": "10"}
)
_ALWAYS: Final = frozenset({"/livez"})
_AGAIN_SECONDS: Final = 2.0


class Gate:
    """Open, or closed for a reason that whoever asks is told."""

    def __init__(self) -> None:
        self.reason: str | None = None

    @asynccontextmanager
    async def watching(self, reason: Callable[[], Awaitable[str | None]]) -> AsyncIterator[None]:
        """Ask for the reason now, and while there is one, every few seconds again until there is none."""
        self.reason = await reason()
        watch = asyncio.create_task(self._watch(reason))
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    async def _watch(self, reason: Callable[[], Awaitable[str | None]]) -> None:
        if self.reason is not None:
            log.error("not serving", reason=self.reason)
        while self.reason is not None:
            await asyncio.sleep(_AGAIN_SECONDS)
            with suppress(DatabaseUnavailable):
                self.reason = await reason()
                if self.reason is None:
                    log.info("serving")


class Gated:
    """The middleware; the gate is in the app's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = _reason(scope)
        if reason is None:
            await self._app(scope, receive, send)
        else:
            await answer(scope, send, UNAVAILABLE, reason)


def _reason(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["path"] in _ALWAYS:
        return None
    state = getattr(scope["app"].state, "commonground", None)
    gate: Gate | None = getattr(state, "gate", None)
    return None if gate is None else gate.reason
