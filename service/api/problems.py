"""RFC 9457: one table from domain errors to problems, one shape for every error."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from service.accounts.errors import UnknownAccountError
from service.api.errors import InvalidCursorError, InvalidParameterError
from service.db.errors import DatabaseUnavailable
from service.imports.errors import (
    EmptyUploadError,
    UnknownImportError,
    UploadIncompleteError,
    UploadTooLargeError,
)
from service.organizations.errors import InvalidApiKeyError, MissingScopeError
from service.overlaps.errors import UnknownOverlapError
from service.partnerships.errors import (
    LevelNotOfferedError,
    PartnershipEndedError,
    UnknownPartnershipError,
    UnknownPopulationError,
)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:commonground:problem:"
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


@dataclass(frozen=True, slots=True)
class Kind:
    """What a domain error becomes: the last part of its type, its status and title, and headers."""

    slug: str
    status: HTTPStatus
    title: str
    headers: Mapping[str, str] | None = None


KINDS: Mapping[type[Exception], Kind] = {
    InvalidApiKeyError: Kind(
        "unauthorized", HTTPStatus.UNAUTHORIZED, "No valid API key", {"WWW-Authenticate": "Bearer"}
    ),
    MissingScopeError: Kind("missing-scope", HTTPStatus.FORBIDDEN, "The API key may not do this"),
    UnknownImportError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownAccountError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownPartnershipError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownOverlapError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownPopulationError: Kind("unknown-population", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown population"),
    PartnershipEndedError: Kind("partnership-ended", HTTPStatus.CONFLICT, "The partnership has ended"),
    LevelNotOfferedError: Kind(
        "level-not-offered", HTTPStatus.UNPROCESSABLE_ENTITY, "Sharing level not offered"
    ),
    InvalidCursorError: Kind("invalid-cursor", HTTPStatus.BAD_REQUEST, "Invalid cursor"),
    InvalidParameterError: Kind("invalid-parameter", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid parameter"),
    UploadTooLargeError: Kind("upload-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Upload too large"),
    UploadIncompleteError: Kind("upload-incomplete", HTTPStatus.BAD_REQUEST, "Upload incomplete"),
    EmptyUploadError: Kind("empty-upload", HTTPStatus.BAD_REQUEST, "Empty upload"),
    DatabaseUnavailable: Kind(
        "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Not available now", {"Retry-After": "2"}
    ),
}
BUSY = frozenset({"55P03", "40P01", "40001"})
"""PostgreSQL's words for a lock that wasn't given in time, a deadlock, and a transaction that must be repeated."""
_DETAILS = {"not-found": "There is no such thing here: check the id."}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route declares: these and the problems that every route has."""
    content = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, **content}
        for status in sorted({*statuses, 401, 403, 422, 503})
    }


def problem_response(
    request: Request, kind: Kind, detail: str, errors: list[FieldError] | None = None
) -> JSONResponse:
    body = Problem(
        type=TYPE + kind.slug, title=kind.title, status=kind.status, detail=_DETAILS.get(kind.slug, detail),
        request_id=getattr(request.state, "request_id", None), errors=errors,
    )  # fmt: skip
    content = body.model_dump(exclude_none=True)
    return JSONResponse(
        content, status_code=kind.status, media_type=MEDIA_TYPE, headers=dict(kind.headers or {})
    )


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as a problem."""
    for error in KINDS:
        app.add_exception_handler(error, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _known(request: Request, error: Exception) -> JSONResponse:
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    return problem_response(request, kind, str(error))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [FieldError(where=".".join(str(p) for p in e["loc"]), message=e["msg"]) for e in error.errors()]
    detail = "Some values are missing or wrong; `errors` names each."
    return problem_response(
        request, Kind("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid request"), detail, errors
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    slug = status.phrase.lower().replace(" ", "-")
    detail = {
        HTTPStatus.NOT_FOUND: "There is no such address: the API reference lists them.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
    }.get(status, str(error.detail))
    return problem_response(request, Kind(slug, status, status.phrase, error.headers), detail)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    if getattr(getattr(error, "orig", error), "sqlstate", None) in BUSY:
        return problem_response(
            request, KINDS[DatabaseUnavailable], "Others are changing the same thing: try again shortly."
        )
    log.error("unexpected error", exc_info=error)
    kind = Kind("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here")
    return problem_response(request, kind, "The fault is ours. Give the request id to the operator.")
