"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import Account
from pydantic import Field


class MemberStatus(OpenEnum):
    ADDED = "added"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"


class MemberResult(Model):
    id: UUID
    status: MemberStatus = Field(
        description="`unchanged`: it was in the list, or not, already; `unknown`: there is no such account."
    )


class MembersIn(Model):
    """Ids of accounts, none both to be added and removed."""

    add: list[UUID] = Field(default_factory=list)
    remove: list[UUID] = Field(default_factory=list)


class Members(Model):
    import_id: UUID | None = Field(
        description="The import that the change is kept as, which can be rolled back; null if nothing was changed."
    )
    results: list[MemberResult] = Field(description="One an id: those of `add`, then those of `remove`.")


class NewKind(OpenEnum):
    FILTER = "filter"
    LIST = "list"


class PopulationKind(OpenEnum):
    """What says who belongs to a population."""

    STANDARD = "standard"
    FILTER = "filter"
    LIST = "list"


class Population(Model):
    accounts: int
    created_at: datetime
    filter: dict[str, Any] | None = Field(description="What decides who belongs; null for the other kinds.")
    id: UUID
    kind: PopulationKind = Field(
        description="What says who belongs: a `filter`; of a `list` imports and whoever adds and removes accounts; of a `standard` one imports alone."
    )
    name: str
    settled: bool = Field(
        description="Whether the filter has been applied to every account; it takes a moment after a change."
    )
    slug: str


class PopulationPage(Page[Population]):
    pass


class PopulationChange(Model):
    """What is left out stays as it is."""

    filter: dict[str, Any] | None = Field(default=None)
    name: str | None = Field(default=None)


class PopulationFilter(Model):
    filter: dict[str, Any] = Field(
        description='A condition (`{"field": "country", "op": "is", "value": "DE"}`), or one of `all`, `any` (lists of such) and `not`. The guide to populations lists fields and operators.'
    )


class PopulationIn(Model):
    filter: dict[str, Any] | None = Field(default=None, description="Of the kind `filter`, which needs it.")
    kind: NewKind = Field(
        default=NewKind("filter"),
        description="`list` for one without a filter: imports and `POST …/members` say who belongs.",
    )
    name: str
    slug: str | None = Field(
        default=None,
        description="Names it in rules and queries, and never changes; made of the name if left out.",
    )


class PopulationPreview(Model):
    accounts: int = Field(description="Accounts that the filter chooses.")
    first: list[Account] = Field(description="The first ten of them.")
    matchable: int = Field(
        description="Of them, those with a domain, a name, a LinkedIn page or a registry number."
    )
    with_domain: int = Field(description="Of them, those with a domain, which matches best.")
