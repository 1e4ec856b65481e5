"""A request id in and out, bound to every log line of the request."""

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.kit.ids import Ids

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = structlog.get_logger(__name__)


class RequestId:
    """ASGI middleware: `X-Request-Id` of the caller if it is a plain word of 8 to 64 characters, else a fresh one."""

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app, self._ids = app, ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _GIVEN.fullmatch(given) else str(self._ids.new())
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                took = round((time.perf_counter() - started) * 1000, 1)
                # the operation, not the path: ids and queries of tenants don't belong in logs
                operation = getattr(scope.get("route"), "operation_id", None)
                log.info("request", method=scope["method"], operation=operation, status=int(status), ms=took)
