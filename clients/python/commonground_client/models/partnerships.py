"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import Level, Partnership
from pydantic import Field


class HierarchyIn(Model):
    level: Level = Field(
        description="`same_company` looks at no owner. `same_parent` lets accounts meet that belong to one parent company, `same_ultimate_parent` those that belong to one highest company as well."
    )


class Hierarchy(Model):
    """Nothing of any owner is sent or shown farther up than both sides look."""

    level: Level = Field(description="What holds: the nearer of both.")
    own: Level
    partner: Level


class PartnershipPage(Page[Partnership]):
    pass


class PartnershipIn(Model):
    reviews: bool = Field(description="Whether your people judge pairs in review.")


class PartnershipProfileIn(Model):
    """What is left out stays; null takes it away."""

    notes: str | None = Field(default=None)
    owner_id: UUID | None = Field(default=None, description="A member of your organization.")
    tags: list[str] | None = Field(default=None)
    tier: str | None = Field(default=None, description="A word of your own, such as `gold`.")


class ProfileOwner(Model):
    name: str | None
    person_id: UUID


class PartnershipProfile(Model):
    """Your side's alone: the partner is shown none of it."""

    notes: str | None
    owner: ProfileOwner | None = Field(
        description="The member who looks after the partnership; null once they have left."
    )
    tags: list[str]
    tier: str | None


class Preset(OpenEnum):
    """Which fields of a shown account are shown."""

    MINIMAL = "minimal"
    STANDARD = "standard"
    FULL = "full"


class SharingLevel(OpenEnum):
    """What one side lets the other see of one population, narrowest first."""

    HIDDEN = "hidden"
    MATCHED = "matched"
    COUNTS_ONLY = "counts_only"
    OVERLAPPING = "overlapping"
    ALL = "all"


class RuleIn(Model):
    level: SharingLevel
    preset: Preset = Field(default=Preset("standard"))


class Rule(Model):
    changed_at: datetime
    ends_at: datetime | None
    fields: list[str] = Field(description="What the preset shows of an account that is shown at all.")
    level: SharingLevel
    population: str
    population_name: str
    preset: Preset
    version: int


class Rules(Model):
    """Both sides' word on their own populations. One without a rule is hidden; what the partner hides isn't listed."""

    own: list[Rule]
    partner: list[Rule]
