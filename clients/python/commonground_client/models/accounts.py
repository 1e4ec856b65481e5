"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from pydantic import Field


class Account(Model):
    city: str | None
    country: str | None
    created_at: datetime
    domain: str | None = Field(description="The registrable domain that the website or e-mail gives.")
    employees: str | None
    external_id: str | None
    id: UUID
    industry: str | None
    name: str | None
    owner: str | None
    populations: list[str]
    revenue: str | None
    status: str | None
    updated_at: datetime
    website: str | None


class AccountPage(Page[Account]):
    pass
