"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from commonground_client.models.common import Role
from pydantic import Field


class AcceptIn(Model):
    """Whoever has no account yet gives a name and a password; whoever has one signs in first and gives neither."""

    name: str | None = Field(default=None)
    password: str | None = Field(default=None)
    token: str = Field(description="What stands after the # sign of the link.")


class InvitationIn(Model):
    days: int = Field(default=7, description="How long the link is good.")
    email: str
    role: Role


class Invitation(Model):
    created_at: datetime
    email: str
    expires_at: datetime
    id: UUID
    invited_by: UUID | None = Field(description="The person; null for an API key or the operator.")
    role: Role


class Member(Model):
    disabled: bool = Field(description="Whether the operator lets them in no more.")
    email: str
    name: str
    person_id: UUID
    role: Role
    second_factor: bool = Field(description="Whether signing in asks them for a code.")
    since: datetime


class NewInvitation(Model):
    created_at: datetime
    email: str
    expires_at: datetime
    id: UUID
    invited_by: UUID | None = Field(description="The person; null for an API key or the operator.")
    link: str | None = Field(
        description="Hand it over yourself: it is shown this once. Null where a letter brings it."
    )
    role: Role


class InvitationPage(Page[Invitation]):
    pass


class MemberPage(Page[Member]):
    pass


class RoleIn(Model):
    role: Role
