"""RFC 9457: the shape of every error, and the kinds that arise around routes, before any of them is reached."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.types import Scope, Send

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:commonground:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error becomes: the last part of its type, its status and title, and headers."""

    slug: str
    status: HTTPStatus
    title: str
    headers: Mapping[str, str] | None = None


BAD_REQUEST = Kind("bad-request", HTTPStatus.BAD_REQUEST, "Bad request")
BODY_TOO_LARGE = Kind("body-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Body too large")
HEADERS_TOO_LARGE = Kind("headers-too-large", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Headers too large")
REQUEST_TIMEOUT = Kind("request-timeout", HTTPStatus.REQUEST_TIMEOUT, "The request stopped coming")
TOOK_TOO_LONG = Kind(
    "took-too-long", HTTPStatus.SERVICE_UNAVAILABLE, "Not answered in time", {"Retry-After": "5"}
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "The address does not take this method"
)
NOT_TAKEN = "This address does not take this method; `Allow` names those that it takes."
INTERNAL = Kind("internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here")
AROUND_ROUTES = (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    REQUEST_TIMEOUT,
    TOOK_TOO_LONG,
    INTERNAL,
    METHOD_NOT_ALLOWED,
)
"""The kinds that middleware and the protocol answer with by themselves."""


def members(
    kind: Kind, detail: str, request_id: str | None, errors: Sequence[Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """The body of a problem; members without a value are left out."""
    said = {
        "type": TYPE + kind.slug, "title": kind.title, "status": int(kind.status), "detail": detail,
        "request_id": request_id, "errors": list(errors) if errors else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def request_id_of(scope: Scope) -> str | None:
    found: str | None = scope.get("state", {}).get("request_id")
    return found


async def answer(scope: Scope, send: Send, kind: Kind, detail: str, *, close: bool = False) -> None:
    """Send a problem as the whole answer; `close` where the rest of the request must not be read."""
    body = json.dumps(members(kind, detail, request_id_of(scope))).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in (kind.headers or {}).items()),
    ]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": int(kind.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
