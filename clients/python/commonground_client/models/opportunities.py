"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import date, datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from pydantic import Field


class Outcome(OpenEnum):
    WON = "won"
    LOST = "lost"
    OPEN = "open"


class Opportunity(Model):
    account_id: UUID | None = Field(
        description="One of your accounts; null where the file's isn't in the list."
    )
    amount: str | None = Field(description="A decimal number.")
    closed: date | None
    created: date | None
    created_at: datetime
    currency: str | None = Field(description="ISO 4217.")
    expected_close: date | None
    external_id: str | None
    id: UUID
    name: str | None
    next_step: str | None
    outcome: Outcome | None = Field(
        description="As the file says; else as the stage does, else open; null for one that was closed, nobody says how."
    )
    owner: str | None
    probability: str | None = Field(description="Per cent, a decimal number from 0 to 100.")
    stage: str | None
    type: str | None
    updated_at: datetime


class Stage(Model):
    entered_at: datetime = Field(description="As the file's history says, else when an import brought it.")
    stage: str


class OpportunityWithStages(Model):
    account_id: UUID | None = Field(
        description="One of your accounts; null where the file's isn't in the list."
    )
    amount: str | None = Field(description="A decimal number.")
    closed: date | None
    created: date | None
    created_at: datetime
    currency: str | None = Field(description="ISO 4217.")
    expected_close: date | None
    external_id: str | None
    id: UUID
    name: str | None
    next_step: str | None
    outcome: Outcome | None = Field(
        description="As the file says; else as the stage does, else open; null for one that was closed, nobody says how."
    )
    owner: str | None
    probability: str | None = Field(description="Per cent, a decimal number from 0 to 100.")
    stage: str | None
    stages: list[Stage] = Field(description="The stages that it was in, the oldest first.")
    type: str | None
    updated_at: datetime


class OpportunityPage(Page[Opportunity]):
    pass
