"""Comments on an overlap: private to one's organization, or shown to the partner while it is told of the overlap.

Whoever calls has found the pair by `told_pair`, which is what keeps a side from the comments on what it isn't told of.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from service.audit import record
from service.crypto import DataKeys, Keystore
from service.db.sessions import TenantReadSession, TenantSession
from service.jobs import enqueue
from service.kit.actors import ActorKind
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.overlaps.errors import NotTheAuthorError, TooManyCommentsError, UnknownCommentError
from service.overlaps.models import SEALED_COMMENT, Audience, OverlapComment
from service.overlaps.told_pair import ToldPair

LONGEST: Final = 4000
"""Characters of a comment."""
MOST: Final = 500
"""Comments of one organization on one overlap."""
COMMENTED_JOB: Final = "overlaps.commented"
FORMER_MEMBER: Final = "Former member"
"""In place of the name of somebody who was erased."""
# A key's name is its organization's alone: the policy of `api_key` gives none to the partner.
_SEEN: Final = """
    SELECT c.id, c.org_id, c.visible_to, c.author_kind, c.author_id, c.body, c.created_at, c.edited_at,
           organization.name AS organization, coalesce(p.name, k.name) AS name
    FROM overlap_comment c JOIN organization ON c.org_id = organization.id
    LEFT JOIN person p ON c.author_kind = 'person' AND p.id = c.author_id
    LEFT JOIN api_key k ON c.author_kind = 'api_key' AND k.org_id = c.org_id AND k.id = c.author_id
    WHERE c.partnership_id = $1 AND c.lo_ref = $2 AND c.hi_ref = $3
      AND (c.org_id = $4 OR (c.partner_org_id = $4 AND c.visible_to = 'partner'))
"""
_PAGE: Final = f"{_SEEN} AND ($5::uuid IS NULL OR c.id > $5) ORDER BY c.id LIMIT $6"
_ONE: Final = f"{_SEEN} AND c.id = $5"
_COUNT: Final = """
    SELECT count(*) FROM overlap_comment WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3 AND org_id = $4
