"""Tenants and their keys."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, LargeBinary, Text
from sqlmodel import Field

from service.crypto import Mode
from service.db.model import Record, enum_column, moment


class Scope(StrEnum):
    """What an API key may do."""

    ACCOUNTS_READ = "accounts:read"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    PARTNERSHIPS_READ = "partnerships:read"
    PARTNERSHIPS_ADMIN = "partnerships:admin"
    OVERLAPS_READ = "overlaps:read"


class Organization(Record, table=True):
    """A tenant. Stands in the directory, without a tenant of its own: partners must find each other by handle."""

    __tablename__ = "organization"
    __table_args__ = (CheckConstraint("handle ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="handle"),)

    id: UUID = Field(primary_key=True)
    handle: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    mode: Mode = Field(sa_column=enum_column(Mode))
    identity: bytes = Field(sa_type=LargeBinary)
    """Ed25519 public key, 32 bytes."""
    created_at: datetime = Field(sa_column=moment())


class ApiKey(Record, table=True):
    """One API key: found by its public prefix, checked against the SHA-256 of the whole key."""

    __tablename__ = "api_key"
    __table_args__ = (Index("uq_api_key_prefix", "org_id", "prefix", unique=True),)

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    prefix: str = Field(sa_type=Text)
    digest: bytes = Field(sa_type=LargeBinary)
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime | None = Field(sa_column=moment(nullable=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))
