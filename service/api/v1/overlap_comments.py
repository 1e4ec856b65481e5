"""What people of either side write on an overlap."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.api.deps import App, Reading, Writer, Writing, reads, writes
from service.api.pagination import Page, Paging
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.overlaps import PartnershipId
from service.http.etags import etag
from service.kit.actors import ActorKind
from service.organizations.models import Scope
from service.overlaps.comments import LONGEST, Comment, Comments
from service.overlaps.comments import Writing as WritingComments
from service.overlaps.models import Audience
from service.overlaps.told_pair import told_pair

router = resource("/overlaps/{overlap_id}/comments", "comments")
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$",
    ),
    Field(description="Plain text with line breaks; nothing in it is HTML or Markdown."),
]


class CommentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text
    visible_to: Audience = Field(
        default=Audience.ORGANIZATION,
        description="`organization`: my own people alone. `partner`: the partner too, while it is told of the overlap.",
    )


class CommentChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text


class AuthorOut(BaseModel):
    kind: ActorKind
    id: UUID | None = Field(description="Of my own person or key; null for the partner's.")
    name: str | None = Field(
        description="`Former member` for somebody who was erased; null for the partner's API key."
    )
    organization: str


class CommentOut(BaseModel):
    id: UUID
    own: bool = Field(description="Whether my organization wrote it.")
    visible_to: Audience
    text: str
    author: AuthorOut
    created_at: datetime
    edited_at: datetime | None


def _out(comment: Comment) -> CommentOut:
    author = AuthorOut(
        kind=comment.author_kind, id=comment.author_id, name=comment.name, organization=comment.organization
    )
    return CommentOut(
        id=comment.id, own=comment.own, visible_to=comment.visible_to, text=comment.text, author=author,
        created_at=comment.created_at, edited_at=comment.edited_at,
    )  # fmt: skip


def _tag(comment: Comment) -> str:
    """Of what can be edited."""
    return etag(comment.id, comment.text)


@router.get(
    "", operation_id="list_overlap_comments", responses=responses(400, 404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def list_comments(
    session: Reading, app: App, overlap_id: UUID, partnership: PartnershipId, paging: Paging
) -> Page[CommentOut]:
    """My organization's comments on an overlap and those that the partner shows, the oldest first."""
    comments = Comments(session, app.keystore, await told_pair(session, partnership, overlap_id))
    rows = await comments.page(after=paging.after_id(), limit=paging.limit + 1)
    return paging.page(rows, _out, lambda comment: (comment.id,))


@router.post(
    "", operation_id="create_overlap_comment", status_code=201, responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.COMMENTS_WRITE), scope="function")],
)  # fmt: skip
async def create_comment(  # each comes from another place of the request
    session: Writing, app: App, overlap_id: UUID, partnership: PartnershipId, *, wanted: CommentIn
) -> CommentOut:
    """Write a comment. Who may read it can't be changed afterwards."""
    return _out(
        await (await _writing(session, app, partnership, overlap_id)).add(
            app.ids, wanted.text, wanted.visible_to
        )
    )


@router.get(
    "/{comment_id}", operation_id="get_overlap_comment", responses=responses(404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def get_comment(  # each comes from another place of the request
    session: Reading,
    app: App,
    response: Response,
    *,
    overlap_id: UUID,
    comment_id: UUID,
    partnership: PartnershipId,
) -> CommentOut:
    """One comment, with the `ETag` that a change may name in `If-Match`."""
    found = await Comments(session, app.keystore, await told_pair(session, partnership, overlap_id)).one(
        comment_id
    )
    response.headers["ETag"] = _tag(found)
    return _out(found)


@router.patch(
    "/{comment_id}", operation_id="update_overlap_comment", responses=responses(404, 409, 410, 412),
    dependencies=[Depends(writes(Scope.COMMENTS_WRITE), scope="function")],
)  # fmt: skip
async def update_comment(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    change: CommentChange,
    *,
    overlap_id: UUID,
    comment_id: UUID,
    partnership: PartnershipId,
    conditions: ChangeConditions,
) -> CommentOut:
    """Change the text of a comment of one's own."""
    writing = await _writing(session, app, partnership, overlap_id)
    changed = await writing.edit(comment_id, change.text, meets=lambda found: conditions.check(_tag(found)))
    response.headers["ETag"] = _tag(changed)
    return _out(changed)


@router.delete(
    "/{comment_id}", operation_id="delete_overlap_comment", status_code=204, responses=responses(404, 409, 410, 412),
    dependencies=[Depends(writes(Scope.COMMENTS_WRITE), scope="function")],
)  # fmt: skip
async def delete_comment(  # each comes from another place of the request
    app: App,
    session: Writing,
    caller: Writer,
    *,
    overlap_id: UUID,
    comment_id: UUID,
    partnership: PartnershipId,
    conditions: ChangeConditions,
) -> None:
    """Delete a comment of one's own, or, as an admin (`organization:admin`), any of one's organization."""
    writing = await _writing(session, app, partnership, overlap_id)
    is_admin = Scope.ORGANIZATION_ADMIN in caller.scopes
    await writing.delete(comment_id, as_admin=is_admin, meets=lambda found: conditions.check(_tag(found)))


async def _writing(session: Writing, app: App, partnership: UUID, overlap_id: UUID) -> WritingComments:
    pair = await told_pair(session, partnership, overlap_id, to_write=True)
    return WritingComments(session, app.keystore, pair, app.clock)
