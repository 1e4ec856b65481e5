"""Tenants, their keys, and the people who act for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlmodel import Field

from service.crypto import Mode
from service.db.model import Record, enum_column, moment
from service.kit.actors import ActorKind


class Scope(StrEnum):
    """What an API key may do."""

    ACCOUNTS_READ = "accounts:read"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    PARTNERSHIPS_READ = "partnerships:read"
    PARTNERSHIPS_ADMIN = "partnerships:admin"
    OVERLAPS_READ = "overlaps:read"
    COMMENTS_WRITE = "comments:write"
    OVERLAPS_WRITE = "overlaps:write"
    LEADS_WRITE = "leads:write"
    MEMBERS_READ = "members:read"
    MEMBERS_ADMIN = "members:admin"
    KEYS_ADMIN = "keys:admin"
    AUDIT_READ = "audit:read"
    ORGANIZATION_ADMIN = "organization:admin"


class Organization(Record, table=True):
    """A tenant. Stands in the directory, without a tenant of its own: partners must find each other by handle."""

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="handle"),
        CheckConstraint("sandbox = (handle LIKE 'sandbox-%')", name="sandbox_handle"),
        CheckConstraint("num_nonnulls(sandbox_of, fictional_for) = sandbox::integer", name="sandbox"),
        UniqueConstraint("id", "sandbox"),
        UniqueConstraint("id", "sandbox_of"),
        UniqueConstraint("fictional_for", "name"),
    )

    id: UUID = Field(primary_key=True)
    handle: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    mode: Mode = Field(sa_column=enum_column(Mode))
    identity: bytes = Field(sa_type=LargeBinary)
    """Ed25519 public key, 32 bytes."""
    created_at: datetime = Field(sa_column=moment())
    sandbox: bool = False
    """Whether it is made up to try things out: a sandbox or a partner in one. What is live and what isn't never meet."""
    sandbox_of: UUID | None = Field(default=None, unique=True, foreign_key="organization.id")
    """The organization whose sandbox it is."""
    fictional_for: UUID | None = Field(default=None, foreign_key="organization.id")
    """The sandbox that it is a made-up partner of."""


class ApiKey(Record, table=True):
    """One API key: found by its public prefix, checked against the SHA-256 of the whole key."""

    __tablename__ = "api_key"
    __table_args__ = (
        Index("uq_api_key_prefix", "org_id", "prefix", unique=True),
        Index("ix_api_key_family", "org_id", "family_id"),
        ForeignKeyConstraint(["org_id", "sandbox"], ["organization.id", "organization.sandbox"]),
        ForeignKeyConstraint(["org_id", "sandbox_of"], ["organization.id", "organization.sandbox_of"]),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    prefix: str = Field(sa_type=Text)
    digest: bytes = Field(sa_type=LargeBinary)
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime | None = Field(sa_column=moment(nullable=True))
    revoked_at: datetime | None = Field(sa_column=moment(nullable=True))
    sandbox: bool = False
    """As its organization's: the text begins with `cg_test_`, not `cg_live_`."""
    sandbox_of: UUID | None = None
    """Whose sandbox the key opens: that organization sees and makes keys of its sandbox too."""
    family_id: UUID
    """The same for a key and those that it was rotated into."""
    created_by_kind: ActorKind = Field(sa_column=enum_column(ActorKind))
    created_by_id: UUID | None = None
    last_used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """To the minute."""


class Role(StrEnum):
    """What a person is in an organization; `service.organizations.rules.ROLE_SCOPES` says what each may do."""

    ADMIN = "admin"
    PARTNER_MANAGER = "partner_manager"
    SALES = "sales"
    VIEWER = "viewer"


class LinkPurpose(StrEnum):
    """What a link that was mailed or printed is good for, once."""

    SIGN_UP = "sign_up"
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose


class Person(Record, table=True):
    """Somebody who signs in, in any number of organizations."""

    __tablename__ = "person"

    id: UUID = Field(primary_key=True)
    email: str = Field(sa_type=Text, unique=True)
    """As `rules.normal_email` writes it."""
    name: str = Field(sa_type=Text)
    password_hash: str | None = Field(sa_type=Text)
    """Argon2id, as the algorithm's own text with its parameters; None for who signs in elsewhere."""
    password_changed_at: datetime | None = Field(sa_column=moment(nullable=True))
    email_verified_at: datetime | None = Field(sa_column=moment(nullable=True))
    totp_secret: bytes | None = Field(sa_type=LargeBinary)
    """Sealed."""
    totp_confirmed_at: datetime | None = Field(sa_column=moment(nullable=True))
    totp_step: int | None = Field(sa_type=BigInteger)
    """The last time step whose code was taken: each is good once."""
    created_at: datetime = Field(sa_column=moment())
    disabled_at: datetime | None = Field(sa_column=moment(nullable=True))
    organizations_made: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """By themselves, without a link of the operator's."""


def _person_key() -> Any:
    return ForeignKey("person.id", ondelete="CASCADE")


class PersonSession(Record, table=True):
    """A person signed in: found by the SHA-256 of its token, kept a while after its end so that a known device is known."""

    __tablename__ = "session"

    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    id: UUID = Field(unique=True)
    person_id: UUID = Field(sa_column=Column(Uuid, _person_key(), nullable=False, index=True))
    org_id: UUID | None = Field(foreign_key="organization.id", ondelete="CASCADE", index=True)
    """The organization it acts in; None while the person has none."""
    previous_digest: bytes | None = Field(sa_type=LargeBinary, index=True)
    """Of the token before the last renewal, which requests under way may still bear until `previous_until`."""
    previous_until: datetime | None = Field(sa_column=moment(nullable=True))
    renew_at: datetime = Field(sa_column=moment())
    created_at: datetime = Field(sa_column=moment())
    last_seen_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(sa_column=moment(nullable=True))
    second_factor_at: datetime | None = Field(sa_column=moment(nullable=True))
    user_agent: str = Field(sa_type=Text)
    origin: bytes = Field(sa_type=LargeBinary)
    """Keyed hash of program and network: tells a new device from a known one."""


class PersonLink(Record, table=True):
    """A link that is good once: for a person, or, before there is one, for an address."""

    __tablename__ = "person_link"

    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    purpose: LinkPurpose = Field(sa_column=enum_column(LinkPurpose))
    person_id: UUID | None = Field(sa_column=Column(Uuid, _person_key(), nullable=True, index=True))
    email: str | None = Field(sa_type=Text)
    proves_email: bool
    """Whether it went to the address and nowhere else."""
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    used_at: datetime | None = Field(sa_column=moment(nullable=True))


class LoginAttempt(Record, table=True):
    """Failures to slow down: the key is a keyed hash of an address, or of a person's e-mail and an address."""

    __tablename__ = "login_attempt"

    key: bytes = Field(sa_type=LargeBinary, primary_key=True)
    failures: int
    blocked_until: datetime | None = Field(sa_column=moment(nullable=True))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))


