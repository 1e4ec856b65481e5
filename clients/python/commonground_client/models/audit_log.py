"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from commonground_client.models.common import ActorKind
from pydantic import Field


class Actor(Model):
    id: UUID | None = Field(description="Of the key or person; null for the operator and the service.")
    kind: ActorKind


class AuditEntry(Model):
    action: str
    actor: Actor
    at: datetime
    details: dict[str, str | int | bool | None]
    hash: str = Field(description="SHA-256 of the hash before and this entry's canonical text, in hex.")
    number: int = Field(description="From 1 on, without gaps.")
    request_id: str | None = Field(description="`X-Request-Id` of the request that did it.")
    target: str | None = Field(description="Kind and id of the thing.")


class Checkpoint(Model):
    """The service's signature under the log as it stood at entry `number`."""

    at: str = Field(description="As it was signed: in UTC, with microseconds.")
    hash: str
    number: int
    org_id: UUID
    service_key: str = Field(description="Ed25519 public key, in hex.")
    signature: str


class AuditEntryPage(Page[AuditEntry]):
    pass


class CheckpointPage(Page[Checkpoint]):
    pass
