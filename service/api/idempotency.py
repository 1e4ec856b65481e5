"""`Idempotency-Key` on requests that are one transaction: the answer is stored with the effect, or neither is."""

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from fastapi import Request, Response

from service.db.sessions import TenantSession
from service.guards.errors import AnswerOutdatedError
from service.guards.idempotency import Guard, Turn
from service.guards.rules import Answer, Asked, check_key, request_digest
from service.http.state import AppState
from service.overlaps.grounds import grounds_of
from service.partnerships.errors import (
    PartnershipEndedError,
    PartnershipPausedError,
    UnknownPartnershipError,
)

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
PARTNERSHIP: Final = "partnership"
"""The query parameter by which a request says in which partnership it is: its answer may tell of the partner."""
_NONE: Final = ""
"""Grounds that no answer rests on."""
_ID: Final = re.compile(r"(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
KEPT_HEADERS: Final = ("content-type", "etag", "location")
PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER, "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": "A fresh word of yours, such as a UUID: repeated within 24 hours, the request is done once and answered the same.",
}  # fmt: skip


class ReplayedError(Exception):
    """Not an error: the request was done before, and this is its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("the request was done before")
        self.answer = answer


def asked_of(request: Request, session: TenantSession, body: bytes | None) -> Asked | None:
    """What the request asks under its key, None without one. InvalidIdempotencyKeyError. `body` is its SHA-256."""
    key = check_key(request.headers.getlist(HEADER))
    if key is None:
        return None
    path = request.scope.get("raw_path") or request.url.path.encode()
    return Asked(
        key, request_digest(request.method, path, request.scope["query_string"], session.actor), body
    )


async def begin_once(request: Request, app: AppState, session: TenantSession) -> None:
    """Take the key of a POST in the transaction that will do it. ReplayedError where it was done before."""
    if request.method != "POST":
        return
    asked = asked_of(request, session, hashlib.sha256(await request.body()).digest())
    if asked is None:
        return
    guard = Guard(app.keystore, app.clock)
    found = await guard.begin(session, asked)
    if isinstance(found, Answer):
        if found.grounds != await _grounds(request, session):
            raise AnswerOutdatedError
        app.metrics.replays.inc()
        raise ReplayedError(found)
    grounds: str | None = _NONE
    with suppress(UnknownPartnershipError, PartnershipEndedError, PartnershipPausedError):
        # before the effect: what narrows meanwhile is a change too
        grounds = await _grounds(request, session)
    request.state.turn = (guard, session, found, grounds)


async def _grounds(request: Request, session: TenantSession) -> str | None:
    """What an answer about what is in a partnership rests on, None for any other: the partnership is named in the query, what is in it
    by ids in path and body. UnknownPartnershipError, PartnershipEndedError, PartnershipPausedError.
    """
    named = request.query_params.get(PARTNERSHIP)
    if named is None:
        return None
    try:
        partnership = UUID(named)
    except ValueError:
        return _NONE
    said = json.dumps(await request.json()) if await request.body() else ""
    ids = {UUID(one) for one in _ID.findall(f"{request.url.path} {said}")}
    return await grounds_of(session, partnership, ids)


async def keep_answer(request: Request, response: Response) -> None:
    """Store the answer before the transaction of its effect ends."""
    held: tuple[Guard, TenantSession, Turn, str | None] | None = getattr(request.state, "turn", None)
    if held is not None:
        guard, session, turn, grounds = held
        await guard.keep(session, turn, replace(answer_of(response), grounds=grounds))


def answer_of(response: Response) -> Answer:
    headers = tuple((name, response.headers[name]) for name in KEPT_HEADERS if name in response.headers)
    return Answer(response.status_code, headers, bytes(response.body))


def replayed(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {**dict(answer.headers), REPLAYED: "true"})
