"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from pydantic import Field


class Contact(Model):
    account_id: UUID | None = Field(
        description="One of your accounts; null where the file's isn't in the list."
    )
    city: str | None
    consent: str | None
    country: str | None
    created_at: datetime
    department: str | None
    email: str | None
    external_id: str | None
    first_name: str | None
    id: UUID
    last_name: str | None
    linkedin: str | None
    mobile: str | None
    name: str | None
    owner: str | None
    phone: str | None
    source: str | None
    status: str | None
    title: str | None
    updated_at: datetime


class ContactPage(Page[Contact]):
    pass
