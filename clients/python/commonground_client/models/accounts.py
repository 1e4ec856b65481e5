"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import Account
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
    """The fields of an account as files have them, each a text, a number, true or false, or null, which empties it; what a record leaves out stays as it is. Fields: external_id, name, website, email, linkedin, country, city, industry, employees, revenue, status, owner, registry_id, lei, vat, duns, siren, parent_external_id, parent_name, parent_domain, alias_domains, alias_names; and `attributes`, an object of custom attributes by key, of which the same holds: each value of the attribute's type, or as `GET` shows it, null to empty it."""


class RecordStatus(OpenEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class RecordResult(Model):
    """What became of one record."""

    field: str | None = Field(description="The field at fault, if one is.")
    id: UUID | None = Field(description="The account's; null where the record was rejected.")
    message: str | None = Field(description="The same in words, and how to mend it.")
    reason: str | None = Field(description="Why it was rejected, as in the errors of an import.")
    status: RecordStatus


class BatchResult(Model):
    created: int
    import_id: UUID | None = Field(
        description="The import that the batch is kept as, which can be rolled back; null if nothing was changed."
    )
    rejected: int
    results: list[RecordResult] = Field(description="One a record, in the order of the records.")
    unchanged: int
    updated: int


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
