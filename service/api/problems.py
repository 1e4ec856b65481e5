"""RFC 9457: one table from domain errors to problems, one shape for every error."""

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

from service.accounts.errors import (
    InvalidFilterError,
    PopulationExistsError,
    StandardPopulationError,
    TooManyPopulationsError,
    UnknownRecordError,
)
from service.api.errors import (
    BadFormError,
    BatchTooLargeError,
    DigestMismatchError,
    InvalidCursorError,
    InvalidParameterError,
    MalformedJsonError,
    NotReadyError,
    UnsupportedMediaTypeError,
)
from service.db.errors import DatabaseRefusedError, DatabaseUnavailable
from service.guards.errors import (
    AnswerLostError,
    IdempotencyKeyReusedError,
    InvalidIdempotencyKeyError,
    RateLimitedError,
    RequestInProgressError,
)
from service.http.at_once import BusyError
from service.http.body_limit import StalledBodyError
from service.http.etags import PreconditionFailedError
from service.http.problem import (
    AROUND_ROUTES,
    BAD_REQUEST,
    BODY_TOO_LARGE,
    INTERNAL,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_TAKEN,
    REQUEST_TIMEOUT,
    TYPE,
    Kind,
    members,
)
from service.http.target import allow
from service.imports.errors import (
    EmptyUploadError,
    ImportStateError,
    NoSuchMappingError,
    TooManyMappingsError,
    UnknownImportError,
    UnknownMappingError,
    UploadIncompleteError,
    UploadTooLargeError,
)
from service.organizations.errors import (
    AlreadyMemberError,
    ApiKeyOverError,
    ApiKeyReplacedError,
    CrossSiteError,
    HandleTakenError,
    InvalidApiKeyError,
    InvalidCredentialsError,
    InvalidEmailError,
    InvalidHandleError,
    InvalidLinkError,
    LastAdminError,
    MissingScopeError,
    NotEnrolledError,
    NotSignedInError,
    OrganizationSuspendedError,
    OtherAddressError,
    PasswordsBusyError,
    PastExpiryError,
    ProviderUnavailableError,
    QuotaExceededError,
    SecondFactorRequiredError,
    SecondFactorSetUpError,
    SignInFirstError,
    SignOnFailedError,
    SignOnOffError,
    SignOnRefusedError,
    SignUpClosedError,
    TooManyAttemptsError,
    TooManyKeysError,
    TooManyLettersError,
    TooManyOrganizationsError,
    TooManyRotationsError,
    UnknownApiKeyError,
    UnknownInvitationError,
    UnknownMemberError,
    UnknownOrganizationError,
    UnknownSessionError,
    WeakPasswordError,
    WrongCodeError,
)
from service.overlaps.errors import UnknownOverlapError
from service.partnerships.errors import (
    LevelNotOfferedError,
    PartnershipEndedError,
    UnknownPartnershipError,
    UnknownPopulationError,
    UnknownSharingRuleError,
)
from service.partnerships.sandbox.errors import NoSandboxError, SandboxInSandboxError, SandboxLeavingError

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


