"""RFC 9457: one shape for every error."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.kinds import KINDS
from service.db.errors import DatabaseRefusedError, DatabaseUnavailable
from service.http.problem import (
    AROUND_ROUTES,
    BAD_REQUEST,
    INTERNAL,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_TAKEN,
    TYPE,
    Kind,
    members,
)
from service.http.target import allow
from service.organizations.errors import MissingScopeError, NotSignedInError

__all__ = [
    "KINDS",
    "MEDIA_TYPE",
    "TYPE",
    "FieldError",
    "Kind",
    "Problem",
    "Unexpected",
    "declared",
    "install",
    "kinds",
    "responses",
]
log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One value that was refused."""

    where: str = Field(
        description="Where the value stands: `body`, `query`, `path` or `header`, then its name."
    )
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(description="A stable name of the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What, where, and how to mend it.")
    request_id: str | None = None
    errors: list[FieldError] | None = None
    missing_scopes: list[str] | None = Field(
        default=None, description="For `missing-scope`: what whoever asks would have to have."
    )


NOT_FOUND = Kind("not-found", HTTPStatus.NOT_FOUND, "Not found")
INVALID_REQUEST = Kind("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid request")
OF_STATUS = {kind.status: kind for kind in (BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED)}
"""What the framework raises by status alone."""
BUSY = {
    "55P03": "Others are changing the same thing: try again shortly.",
    "40P01": "Others are changing the same thing: try again shortly.",
    "40001": "Others are changing the same thing: try again shortly.",
    "57014": "The database took too long: try again shortly, or ask for less.",
    "25006": "The database takes no changes at the moment, only questions: try again later.",
}
"""PostgreSQL's words for a lock that wasn't given in time, a deadlock, a transaction that must be repeated, a statement
whose time was up, and a server that is a standby."""
_DETAILS = {"not-found": "There is no such thing here: check the id."}
_REFUSED = "The database does not answer; try again shortly."
"""Said in place of the server's own words, which are the operator's."""
_DETAILS_OF_HTTP = {
    "not-found": "There is no such address: the API reference lists them.",
    "method-not-allowed": NOT_TAKEN,
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route declares: these and the problems that every route has."""
    return _declared(*statuses, 401, 403, 422, 503)


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What every operation may answer with, whoever asks: these, and `default` for the rest of what stands in the reference."""
    return _declared(*statuses, 400, 429) | {
        "default": {"description": "Any other problem", "model": Problem, "content": _content()}
    }


def _declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    # By name: a model would be made into a schema anew for each answer of each route, whenever the service starts.
    return {
        status: {"description": HTTPStatus(status).phrase, "content": _content()}
        for status in sorted({*statuses})
    }


def _content() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {media_type: {"schema": schema} for media_type in ("application/json", MEDIA_TYPE)}


def kinds() -> dict[str, Kind]:
    """Every kind of problem that the API answers with, by the last part of its type."""
    every = (*KINDS.values(), *AROUND_ROUTES, *OF_STATUS.values(), INVALID_REQUEST)
    return {kind.slug: kind for kind in every}


def problem_response(
    request: Request,
    kind: Kind,
    detail: str,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    missing_scopes: list[str] | None = None,
) -> JSONResponse:
    said = [error.model_dump() for error in errors or ()]
    content = members(kind, detail, getattr(request.state, "request_id", None), said)
    if missing_scopes:
        content["missing_scopes"] = missing_scopes
    return JSONResponse(
        content,
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={**(kind.headers or {}), **(headers or {})},
    )


def install(app: FastAPI, allowed: Callable[[Scope], set[str]]) -> None:
    """Let every error of `app` leave as a problem. `allowed` gives the methods of an address."""

    async def of_http(request: Request, error: Exception) -> JSONResponse:
        return _http(request, error, allowed)

    for error in KINDS:
        app.add_exception_handler(error, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, of_http)


async def _known(request: Request, error: Exception) -> JSONResponse:
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    detail = _REFUSED if isinstance(error, DatabaseRefusedError) else _DETAILS.get(kind.slug, str(error))
    missing = error.missing_scopes if isinstance(error, MissingScopeError) else None
    return problem_response(
        request, kind, detail, headers=getattr(error, "headers", None), missing_scopes=missing
    )


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [FieldError(where=_where(e), message=_message(e)) for e in error.errors()]
    errors = list({(one.where, one.message): one for one in errors}.values())
    detail = "Some values are missing or wrong; `errors` names each."
    return problem_response(request, INVALID_REQUEST, detail, errors)


def _where(error: Mapping[str, Any]) -> str:
    """A parameter by its name alone: which of its types or values is at fault is the schema's affair."""
    source, *place = error["loc"]
    if source in {"query", "path", "header", "cookie"}:
        place = [*place[:1], *(part for part in place[1:] if isinstance(part, int))]
    return ".".join(str(part) for part in (source, *place))


def _message(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _http(request: Request, error: Exception, allowed: Callable[[Scope], set[str]]) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kind = OF_STATUS.get(HTTPStatus(error.status_code), BAD_REQUEST)
    detail = _DETAILS_OF_HTTP.get(kind.slug, str(error.detail))
    headers = {"Allow": allow(allowed(request.scope))} if kind is METHOD_NOT_ALLOWED else None
    return problem_response(request, kind, detail, headers=headers)


class Unexpected:
    """ASGI middleware: what nobody foresaw leaves as a problem too, with every header that other middleware adds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = _unexpected(Request(scope), error)
            await response(scope, receive, send)


_OF_ORGANIZATION = re.compile(r"fk_\w+_org_id")


def _is_gone(error: Exception) -> bool:
    """Whether the database refused a row because its organization was deleted while the request was under way."""
    refused = getattr(error, "orig", error)
    refused = refused if isinstance(refused, asyncpg.ForeignKeyViolationError) else refused.__cause__
    name = refused.constraint_name if isinstance(refused, asyncpg.ForeignKeyViolationError) else None
    return name is not None and _OF_ORGANIZATION.fullmatch(name) is not None


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    if _is_gone(error):
        return problem_response(request, KINDS[NotSignedInError], "The organization is gone.")
    said = BUSY.get(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if said is not None:
        return problem_response(request, KINDS[DatabaseUnavailable], said)
    log.error("unexpected error", exc_info=error)
    return problem_response(request, INTERNAL, "The fault is ours. Give the request id to the operator.")
