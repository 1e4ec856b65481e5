"""`Idempotency-Key` on requests that are one transaction: the answer is stored with the effect, or neither is."""

import hashlib
from typing import Any, Final

from fastapi import Request, Response

from service.db.sessions import TenantSession
from service.guards.idempotency import Guard, Turn
from service.guards.rules import Answer, Asked, check_key, request_digest
from service.http.state import AppState

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
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
        app.metrics.replays.inc()
        raise ReplayedError(found)
    request.state.turn = (guard, session, found)


async def keep_answer(request: Request, response: Response) -> None:
    """Store the answer before the transaction of its effect ends."""
    held: tuple[Guard, TenantSession, Turn] | None = getattr(request.state, "turn", None)
    if held is not None:
        guard, session, turn = held
        await guard.keep(session, turn, answer_of(response))


def answer_of(response: Response) -> Answer:
    headers = tuple((name, response.headers[name]) for name in KEPT_HEADERS if name in response.headers)
    return Answer(response.status_code, headers, bytes(response.body))


def replayed(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {**dict(answer.headers), REPLAYED: "true"})