class RecoveryCode(Record, table=True):
    """A code that stands for the second factor once: a keyed hash of it, among its person's."""

    __tablename__ = "recovery_code"

    person_id: UUID = Field(sa_column=Column(Uuid, _person_key(), primary_key=True))
    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    used_at: datetime | None = Field(sa_column=moment(nullable=True))


class PersonIdentity(Record, table=True):
    """Who a person is at an identity provider: its issuer, and its own name for them, which never changes."""

    __tablename__ = "person_identity"

    issuer: str = Field(sa_type=Text, primary_key=True)
    subject: str = Field(sa_type=Text, primary_key=True)
    person_id: UUID = Field(sa_column=Column(Uuid, _person_key(), nullable=False, index=True))
    created_at: datetime = Field(sa_column=moment())


class Membership(Record, table=True):
    """A person's place in an organization."""

    __tablename__ = "membership"

    org_id: UUID = Field(primary_key=True, foreign_key="organization.id", ondelete="CASCADE")
    person_id: UUID = Field(primary_key=True, index=True)
    role: Role = Field(sa_column=enum_column(Role))
    created_at: datetime = Field(sa_column=moment())


class MemberInvitation(Record, table=True):
    """A place in an organization, offered to an address by a link that is good once."""

    __tablename__ = "member_invitation"

    org_id: UUID = Field(primary_key=True, foreign_key="organization.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary)
    email: str = Field(sa_type=Text)
    role: Role = Field(sa_column=enum_column(Role))
    invited_by: UUID | None
    """The person; None for the operator or an API key."""
    proves_email: bool
    """Whether its link went to the address and nowhere else."""
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    accepted_at: datetime | None = Field(sa_column=moment(nullable=True))
    withdrawn_at: datetime | None = Field(sa_column=moment(nullable=True))


class Standing(Record, table=True):
    """Whether an organization may go on, and how far: no row stands for yes, without a limit. Kept when it is erased, as its only row."""

    __tablename__ = "organization_standing"
    __table_args__ = tuple(
        CheckConstraint(f"{column} >= 0", name=column)
        for column in ("max_accounts", "max_upload_bytes", "max_members", "max_partnerships")
    )

    org_id: UUID = Field(primary_key=True)
    suspended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    erased_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When erasing began."""
    max_accounts: int | None = Field(default=None, sa_type=BigInteger)
    max_upload_bytes: int | None = Field(default=None, sa_type=BigInteger)
    """Of uploads received and not yet read."""
    max_members: int | None = Field(default=None, sa_type=BigInteger)
    max_partnerships: int | None = Field(default=None, sa_type=BigInteger)
    """Active ones."""
