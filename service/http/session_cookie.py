"""The cookie that a signed-in person's browser keeps, and how it gets into an answer."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURE_NAME: Final = "__Host-commonground"
"""The prefix has the browser refuse it from anywhere but this host, over TLS (RFC 6265bis, section 4.1.3.2)."""
PLAIN_NAME: Final = "commonground"
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_SERVER_ERRORS: Final = 500


def cookie_name(public_url: str) -> str:
    """The secure one, except over http on this machine, for trying out: browsers keep no secure cookie there."""
    parts = urlsplit(public_url)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return PLAIN_NAME if plain else SECURE_NAME


def read_cookie(request: Request, public_url: str) -> str | None:
    return request.cookies.get(cookie_name(public_url))


def give_cookie(request: Request, public_url: str, token: str) -> None:
    """Have the answer set the cookie. It lives as long as the browser; the session's own limits are on the server."""
    request.state.session_cookie = _cookie(public_url, token)


def take_cookie(request: Request, public_url: str) -> None:
    """Have the answer remove the cookie."""
    request.state.session_cookie = _cookie(public_url, "", "; Max-Age=0")


def is_decided(request: Request) -> bool:
    """Whether the answer sets or removes the cookie already."""
    return getattr(request.state, "session_cookie", None) is not None


def _cookie(public_url: str, value: str, more: str = "") -> str:
    name = cookie_name(public_url)
    secure = "; Secure" if name == SECURE_NAME else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}"


class SessionCookie:
    """ASGI middleware: writes what was decided into the answer, also where a route made the answer itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            cookie = scope.get("state", {}).get("session_cookie")
            if cookie and message["type"] == "http.response.start" and message["status"] < _SERVER_ERRORS:
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)
