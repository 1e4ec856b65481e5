"""Doing a request once, however often it comes.

A request that is one transaction holds its key by a lock of that transaction and stores its answer with its effect: both stand
or neither does. One that streams its body *leases* the key while no transaction is open and stores the answer with its effect in the end.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.crypto import DataKeys, Keystore
from service.crypto.errors import CryptoError
from service.db.sealed import SealedColumn
from service.db.sessions import TenantSession
from service.guards.errors import AnswerLostError, RequestInProgressError
from service.guards.repository import IdempotencyRecords
from service.guards.rules import KEEP, LEASE, Answer, Asked, Kept, is_free, judge
from service.kit.clock import Clock

SWEPT_AT_ONCE = 50


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


SEALED_ANSWER: Final = SealedColumn("idempotency_record", "response", key="key", text=_hashed)


@dataclass(frozen=True, slots=True)
class Turn:
    """A key that is this request's to fill; `attempt` fences off whoever had it before."""

    asked: Asked
    attempt: int


@dataclass(frozen=True, slots=True)
class Unread:
    """The key has an answer already; whether it is this request's, its body must tell."""

    kept: Kept


@dataclass(frozen=True, slots=True)
class Guard:
    """What the operations of this room need."""

    keystore: Keystore
    clock: Clock
    lease: timedelta = LEASE

    async def begin(self, session: TenantSession, asked: Asked) -> Turn | Answer:
        """The turn to do it in this transaction, or the answer of when it was done.

        RequestInProgressError, IdempotencyKeyReusedError, AnswerLostError. The body must have been read.
        """
        found = await self._look(session, asked)
        if isinstance(found, Unread):
            raise TypeError("the body of a request in one transaction is read before its key is looked up")
        return found

    async def keep(self, session: TenantSession, turn: Turn, answer: Answer) -> None:
        """Store the answer in the transaction of the effect. RequestInProgressError if another took the key."""
        records, now = IdempotencyRecords(session), self.clock.now()
        sealed = self._seal(session, turn.asked.key, answer)
        if not await records.put(turn.asked, turn.attempt, moments=(now, now + KEEP), response=sealed):
            raise RequestInProgressError(1)
        await records.sweep(now, SWEPT_AT_ONCE)

    async def take_lease(self, session: TenantSession, asked: Asked) -> Turn | Answer | Unread:
        """As `begin`, for a request whose effect comes in a later transaction: commit this one to hold the key."""
        found = await self._look(session, asked)
        if isinstance(found, Turn):
            now = self.clock.now()
            moments = (now, now + KEEP)
            if not await IdempotencyRecords(session).put(
                asked, found.attempt, moments=moments, lease=self.lease
            ):
                raise RequestInProgressError(1)
        return found

    async def renew(self, session: TenantSession, turn: Turn) -> None:
        """Hold the key for longer. RequestInProgressError if another has taken it up."""
        if not await IdempotencyRecords(session).renew(turn.asked.key, turn.attempt, self.lease):
            raise RequestInProgressError(1)

    async def finish(self, session: TenantSession, turn: Turn, body: bytes, answer: Answer) -> None:
        """Store the answer in the transaction of the effect. RequestInProgressError, if another has taken the key up."""
        sealed = self._seal(session, turn.asked.key, answer)
        records = IdempotencyRecords(session)
        if not await records.finish(turn.asked.key, turn.attempt, body, sealed):
            raise RequestInProgressError(1)
        await records.sweep(self.clock.now(), SWEPT_AT_ONCE)

    async def release(self, session: TenantSession, turn: Turn) -> None:
        """Give the key back, since nothing was done."""
        await IdempotencyRecords(session).release(turn.asked.key, turn.attempt)

    def answer_of(self, session: TenantSession, unread: Unread, asked: Asked) -> Answer:
        """The answer of when it was done, now that the body is known. IdempotencyKeyReusedError, AnswerLostError."""
        stored = judge(unread.kept, asked)
        return self._open(session, asked.key, stored or b"")

    async def _look(self, session: TenantSession, asked: Asked) -> Turn | Answer | Unread:
        records = IdempotencyRecords(session)
        if not await records.alone(asked.key):
            raise RequestInProgressError(1)
        kept = await records.find(asked.key)
        if kept is None or is_free(kept, self.clock.now()):
            return Turn(asked, kept.attempt + 1 if kept else 1)
        stored = judge(kept, asked)
        return Unread(kept) if stored is None else self._open(session, asked.key, stored)

    def _seal(self, session: TenantSession, key: str, answer: Answer) -> bytes:
        return DataKeys(self.keystore, str(session.org_id)).seal(answer.packed(), SEALED_ANSWER.place(key))

    def _open(self, session: TenantSession, key: str, sealed: bytes) -> Answer:
        try:
            return Answer.unpack(
                DataKeys(self.keystore, str(session.org_id)).open(sealed, SEALED_ANSWER.place(key))
            )
        except CryptoError:
            raise AnswerLostError from None
