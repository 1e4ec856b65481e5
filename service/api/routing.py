"""How every operation of the API is declared, found and read."""

import re
from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import Scope

from service.api.errors import UnsupportedMediaTypeError
from service.api.idempotency import PARAMETER, ReplayedError, keep_answer, replayed
from service.api.json_body import read_json
from service.api.problems import declared

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


class StrictRequest(Request):
    """A request whose JSON means one thing."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


class Operation(APIRoute):
    """A route of the API: `APIRouter(…, route_class=Operation)`.

    It declares the problems that any operation may answer with. A body that it takes must be JSON and say so. The answer of
    a POST under an idempotency key is stored here, where the transaction of its effect is still open.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        methods = set(given.get("methods") or {"GET"})
        common = declared(*({413, 415} if methods & WITH_BODY else ()), *({409} if "POST" in methods else ()))
        given["responses"] = {**common, **(given.get("responses") or {})}
        super().__init__(path, endpoint, **given)
        if "POST" in methods and _is_done_once(self.dependant):
            extra = self.openapi_extra or {}
            self.openapi_extra = {**extra, "parameters": [*extra.get("parameters", ()), PARAMETER]}

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if takes_json and await strict.body():
                require_json(strict)
                await strict.json()
            try:
                response = await handler(strict)
            except ReplayedError as before:
                return replayed(before.answer)
            await keep_answer(strict, response)
            return response

        return handle


def _is_done_once(dependant: Dependant) -> bool:
    return any(
        getattr(one.call, "is_done_once", False) or _is_done_once(one) for one in dependant.dependencies
    )


def require_json(request: Request) -> None:
    """UnsupportedMediaTypeError unless the body says that it is JSON, and nothing is around it."""
    given = Message()
    given["content-type"] = request.headers.get("content-type") or "application/octet-stream"
    kind = given.get_content_type()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaTypeError(
            "This address takes JSON: send the header `Content-Type: application/json` with it."
        )
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError("This address takes JSON as it is: leave `Content-Encoding` out.")


def methods_of(app: FastAPI) -> Callable[[Scope], set[str]]:
    """Give a function that names the methods of an address; its table is made at the first question."""
    table: list[tuple[str, re.Pattern[str], set[str]]] = []

    def methods(scope: Scope) -> set[str]:
        if not table:
            routes = iter_route_contexts(app.routes)
            table.extend((route.path or "", route.path_regex, route.methods or set()) for route in routes)
        found = [(path, of) for path, pattern, of in table if pattern.match(scope["path"])]
        # of `/things/{id}` and `/things/accept`, the one that names the address
        plainest = min((path.count("{") for path, _ in found), default=0)
        return {method for path, of in found if path.count("{") == plainest for method in of}

    return methods
