"""How every operation of the API is declared, found and read."""

import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from email.message import Message
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from service.api.errors import InvalidParameterError, UnsupportedMediaTypeError
from service.api.idempotency import PARAMETER, ReplayedError, keep_answer, replayed
from service.api.json_body import read_json
from service.api.problems import declared

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
CHANGING: Final = WITH_BODY | {"DELETE"}
_CONDITIONS: Final = frozenset({"if-match", "if-none-match"})
"""Headers under which a change must not be made, which is worse ignored than refused."""
MOST_UNKNOWN: Final = 20
"""Unknown parameters that one problem lists."""


class StrictRequest(Request):
    """A request whose JSON means one thing."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


class Operation(APIRoute):
    """A route of the API: `APIRouter(…, route_class=Operation)`.

    It declares the problems that any operation may answer with. A body that it takes must be JSON and say so; a condition that
    it doesn't know is refused, and so is a query parameter where it changes something. The answer of a POST under an
    idempotency key is stored here, where the transaction of its effect is still open.
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
        refused = frozenset() if _declares(self.dependant, "if-match") else _CONDITIONS
        known = _query(self.dependant)

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if request.method in CHANGING and (unmet := refused & set(request.headers)):
                raise InvalidParameterError(
                    f"{min(unmet)}: what this changes has no `ETag`: leave the header out."
                )
            if request.method in CHANGING:
                _refuse_unknown(request, known)
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


def resource(prefix: str, tag: str, route_class: type[Operation] = Operation) -> APIRouter:
    """A router for one resource of version 1. Its routes stand in the app as they are: routers in routers are slow to match."""
    return APIRouter(prefix=f"/v1{prefix}", tags=[tag], route_class=route_class)


class Index(BaseRoute):
    """Finds an operation by the first two parts of its address, where the framework would try one after the other.

    It stands before the routes that it knows; what it doesn't find is left to them: another method, an unknown address.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._by_start: defaultdict[str, list[APIRoute]] = defaultdict(list)
        for route in routes:
            if isinstance(route, APIRoute):
                self._by_start[_start(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            for route in self._by_start.get(_start(scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)


def _start(path: str) -> str:
    return "/".join(path.split("/", 3)[:3])


def _is_done_once(dependant: Dependant) -> bool:
    return any(
        getattr(one.call, "is_done_once", False) or _is_done_once(one) for one in dependant.dependencies
    )


def _declares(dependant: Dependant, header: str) -> bool:
    return any(field.alias == header for field in dependant.header_params) or any(
        _declares(one, header) for one in dependant.dependencies
    )


def _query(dependant: Dependant) -> tuple[str, ...]:
    """The names of the query parameters that an operation takes."""
    own = (field.alias for field in dependant.query_params)
    return tuple(dict.fromkeys((*own, *(name for one in dependant.dependencies for name in _query(one)))))


def _refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """RequestValidationError for a parameter that would be passed over, and change what it was to spare."""
    there_are = f"those that there are: {', '.join(known)}" if known else "there are none here"
    errors = [
        {"loc": ("query", name[:100]), "msg": f"There is no such parameter; {there_are}."}
        for name in dict.fromkeys(request.query_params)
        if name not in known
    ]
    if errors:
        raise RequestValidationError(errors[:MOST_UNKNOWN])


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
        for route in self._app.routes:
            if not isinstance(route, Route):
                continue
            if "{" in route.path:
                self._others.append((route.path_regex, route.methods or set()))
            else:
                self._plain.setdefault(route.path, set()).update(route.methods or ())
