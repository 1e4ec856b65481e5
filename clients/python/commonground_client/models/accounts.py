"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import Account
from pydantic import Field


class AccountAttributeIn(Model):
    name: str


class AttributeType(OpenEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    MONEY = "money"


class AccountAttribute(Model):
    created_at: datetime
    currency: str | None = Field(description="ISO 4217, of amounts that name none.")
    key: str = Field(description="Names it in accounts and mappings, and never changes.")
    name: str = Field(description="Names it for people; at first the header of the column that it came from.")
    type: AttributeType


class AccountAttributePage(Page[AccountAttribute]):
    pass


class AccountPage(Page[Account]):
    pass