"""
_EDIT: Final = "UPDATE overlap_comment SET body = $3, edited_at = $4 WHERE partnership_id = $1 AND id = $2"
_DELETE: Final = "DELETE FROM overlap_comment WHERE partnership_id = $1 AND id = $2"
_LOCK: Final = "SELECT 1 FROM overlap_comment WHERE partnership_id = $1 AND id = $2 FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Comment:
    """As one side reads it. `author_id` is None for the partner's, and `name` for its API keys."""

    id: UUID
    own: bool
    organization: str
    visible_to: Audience
    author_kind: ActorKind
    author_id: UUID | None
    name: str | None
    text: str
    created_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments on one overlap, as the session's organization reads and writes them."""

    session: TenantReadSession
    keystore: Keystore
    pair: ToldPair

    async def page(self, *, after: UUID | None, limit: int) -> list[Comment]:
        """The oldest first."""
        driver: asyncpg.Connection = await self.session.raw()
        rows = await driver.fetch(_PAGE, *self.pair.place, self.session.org_id, after, limit)
        return [self._read(row) for row in rows]

    async def one(self, comment_id: UUID) -> Comment:
        """UnknownCommentError."""
        driver: asyncpg.Connection = await self.session.raw()
        row = await driver.fetchrow(_ONE, *self.pair.place, self.session.org_id, comment_id)
        if row is None:
            raise UnknownCommentError
        return self._read(row)

    def _read(self, row: Mapping[str, Any]) -> Comment:
        own, kind = row["org_id"] == self.session.org_id, ActorKind(row["author_kind"])
        sealed = DataKeys(self.keystore, str(row["org_id"])).open(
            bytes(row["body"]), SEALED_COMMENT.place(row["id"])
        )
        return Comment(
            id=row["id"], own=own, organization=row["organization"], visible_to=Audience(row["visible_to"]), author_kind=kind,
            author_id=row["author_id"] if own else None,
            name=row["name"] or (FORMER_MEMBER if kind is ActorKind.PERSON else None),
            text=json.loads(sealed), created_at=row["created_at"], edited_at=row["edited_at"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writing(Comments):
    """In a transaction that writes; who acts is the session's actor."""

    session: TenantSession
    clock: Clock

    async def add(self, ids: Ids, text: str, visible_to: Audience) -> Comment:
        """TooManyCommentsError. What is shown to the partner is an event of the partnership, which a job writes."""
        driver: asyncpg.Connection = await self.session.raw()
        if await driver.fetchval(_COUNT, *self.pair.place, self.session.org_id) >= MOST:
            raise TooManyCommentsError(MOST)
        pair, actor, comment_id = self.pair, self.session.actor, ids.new()
        self.session.add(
            OverlapComment(
                partnership_id=pair.partnership_id, id=comment_id, lo_ref=pair.lo_ref, hi_ref=pair.hi_ref,
                org_id=self.session.org_id, partner_org_id=pair.partner_id, visible_to=visible_to,
                author_kind=actor.kind, author_id=actor.id, body=self._sealed(comment_id, text), created_at=self.clock.now(),
            )
        )  # fmt: skip
        await self.session.flush()
        if visible_to is Audience.PARTNER:
            await self._tell(comment_id)
        await self._note("comment.created", comment_id, visible_to)
        return await self.one(comment_id)

    async def edit(self, comment_id: UUID, text: str, *, meets: Callable[[Comment], None]) -> Comment:
        """Change one's own text; `meets` may refuse what it is now. UnknownCommentError, NotTheAuthorError."""
        found = await self._locked(comment_id)
        if not self._is_mine(found):
            raise NotTheAuthorError
        meets(found)
        driver = await self.session.raw()
        sealed = self._sealed(comment_id, text)
        await driver.execute(_EDIT, self.pair.partnership_id, comment_id, sealed, self.clock.now())
        await self._note("comment.edited", comment_id, found.visible_to)
        return await self.one(comment_id)

    async def delete(self, comment_id: UUID, *, as_admin: bool, meets: Callable[[Comment], None]) -> None:
        """One's own, or as an admin any of one's organization. UnknownCommentError, NotTheAuthorError."""
        found = await self._locked(comment_id)
        if not (self._is_mine(found) or (found.own and as_admin)):
            raise NotTheAuthorError
        meets(found)
        await (await self.session.raw()).execute(_DELETE, self.pair.partnership_id, comment_id)
        await self._note("comment.deleted", comment_id, found.visible_to)

    async def _locked(self, comment_id: UUID) -> Comment:
        await (await self.session.raw()).execute(_LOCK, self.pair.partnership_id, comment_id)
        return await self.one(comment_id)

    def _is_mine(self, comment: Comment) -> bool:
        actor = self.session.actor
        return comment.own and (comment.author_kind, comment.author_id) == (actor.kind, actor.id)

    def _sealed(self, comment_id: UUID, text: str) -> bytes:
        keys = DataKeys(self.keystore, str(self.session.org_id))
        return keys.seal(json.dumps(text).encode(), SEALED_COMMENT.place(comment_id))

    async def _tell(self, comment_id: UUID) -> None:
        named = {"overlap_id": self.pair.overlap_id, "comment_id": comment_id, "org_id": self.session.org_id}
        payload = {"partnership_id": self.pair.partnership_id, **named}
        await enqueue(self.session, COMMENTED_JOB, {name: str(value) for name, value in payload.items()})

    async def _note(self, action: str, comment_id: UUID, visible_to: Audience) -> None:
        details = {"overlap_id": str(self.pair.overlap_id), "visible_to": visible_to.value}
        await record(
            self.session, self.clock, action, target=f"overlap_comment:{comment_id}", details=details
        )
