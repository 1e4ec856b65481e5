"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum
from pydantic import Field


class FictionalPartner(Model):
    id: UUID
    name: str
    partnership_id: UUID | None = Field(description="Null until the partnership is made.")


class NewSandbox(Model):
    created_at: datetime
    handle: str
    id: UUID
    key: str | None = Field(
        description="The first test key, shown this once; null where the sandbox was there already."
    )
    name: str


class SandboxIn(Model):
    starter_list: bool = Field(
        default=True,
        description="Whether the sandbox begins with a made-up list of its own, so that there are overlaps at once.",
    )


class Sandbox(Model):
    created_at: datetime
    handle: str
    id: UUID
    name: str


class SandboxStatus(OpenEnum):
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class SandboxState(Model):
    created_at: datetime
    handle: str
    id: UUID
    name: str
    partners: list[FictionalPartner]
    status: SandboxStatus
