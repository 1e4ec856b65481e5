"""Streamed bodies: hashed as they come, checked against `Content-Digest`, done once under an idempotency key.

No transaction is open while a body streams: its key is leased, and the lease renewed as pieces come.
"""

import asyncio
import base64
import binascii
import hashlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from service.api.errors import DigestMismatchError, InvalidParameterError
from service.api.forms import AROUND_FILE, FormFile
from service.api.idempotency import answer_of, asked_of, replayed
from service.db.errors import DatabaseUnavailable
from service.db.sessions import TenantSession
from service.guards.idempotency import Guard, Turn, Unread
from service.guards.rules import Answer, Asked
from service.http.state import AppState
from service.imports.errors import UploadTooLargeError
from service.organizations.operations import Caller

RENEW_SECONDS: Final = 30.0
_SHA_256 = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):\s*(?:$|,|;)", re.IGNORECASE)


def announced_digest(request: Request) -> bytes | None:
    """The SHA-256 of `Content-Digest` (RFC 9530), None where it names none. InvalidParameterError."""
    given = ",".join(request.headers.getlist("content-digest"))
    if "sha-256" not in given.lower():
        return None
    found = _SHA_256.search(given)
    try:
        digest = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise InvalidParameterError(
            "Content-Digest: write the SHA-256 of the body as `sha-256=:<base64>:`, or leave the header out."
        )
    return digest


def announced_length(request: Request) -> int | None:
    given = request.headers.get("content-length", "")
    return int(given) if given.isdigit() else None


def check_length(form: FormFile | None, announced: int | None, limit: int) -> int | None:
    """The announced length of the file itself, None for one in a form. UploadTooLargeError before a byte of it came."""
    if form is None or announced is None:
        return announced
    if announced > limit + AROUND_FILE:
        raise UploadTooLargeError(limit)
    return None


class HashedBody:
    """The pieces of the file that a request's body is or, being a form, has in it; `digest` is the SHA-256 of those that came.

    BadFormError, and UploadTooLargeError for a form that is larger than `limit` bytes of file can make it.
    """

    def __init__(
        self,
        request: Request,
        form: FormFile | None,
        limit: int,
        renew: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._request, self._form, self._limit, self._renew = request, form, limit, renew
        self._sent = hashlib.sha256()
        self._file = self._sent if form is None else hashlib.sha256()
        self._around = 0
        self._renewed = time.monotonic()

    @property
    def digest(self) -> bytes:
        return self._file.digest()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._request.stream():
            self._sent.update(piece)
            if self._renew is not None and time.monotonic() - self._renewed > RENEW_SECONDS:
                await self._renew()
                self._renewed = time.monotonic()
            if self._form is None:
                yield piece
            else:
                for part in self._of_form(self._form, piece):
                    yield part
        if self._form is not None:
            self._form.finish()

    def _of_form(self, form: FormFile, piece: bytes) -> Iterator[bytes]:
        self._around += len(piece)
        for part in form.feed(piece):
            self._around -= len(part)
            self._file.update(part)
            yield part
        if self._around > AROUND_FILE:
            raise UploadTooLargeError(self._limit)

    def check(self, announced: bytes | None) -> None:
        """DigestMismatchError where another body was announced."""
        if announced is not None and announced != self._sent.digest():
            raise DigestMismatchError


@dataclass(frozen=True, slots=True)
class Streamed:
    """A request that streams its body, on its way to one effect."""

    request: Request
    app: AppState
    caller: Caller
    form: FormFile | None = None

    async def once(
        self,
        receive: Callable[[AsyncIterator[bytes]], Awaitable[None]],
        effect: Callable[[TenantSession], Awaitable[Response]],
        discard: Callable[[], None],
    ) -> Response:
        """Take the body in by `receive`, do `effect` in one transaction, and answer with it; `discard` undoes `receive`.

        Under an idempotency key done before, the answer of then.
        """
        digest = announced_digest(self.request)
        guard = Guard(self.app.keystore, self.app.clock)
        found = await self._lease(guard, digest)
        if isinstance(found, Answer):
            return self._replay(found)
        if isinstance(found, tuple):
            return self._replay(await self._compare(guard, *found))
        body = self._body(None if found is None else lambda: self._renew(guard, found))
        try:
            await receive(aiter(body))
            try:
                body.check(digest)
                return await self._finish(guard, found, body.digest, effect)
            except Exception as error:
                # where the commit's answer was lost the effect may stand, and needs what was received
                if not (isinstance(error, DatabaseUnavailable) and error.outcome_unknown):
                    discard()
                raise
        except (Exception, asyncio.CancelledError) as error:  # cancelled where its time is up
            if found is not None and not isinstance(error, DatabaseUnavailable):
                await asyncio.shield(self._release(guard, found))
            raise

    def _body(self, renew: Callable[[], Awaitable[None]] | None = None) -> HashedBody:
        return HashedBody(self.request, self.form, self.app.spool.limit, renew)

    async def _lease(self, guard: Guard, digest: bytes | None) -> Turn | Answer | tuple[Unread, Asked] | None:
        async with self.app.database.tenant(self.caller.org_id) as session:
            session.actor = self.caller.actor
            asked = asked_of(self.request, session, None if self.form else digest)  # which is of the form
            if asked is None:
                return None
            found = await guard.take_lease(session, asked)
            return (found, asked) if isinstance(found, Unread) else found

    async def _compare(self, guard: Guard, unread: Unread, asked: Asked) -> Answer:
        """Read the body for its hash alone. It is bounded, as a first one is, by what was kept of it."""
        body, received = self._body(), 0
        async for piece in body:
            received += len(piece)
            if received > self.app.spool.limit:
                break
        async with self.app.database.tenant(self.caller.org_id) as session:
            return guard.answer_of(session, unread, Asked(asked.key, asked.request, body.digest))

    async def _renew(self, guard: Guard, turn: Turn) -> None:
        async with self.app.database.tenant(self.caller.org_id) as session:
            await guard.renew(session, turn)

    async def _finish(
        self,
        guard: Guard,
        turn: Turn | None,
        digest: bytes,
        effect: Callable[[TenantSession], Awaitable[Response]],
    ) -> Response:
        async with self.app.database.tenant(self.caller.org_id) as session:
            session.actor = self.caller.actor
            session.request_id = getattr(self.request.state, "request_id", None)
            response = await effect(session)
            if turn is not None:
                await guard.finish(session, turn, digest, answer_of(response))
        return response

    async def _release(self, guard: Guard, turn: Turn) -> None:
        with suppress(DatabaseUnavailable):  # then the lease runs out
            async with self.app.database.tenant(self.caller.org_id) as session:
                await guard.release(session, turn)

    def _replay(self, answer: Answer) -> Response:
        self.app.metrics.replays.inc()
        return replayed(answer)
