"""What a request line and headers may be, and the two methods that every address has."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.limits import DEFAULT_LIMITS, HttpLimits
from service.http.problem import BAD_REQUEST, HEADERS_TOO_LARGE, METHOD_NOT_ALLOWED, NOT_TAKEN, answer


class Addresses(Protocol):
    """What the app serves."""

    def methods(self, scope: Scope) -> Collection[str]:
        """Those of the request's address, none where there is no such address."""
        ...

    def plain(self, scope: Scope) -> Collection[str] | None:
        """The same of an address that has no parameters; None for another."""
        ...


class Target:
    """ASGI middleware: refuses heads that are too large or carry NUL, and methods that an address doesn't have.

    HEAD is answered as GET without its body, OPTIONS with what the address takes.
    """

    def __init__(self, app: ASGIApp, addresses: Addresses, limits: HttpLimits = DEFAULT_LIMITS) -> None:
        self._app, self._addresses, self._limits = app, addresses, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._is_too_large(scope):
            said = (
                f"Address and headers have at most {self._limits.head_bytes:,} bytes and {self._limits.headers} headers: "
                "send fewer or shorter ones."
            )
            await answer(scope, send, HEADERS_TOO_LARGE, said, close=True)
        elif "\0" in scope["path"] or b"%00" in scope["query_string"]:
            said = "The address has a NUL (%00), which no name or value here can have: leave it out."
            await answer(scope, send, BAD_REQUEST, said)
        else:
            await self._by_method(scope, receive, send)

    def _is_too_large(self, scope: Scope) -> bool:
        headers = scope["headers"]
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        size += sum(len(name) + len(value) + 4 for name, value in headers)
        return len(headers) > self._limits.headers or size > self._limits.head_bytes

    async def _by_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            # a copy: the server keeps the original to know that no body may follow
            inner = {**scope, "method": "GET"}
            try:
                await self._app(inner, receive, _without_body(send))
            finally:
                scope.update({name: inner[name] for name in ("route",) if name in inner})
        elif scope["method"] == "OPTIONS" and (methods := allow(self._addresses.methods(scope))):
            await send(
                {"type": "http.response.start", "status": 204, "headers": [(b"allow", methods.encode())]}
            )
            await send({"type": "http.response.body", "body": b""})
        elif (plain := self._addresses.plain(scope)) is not None and scope["method"] not in plain:
            kind = replace(METHOD_NOT_ALLOWED, headers={"Allow": allow(plain)})
            await answer(scope, send, kind, NOT_TAKEN)
        else:
            await self._app(scope, receive, send)


def allow(methods: Iterable[str]) -> str:
    """The value of `Allow`: with HEAD where there is GET, and OPTIONS; empty for no method."""
    every = set(methods)
    if "GET" in every:
        every.add("HEAD")
    return ", ".join(sorted(every | {"OPTIONS"})) if every else ""


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending
