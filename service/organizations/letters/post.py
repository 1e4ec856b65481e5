"""Queueing a letter, in the transaction of what it tells."""

from typing import Final
from uuid import UUID

from service.db.sessions import WriteSession
from service.jobs import enqueue
from service.organizations.letters.texts import LetterKind

LETTER_JOB: Final = "people.letter"


async def post(session: WriteSession, kind: LetterKind, about: UUID, *, org_id: UUID | None = None) -> None:
    """Send a letter once this transaction is committed.

    `about` is the invitation (with its `org_id`), the session for `new_sign_in`, else the person; an id of nobody costs the
    same time and sends nothing.
    """
    payload: dict[str, str | int] = {"kind": kind.value, "about": str(about)}
    await enqueue(session, LETTER_JOB, payload | ({"org_id": str(org_id)} if org_id else {}))
