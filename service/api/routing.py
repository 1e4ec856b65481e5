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


class Addresses:
    """The addresses of an app and their methods; the table is made at the first question."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._plain: dict[str, set[str]] = {}
        self._others: list[tuple[re.Pattern[str], set[str]]] = []

    def methods(self, scope: Scope) -> set[str]:
        """Those of the address, none where there is no such address."""
        if (found := self.plain(scope)) is not None:
            return found
        return {method for pattern, of in self._others if pattern.match(scope["path"]) for method in of}

    def plain(self, scope: Scope) -> set[str] | None:
        """Those of an address without parameters: `/things/accept` is no `/things/{id}` to any method. None for another."""
        if not self._plain:
            self._fill()
        return self._plain.get(scope["path"])

    def _fill(self) -> None:
        for route in iter_route_contexts(self._app.routes):
            path, methods = route.path or "", route.methods or set()
            if "{" in path:
                self._others.append((route.path_regex, methods))
            else:
                self._plain.setdefault(path, set()).update(methods)
