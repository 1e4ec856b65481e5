"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import ActorKind
from pydantic import Field


class Scope(OpenEnum):
    """What an API key may do."""

    ACCOUNTS_READ = "accounts:read"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    PARTNERSHIPS_READ = "partnerships:read"
    PARTNERSHIPS_ADMIN = "partnerships:admin"
    OVERLAPS_READ = "overlaps:read"
    LEADS_WRITE = "leads:write"
    MEMBERS_READ = "members:read"
    MEMBERS_ADMIN = "members:admin"
    KEYS_ADMIN = "keys:admin"
    AUDIT_READ = "audit:read"
    ORGANIZATION_ADMIN = "organization:admin"


class ApiKeyChange(Model):
    """What is left out stays as it is."""

    name: str | None = Field(default=None)
    scopes: list[Scope] | None = Field(default=None, description="All that it may do from now on.")


class ApiKeyIn(Model):
    expires_at: datetime | None = Field(default=None, description="Null, or left out: it doesn't expire.")
    name: str = Field(description="What the key is for.")
    scopes: list[Scope] = Field(description="What it may do; nothing that you may not.")


class Maker(Model):
    id: UUID | None = Field(description="Of the key or person; null for the operator.")
    kind: ActorKind


class ApiKey(Model):
    created_at: datetime
    created_by: Maker
    expires_at: datetime | None = Field(description="Null for a key that doesn't expire.")
    family_id: UUID = Field(description="The same for a key and those that it was rotated into.")
    id: UUID
    last_used_at: datetime | None = Field(description="To the minute; null for a key that was never used.")
    name: str
    revoked_at: datetime | None
    scopes: list[Scope]
    shown: str = Field(description="Enough of the key to know it again, and not the key.")


class NewApiKey(Model):
    created_at: datetime
    created_by: Maker
    expires_at: datetime | None = Field(description="Null for a key that doesn't expire.")
    family_id: UUID = Field(description="The same for a key and those that it was rotated into.")
    id: UUID
    key: str = Field(description="The key itself. It is shown this once: nobody can read it again.")
    last_used_at: datetime | None = Field(description="To the minute; null for a key that was never used.")
    name: str
    revoked_at: datetime | None
    scopes: list[Scope]
    shown: str = Field(description="Enough of the key to know it again, and not the key.")


class ApiKeyPage(Page[ApiKey]):
    pass


class Rotation(Model):
    overlap_seconds: int = Field(
        default=86400, description="How long the old key lives on beside the new one."
    )
