"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from commonground_client.models.common import KeyKind
from pydantic import Field


class DuplicateAccount(Model):
    city: str | None
    contacts: int
    country: str | None
    created_at: datetime
    domain: str | None
    external_id: str | None
    id: UUID
    name: str | None
    opportunities: int
    owner: str | None


class DuplicateTerm(Model):
    """One reason: `bits` of evidence for (above 0) or against (below 0) the two being one company."""

    bits: float
    outcome: str
    sentence: str
    term: str


class DuplicatePair(Model):
    confidence: float
    evidence: dict[str, str] = Field(description="Per attribute: `agrees`, `differs` or `unknown`.")
    explanation: list[DuplicateTerm] = Field(
        description="The terms add up to the weight behind the confidence."
    )
    left_account_id: UUID
    right_account_id: UUID
    rules: list[KeyKind] = Field(description="Kinds of key that met.")


class Duplicate(Model):
    accounts: list[DuplicateAccount] = Field(
        description="The fullest first, which is left unless a merge says another."
    )
    confidence: float = Field(description="The least of its pairs.")
    found_at: datetime
    id: UUID = Field(description="The same for the same accounts in the next search.")
    pairs: list[DuplicatePair]
    status: str


class DuplicateSearch(Model):
    accounts: int | None = Field(description="Accounts that were searched.")
    crowded: int | None = Field(
        description="Keys that more than a hundred accounts bear, which tell nothing."
    )
    current: bool = Field(description="Nothing of the list was written since the last search.")
    groups: int | None
    searched_at: datetime | None = Field(description="Null before the first search.")
    waiting: bool = Field(description="A search is due or under way.")


class MergeIn(Model):
    account_id: UUID | None = Field(default=None, description="The account that is left; null: the fullest.")
    accounts: list[UUID] | None = Field(
        default=None, description="Merge these of the group alone; null: all."
    )


class Merged(Model):
    account_id: UUID = Field(description="The account that is left.")
    import_id: UUID = Field(description="The import that the merge is kept as; undoing that undoes it.")
    merged: list[UUID] = Field(description="Those that went into it.")


class DuplicatePage(Page[Duplicate]):
    pass
