"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _create_overlap_comment(
    overlap_id: UUID, body: m.CommentIn, *, partnership: UUID, idempotency_key: str | None = None
) -> Call[m.Comment]:
    return Call(
        method="POST",
        path=path("/v1/overlaps/{}/comments", overlap_id),
        answer=m.Comment,
        query={"partnership": partnership},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _delete_overlap_comment(
    overlap_id: UUID,
    comment_id: UUID,
    *,
    partnership: UUID,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[None]:
    return Call(
        method="DELETE",
        path=path("/v1/overlaps/{}/comments/{}", overlap_id, comment_id),
        answer=type(None),
        query={"partnership": partnership},
        headers={"if-match": if_match, "if-none-match": if_none_match},
    )


def _get_overlap_assignee(overlap_id: UUID, *, partnership: UUID) -> Call[m.Assignee]:
    return Call(
        method="GET",
        path=path("/v1/overlaps/{}/assignee", overlap_id),
        answer=m.Assignee,
        query={"partnership": partnership},
    )


def _get_overlap_comment(overlap_id: UUID, comment_id: UUID, *, partnership: UUID) -> Call[m.Comment]:
    return Call(
        method="GET",
        path=path("/v1/overlaps/{}/comments/{}", overlap_id, comment_id),
        answer=m.Comment,
        query={"partnership": partnership},
    )


def _list_overlap_comments(
    overlap_id: UUID, *, partnership: UUID, cursor: str | None = None, limit: int | None = None
) -> Call[m.CommentPage]:
    return Call(
        method="GET",
        path=path("/v1/overlaps/{}/comments", overlap_id),
        answer=m.CommentPage,
        query={"partnership": partnership, "cursor": cursor, "limit": limit},
    )


def _put_overlap_assignee(overlap_id: UUID, body: m.AssigneeIn, *, partnership: UUID) -> Call[m.Assignee]:
    return Call(
        method="PUT",
        path=path("/v1/overlaps/{}/assignee", overlap_id),
        answer=m.Assignee,
        query={"partnership": partnership},
        json=body,
    )


def _update_overlap_comment(
    overlap_id: UUID,
    comment_id: UUID,
    body: m.CommentChange,
    *,
    partnership: UUID,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.Comment]:
    return Call(
        method="PATCH",
        path=path("/v1/overlaps/{}/comments/{}", overlap_id, comment_id),
        answer=m.Comment,
        query={"partnership": partnership},
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


class Comments(Sender):
    def create_overlap_comment(
        self, overlap_id: UUID, body: m.CommentIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Comment:
        """Write a comment. Who may read it can't be changed afterwards."""
        return self.send(
            _create_overlap_comment(
                overlap_id, body, partnership=partnership, idempotency_key=idempotency_key
            )
        )

    def delete_overlap_comment(
        self,
        overlap_id: UUID,
        comment_id: UUID,
        *,
        partnership: UUID,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> None:
        """Delete a comment of one's own, or, as an admin (`organization:admin`), any of one's organization."""
        return self.send(
            _delete_overlap_comment(
                overlap_id,
                comment_id,
                partnership=partnership,
                if_match=if_match,
                if_none_match=if_none_match,
            )
        )

    def get_overlap_assignee(self, overlap_id: UUID, *, partnership: UUID) -> m.Assignee:
        """Who of my organization looks after an overlap. The partner's isn't told."""
        return self.send(_get_overlap_assignee(overlap_id, partnership=partnership))

    def get_overlap_comment(self, overlap_id: UUID, comment_id: UUID, *, partnership: UUID) -> m.Comment:
        """One comment, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_overlap_comment(overlap_id, comment_id, partnership=partnership))

    def list_overlap_comments(
        self, overlap_id: UUID, *, partnership: UUID, cursor: str | None = None, limit: int | None = None
    ) -> m.CommentPage:
        """My organization's comments on an overlap and those that the partner shows, the oldest first."""
        return self.send(
            _list_overlap_comments(overlap_id, partnership=partnership, cursor=cursor, limit=limit)
        )

    def iter_overlap_comments(
        self, overlap_id: UUID, *, partnership: UUID, limit: int | None = None
    ) -> Iterator[m.Comment]:
        """Every item of `list_overlap_comments`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_overlap_comments(
                overlap_id, partnership=partnership, limit=limit, cursor=cursor
            )
        )

    def put_overlap_assignee(self, overlap_id: UUID, body: m.AssigneeIn, *, partnership: UUID) -> m.Assignee:
        """Let a member of my organization look after an overlap, or nobody."""
        return self.send(_put_overlap_assignee(overlap_id, body, partnership=partnership))

    def update_overlap_comment(
        self,
        overlap_id: UUID,
        comment_id: UUID,
        body: m.CommentChange,
        *,
        partnership: UUID,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Comment:
        """Change the text of a comment of one's own."""
        return self.send(
            _update_overlap_comment(
                overlap_id,
                comment_id,
                body,
                partnership=partnership,
                if_match=if_match,
                if_none_match=if_none_match,
            )
        )


class AsyncComments(AsyncSender):
    async def create_overlap_comment(
        self, overlap_id: UUID, body: m.CommentIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Comment:
        """Write a comment. Who may read it can't be changed afterwards."""
        return await self.send(
            _create_overlap_comment(
                overlap_id, body, partnership=partnership, idempotency_key=idempotency_key
            )
        )

    async def delete_overlap_comment(
        self,
        overlap_id: UUID,
        comment_id: UUID,
        *,
        partnership: UUID,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> None:
        """Delete a comment of one's own, or, as an admin (`organization:admin`), any of one's organization."""
        return await self.send(
            _delete_overlap_comment(
                overlap_id,
                comment_id,
                partnership=partnership,
                if_match=if_match,
                if_none_match=if_none_match,
            )
        )

    async def get_overlap_assignee(self, overlap_id: UUID, *, partnership: UUID) -> m.Assignee:
        """Who of my organization looks after an overlap. The partner's isn't told."""
        return await self.send(_get_overlap_assignee(overlap_id, partnership=partnership))

    async def get_overlap_comment(
        self, overlap_id: UUID, comment_id: UUID, *, partnership: UUID
    ) -> m.Comment:
        """One comment, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_overlap_comment(overlap_id, comment_id, partnership=partnership))

    async def list_overlap_comments(
        self, overlap_id: UUID, *, partnership: UUID, cursor: str | None = None, limit: int | None = None
    ) -> m.CommentPage:
        """My organization's comments on an overlap and those that the partner shows, the oldest first."""
        return await self.send(
            _list_overlap_comments(overlap_id, partnership=partnership, cursor=cursor, limit=limit)
        )

    def iter_overlap_comments(
        self, overlap_id: UUID, *, partnership: UUID, limit: int | None = None
    ) -> AsyncIterator[m.Comment]:
        """Every item of `list_overlap_comments`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_overlap_comments(
                overlap_id, partnership=partnership, limit=limit, cursor=cursor
            )
        )

    async def put_overlap_assignee(
        self, overlap_id: UUID, body: m.AssigneeIn, *, partnership: UUID
    ) -> m.Assignee:
        """Let a member of my organization look after an overlap, or nobody."""
        return await self.send(_put_overlap_assignee(overlap_id, body, partnership=partnership))

    async def update_overlap_comment(
        self,
        overlap_id: UUID,
        comment_id: UUID,
        body: m.CommentChange,
        *,
        partnership: UUID,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Comment:
        """Change the text of a comment of one's own."""
        return await self.send(
            _update_overlap_comment(
                overlap_id,
                comment_id,
                body,
                partnership=partnership,
                if_match=if_match,
                if_none_match=if_none_match,
            )
        )
