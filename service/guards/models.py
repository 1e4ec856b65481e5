"""What repeated requests did, and what is left of a caller's budget."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, Text
from sqlmodel import Field

from service.db.model import Record, moment


class IdempotencyRecord(Record, table=True):
    """One idempotency key of an organization: leased by a request under way, or with the answer of one that was kept."""

    __tablename__ = "idempotency_record"
    __table_args__ = (
        CheckConstraint("(leased_until IS NULL) = (response IS NOT NULL)", name="state"),
        CheckConstraint("response IS NULL OR body IS NOT NULL", name="body"),
        Index("ix_idempotency_record_expires_at", "org_id", "expires_at"),
    )

    org_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, sa_type=Text(collation="C"))
    request: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of method, path, query and caller."""
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    """SHA-256 of the body, once it is known."""
    attempt: int = Field(sa_type=Integer)
    """Counts who took the key up: whoever holds an older number has lost it."""
    leased_until: datetime | None = Field(sa_column=moment(nullable=True))
    """By the database's clock, which all processes share."""
    response: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The answer, sealed with the organization's data key: it may hold what is shown once."""
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())


class RateBudget(Record, table=True):
    """How much of the budget of one period has been handed out to processes; `subject` is a key, a person or the organization."""

    __tablename__ = "rate_budget"

    org_id: UUID = Field(primary_key=True)
    subject: UUID = Field(primary_key=True)
    period: int = Field(sa_type=BigInteger)
    """Which period, counted from 1970."""
    leased: int = Field(sa_type=BigInteger)
