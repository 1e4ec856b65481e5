"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import ActorKind
from pydantic import Field


class AssigneeIn(Model):
    person_id: UUID | None = Field(description="A member of my organization; null for nobody.")


class Assignee(Model):
    """All null: nobody."""

    assigned_at: datetime | None
    name: str | None
    person_id: UUID | None


class Audience(OpenEnum):
    """Who may read a comment."""

    ORGANIZATION = "organization"
    PARTNER = "partner"


class Author(Model):
    id: UUID | None = Field(description="Of my own person or key; null for the partner's.")
    kind: ActorKind
    name: str | None = Field(
        description="`Former member` for somebody who was erased; null for the partner's API key."
    )
    organization: str


class CommentChange(Model):
    text: str = Field(description="Plain text with line breaks; nothing in it is HTML or Markdown.")


class CommentIn(Model):
    text: str = Field(description="Plain text with line breaks; nothing in it is HTML or Markdown.")
    visible_to: Audience = Field(
        default=Audience("organization"),
        description="`organization`: my own people alone. `partner`: the partner too, while it is told of the overlap.",
    )


class Comment(Model):
    author: Author
    created_at: datetime
    edited_at: datetime | None
    id: UUID
    own: bool = Field(description="Whether my organization wrote it.")
    text: str
    visible_to: Audience


class CommentPage(Page[Comment]):
    pass
