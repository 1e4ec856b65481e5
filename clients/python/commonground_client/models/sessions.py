"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from pydantic import Field


class Session(Model):
    created_at: datetime
    current: bool = Field(description="Whether it is the one that asks.")
    expires_at: datetime = Field(description="At the latest; 30 minutes without use end it sooner.")
    id: UUID
    last_seen_at: datetime = Field(description="To the minute.")
    organization_id: UUID | None
    second_factor: bool
    user_agent: str


class SessionPage(Page[Session]):
    pass


class SignInIn(Model):
    code: str | None = Field(
        default=None,
        description="The present code of your authenticator app, or a recovery code, once a second factor is set up.",
    )
    email: str
    organization_id: UUID | None = Field(
        default=None, description="Which of your organizations to act in; the oldest membership unless said."
    )
    password: str


class SwitchIn(Model):
    organization_id: UUID
