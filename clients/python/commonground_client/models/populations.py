"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from commonground_client.base import Model, Page
from commonground_client.models.common import Account
from pydantic import Field


class Population(Model):
    accounts: int
    created_at: datetime
    filter: dict[str, Any] | None = Field(
        description="What decides who belongs; null for the standard populations, of which imports say it."
    )
    id: UUID
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
    filter: dict[str, Any] = Field(
        description='A condition (`{"field": "country", "op": "is", "value": "DE"}`), or one of `all`, `any` (lists of such) and `not`. The guide to populations lists fields and operators.'
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
