"""What is left of the caller's budget, on every answer to a known caller."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.guards.limits import Verdict


class BudgetHeaders:
    """ASGI middleware: `RateLimit-Limit`, `-Remaining`, `-Reset` of the tighter budget, and both as structured fields."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            verdict: Callable[[], Verdict] | None = scope.get("state", {}).get("budget")
            if message["type"] == "http.response.start" and verdict is not None:
                MutableHeaders(scope=message).update(headers_of(verdict()))
            await send(message)

        await self._app(scope, receive, sending)


def headers_of(verdict: Verdict) -> dict[str, str]:
    """The older three headers and the two of draft-ietf-httpapi-ratelimit-headers-10; `reset` and `t` in seconds."""
    _, limit, remaining = min(verdict.buckets, key=lambda bucket: bucket[2] / bucket[1])
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(verdict.reset),
        "RateLimit": ", ".join(f'"{name}";r={left};t={verdict.reset}' for name, _, left in verdict.buckets),
        "RateLimit-Policy": ", ".join(
            f'"{name}";q={most};w={verdict.seconds}' for name, most, _ in verdict.buckets
        ),
    }
