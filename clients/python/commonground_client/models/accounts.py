"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import Account, RecordStatus
from pydantic import Field


class AccountAttributeIn(Model):
    name: str


class AttributeType(OpenEnum):
    """Of a column of the users' own, which takes no part in matching."""

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


class AccountFields(Model):
    """The fields of an account as files have them, each a text, a number, true or false, or null, which empties it; what a record leaves out stays as it is. Fields: external_id, name, website, email, linkedin, country, city, industry, employees, revenue, status, owner, registry_id, lei, vat, duns, siren, parent_external_id, parent_name, parent_domain, alias_domains, alias_names. Custom attributes stand by key in the object `attributes`, of which the same holds: each value of the attribute's type, or as `GET` shows it, null to empty it."""


class AccountAttributePage(Page[AccountAttribute]):
    pass


class AccountPage(Page[Account]):
    pass


class PutResult(Model):
    """What became of the record."""

    id: UUID
    import_id: UUID | None = Field(
        description="The import that the change is kept as; null if nothing was changed."
    )
    status: RecordStatus
