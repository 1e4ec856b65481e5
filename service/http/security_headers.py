"""Headers that every answer has, errors too."""

from starlette.datastructures import MutableHeaders
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


class SecurityHeaders:
    """ASGI middleware. `https`: the service is reached over TLS, and browsers may remember that."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        hsts = {"Strict-Transport-Security": f"max-age={ONE_YEAR}; includeSubDomains"}
        self._always = ALWAYS | (hsts if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers[name] = value
                for name, value in UNLESS_SAID.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)
