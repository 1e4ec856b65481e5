"""Headers that every answer has, errors too."""

from collections.abc import Iterable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
UNLESS_SAID = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""A page of its own says what it needs; data load nothing."""
ONE_YEAR = 31_536_000


Pairs = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """ASGI middleware. `https`: the service is reached over TLS, and browsers may remember that."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        hsts = {"Strict-Transport-Security": f"max-age={ONE_YEAR}; includeSubDomains"}
        self._always, self._unless_said = _pairs(ALWAYS | (hsts if https else {})), _pairs(UNLESS_SAID)
        self._ours = {name for name, _ in self._always}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_ours(message.get("headers", ()))
            await send(message)

        await self._app(scope, receive, sending)

    def _with_ours(self, given: Iterable[tuple[bytes, bytes]]) -> Pairs:
        theirs = [pair for pair in given if pair[0] not in self._ours]
        said = {name for name, _ in theirs}
        return [*theirs, *self._always, *(pair for pair in self._unless_said if pair[0] not in said)]


def _pairs(headers: Mapping[str, str]) -> Pairs:
    """As a server takes them, made once: every answer has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