KINDS: Mapping[type[Exception], Kind] = {
    InvalidApiKeyError: Kind(
        "unauthorized", HTTPStatus.UNAUTHORIZED, "No valid API key", {"WWW-Authenticate": "Bearer"}
    ),
    MissingScopeError: Kind("missing-scope", HTTPStatus.FORBIDDEN, "The API key may not do this"),
    OrganizationSuspendedError: Kind(
        "organization-suspended", HTTPStatus.FORBIDDEN, "The organization is suspended"
    ),
    QuotaExceededError: Kind(
        "quota-exceeded", HTTPStatus.FORBIDDEN, "The organization has as much as it may"
    ),
    UnknownApiKeyError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    ApiKeyOverError: Kind("api-key-over", HTTPStatus.CONFLICT, "The API key is revoked or has expired"),
    ApiKeyReplacedError: Kind("api-key-replaced", HTTPStatus.CONFLICT, "The API key was rotated already"),
    PastExpiryError: Kind(
        "past-expiry", HTTPStatus.UNPROCESSABLE_ENTITY, "The API key would have expired already"
    ),
    TooManyKeysError: Kind("too-many-keys", HTTPStatus.CONFLICT, "Too many API keys"),
    TooManyOrganizationsError: Kind(
        "too-many-organizations", HTTPStatus.FORBIDDEN, "As many organizations as one person may make"
    ),
    TooManyRotationsError: Kind(
        "too-many-rotations", HTTPStatus.CONFLICT, "Too many predecessors of the API key"
    ),
    NotSignedInError: Kind(
        "not-signed-in", HTTPStatus.UNAUTHORIZED, "Not signed in", {"WWW-Authenticate": "Bearer"}
    ),
    InvalidCredentialsError: Kind(
        "invalid-credentials", HTTPStatus.UNAUTHORIZED, "Not signed in", {"WWW-Authenticate": "Bearer"}
    ),
    SecondFactorRequiredError: Kind(
        "second-factor-required", HTTPStatus.UNAUTHORIZED, "A code is needed", {"WWW-Authenticate": "Bearer"}
    ),
    WrongCodeError: Kind("wrong-code", HTTPStatus.UNPROCESSABLE_ENTITY, "The code is wrong"),
    SecondFactorSetUpError: Kind(
        "second-factor-set-up", HTTPStatus.CONFLICT, "A second factor is set up already"
    ),
    NotEnrolledError: Kind("no-second-factor", HTTPStatus.CONFLICT, "No second factor is set up"),
    SignOnOffError: Kind("sign-on-off", HTTPStatus.NOT_FOUND, "Single sign-on isn't set up"),
    SignOnFailedError: Kind("sign-on-failed", HTTPStatus.BAD_REQUEST, "Signing in failed"),
    SignOnRefusedError: Kind("sign-on-refused", HTTPStatus.FORBIDDEN, "You may not come in"),
    ProviderUnavailableError: Kind(
        "provider-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The identity provider doesn't answer"
    ),
    CrossSiteError: Kind("cross-site", HTTPStatus.FORBIDDEN, "The request may come from another site"),
    SignUpClosedError: Kind("sign-up-closed", HTTPStatus.FORBIDDEN, "Sign-up is by invitation"),
    OtherAddressError: Kind("other-address", HTTPStatus.FORBIDDEN, "The link is for another address"),
    InvalidLinkError: Kind("invalid-link", HTTPStatus.NOT_FOUND, "The link is not good"),
    UnknownMemberError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownInvitationError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownSessionError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownOrganizationError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    SignInFirstError: Kind("sign-in-first", HTTPStatus.CONFLICT, "Sign in first"),
    AlreadyMemberError: Kind("already-member", HTTPStatus.CONFLICT, "A member already"),
    LastAdminError: Kind("last-admin", HTTPStatus.CONFLICT, "The last admin"),
    HandleTakenError: Kind("handle-taken", HTTPStatus.CONFLICT, "The handle is taken"),
    InvalidHandleError: Kind("invalid-handle", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid handle"),
    InvalidEmailError: Kind("invalid-email", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid e-mail address"),
    WeakPasswordError: Kind("weak-password", HTTPStatus.UNPROCESSABLE_ENTITY, "The password will not do"),
    TooManyAttemptsError: Kind("too-many-attempts", HTTPStatus.TOO_MANY_REQUESTS, "Too many failed attempts"),
    TooManyLettersError: Kind("too-many-letters", HTTPStatus.TOO_MANY_REQUESTS, "Too many letters"),
    BusyError: Kind("busy", HTTPStatus.SERVICE_UNAVAILABLE, "Busy", {"Retry-After": "5"}),
    PasswordsBusyError: Kind("passwords-busy", HTTPStatus.SERVICE_UNAVAILABLE, "Too many sign-ins at once"),
    ImportStateError: Kind("import-state", HTTPStatus.CONFLICT, "Not in this state of the import"),
    NoSuchMappingError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownMappingError: Kind("unknown-mapping", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown mapping"),
    TooManyMappingsError: Kind("too-many-mappings", HTTPStatus.CONFLICT, "Too many saved mappings"),
    UnknownImportError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    StandardPopulationError: Kind(
        "standard-population", HTTPStatus.CONFLICT, "The population is a standard one"
    ),
    PopulationExistsError: Kind("population-exists", HTTPStatus.CONFLICT, "There is such a population"),
    TooManyPopulationsError: Kind("too-many-populations", HTTPStatus.CONFLICT, "Too many populations"),
    InvalidFilterError: Kind("invalid-filter", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid filter"),
    UnknownRecordError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownPartnershipError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownSharingRuleError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownOverlapError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownPopulationError: Kind("unknown-population", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown population"),
    NoSandboxError: Kind("no-sandbox", HTTPStatus.NOT_FOUND, "There is no sandbox"),
    SandboxInSandboxError: Kind("sandbox-in-sandbox", HTTPStatus.CONFLICT, "A sandbox has no sandbox"),
    SandboxLeavingError: Kind("sandbox-leaving", HTTPStatus.CONFLICT, "The sandbox is being taken away"),
    PartnershipEndedError: Kind("partnership-ended", HTTPStatus.CONFLICT, "The partnership has ended"),
    LevelNotOfferedError: Kind(
        "level-not-offered", HTTPStatus.UNPROCESSABLE_ENTITY, "Sharing level not offered"
    ),
    InvalidCursorError: Kind("invalid-cursor", HTTPStatus.BAD_REQUEST, "Invalid cursor"),
    InvalidParameterError: Kind("invalid-parameter", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid parameter"),
    UploadTooLargeError: Kind("upload-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Upload too large"),
    UploadIncompleteError: Kind("upload-incomplete", HTTPStatus.BAD_REQUEST, "Upload incomplete"),
    EmptyUploadError: Kind("empty-upload", HTTPStatus.BAD_REQUEST, "Empty upload"),
    MalformedJsonError: Kind("malformed-json", HTTPStatus.BAD_REQUEST, "Malformed JSON"),
    BadFormError: Kind("bad-form", HTTPStatus.BAD_REQUEST, "The form is not one file"),
    UnsupportedMediaTypeError: Kind(
        "unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type"
    ),
    StalledBodyError: REQUEST_TIMEOUT,
    BatchTooLargeError: BODY_TOO_LARGE,
    NotReadyError: Kind("not-ready", HTTPStatus.SERVICE_UNAVAILABLE, "Not ready", {"Retry-After": "2"}),
    DigestMismatchError: Kind("digest-mismatch", HTTPStatus.BAD_REQUEST, "Another body was announced"),
    InvalidIdempotencyKeyError: Kind(
        "invalid-idempotency-key", HTTPStatus.BAD_REQUEST, "Invalid idempotency key"
    ),
    IdempotencyKeyReusedError: Kind(
        "idempotency-key-reused", HTTPStatus.UNPROCESSABLE_ENTITY, "Idempotency key used before"
    ),
    RequestInProgressError: Kind("request-in-progress", HTTPStatus.CONFLICT, "The request is under way"),
    AnswerLostError: Kind("answer-lost", HTTPStatus.CONFLICT, "Done before"),
    RateLimitedError: Kind("rate-limited", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    PreconditionFailedError: Kind("precondition-failed", HTTPStatus.PRECONDITION_FAILED, "Changed meanwhile"),
    DatabaseUnavailable: Kind(
        "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Not available now", {"Retry-After": "2"}
    ),
}
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
    content = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, **content}
        for status in sorted({*statuses, 401, 403, 422, 503})
    }


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What every operation may answer with, whoever asks: these, and `default` for the rest of what stands in the reference."""
    content = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, **content}
        for status in sorted({*statuses, 400, 429})
    }
    return found | {"default": {"description": "Any other problem", "model": Problem, **content}}


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
    errors = [FieldError(where=".".join(str(p) for p in e["loc"]), message=e["msg"]) for e in error.errors()]
    detail = "Some values are missing or wrong; `errors` names each."
    return problem_response(request, INVALID_REQUEST, detail, errors)


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
