"""What a search for duplicates found, what was merged, and what was said to be two companies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB
from sqlmodel import Field

from service.db.model import Record, moment


class AccountMerge(Record, table=True):
    """An account that was merged into another: whatever names it, names the other from then on. Undoing the merge takes the row away."""

    __tablename__ = "account_merge"
    __table_args__ = (Index("ix_account_merge_into", "org_id", "into_id"),)

    org_id: UUID = Field(primary_key=True)
    merged_id: UUID = Field(primary_key=True)
    into_id: UUID
    identities: list[str] = Field(sa_type=ARRAY(Text))
    """Its own, and the one that its domain alone would give."""
    domains: list[str] = Field(sa_type=ARRAY(Text))
    names: list[str] = Field(sa_type=ARRAY(Text))
    """Aliases of the other for as long as the merge stands."""
    import_id: UUID
    """The merge."""
    merged_at: datetime = Field(sa_column=moment())


class AccountDuplicate(Record, table=True):
    """Accounts that the engine takes for one company, as the last search found them."""

    __tablename__ = "account_duplicate"
    __table_args__ = (
        Index("uq_account_duplicate_members", "org_id", "members", unique=True),
        Index("ix_account_duplicate_surest", "org_id", "confidence", "id"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    members: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of the ids: the same accounts are the same group in the next search."""
    accounts: list[UUID] = Field(sa_type=ARRAY(Uuid))
    status: str = Field(sa_type=Text)
    confidence: float = Field(sa_type=DOUBLE_PRECISION)
    """The least of its pairs."""
    pairs: dict[str, Any] = Field(sa_type=JSONB)
    """`pairs`: `left`, `right`, `confidence`, `weight`, `rules`, `ev_<attribute>`."""
    found_at: datetime = Field(sa_column=moment())


class AccountDistinct(Record, table=True):
    """Two accounts that somebody said are not one company."""

    __tablename__ = "account_distinct"

    org_id: UUID = Field(primary_key=True)
    one_id: UUID = Field(primary_key=True)
    other_id: UUID = Field(primary_key=True)
    """The higher of the two."""
    said_at: datetime = Field(sa_column=moment())


class DuplicateSearch(Record, table=True):
    """The last search for duplicates."""

    __tablename__ = "account_duplicate_search"

    org_id: UUID = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    """The organization's last change then."""
    accounts: int = Field(sa_type=Integer)
    groups: int = Field(sa_type=Integer)
    crowded: int = Field(sa_type=Integer)
    """Keys of so many accounts that they told nothing."""
    searched_at: datetime = Field(sa_column=moment())
