"""Entries of the audit log, and the signed checkpoints of its chain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.db.model import Record, enum_column, moment
from service.kit.actors import ActorKind


class AuditEntry(Record, table=True):
    """One sensitive action of one organization. `number` counts from 1 without gaps; `hash` chains it to the one before."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
        Index("ix_audit_entry_action", "org_id", "action", "number"),
    )

    org_id: UUID = Field(primary_key=True, foreign_key="organization.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_type=BigInteger)
    at: datetime = Field(sa_column=moment())
    actor_kind: ActorKind = Field(sa_column=enum_column(ActorKind))
    actor_id: UUID | None = None
    """The key or person that acted; none for the operator and the service."""
    request_id: str | None = Field(default=None, sa_type=Text)
    action: str = Field(sa_type=Text)
    target: str | None = Field(default=None, sa_type=Text)
    details: dict[str, Any] = Field(sa_type=JSONB)
    """Ids, words, numbers; never a name or an address."""
    hash: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of the hash before and this entry's canonical text."""


class AuditCheckpoint(Record, table=True):
    """The service's signature under the chain as it stood at entry `number`; made once a day in which something happened."""

    __tablename__ = "audit_checkpoint"

    org_id: UUID = Field(primary_key=True, foreign_key="organization.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_column=moment())
    service_key: bytes = Field(sa_type=LargeBinary)
    """Ed25519 public key, 32 bytes."""
    signature: bytes = Field(sa_type=LargeBinary)
