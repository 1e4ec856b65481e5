"""What happened in a partnership, numbered in order."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.db.model import Record, moment


class PartnershipEvent(Record, table=True):
    """One fact of a partnership, thin: ids, rule, confidence; never a name."""

    __tablename__ = "partnership_event"
    __table_args__ = (
        # What the matcher finds has no author, so that tens of thousands are written without a look at the partnership.
        ForeignKeyConstraint(
            ["partnership_id", "by_org_id", "to_org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id", "partnership_side.partner_org_id"],
        ),
        CheckConstraint(
            "CASE WHEN by_org_id IS NULL THEN to_org_id IS NULL ELSE to_org_id IS NOT NULL AND"
            " ((by_org_id = lo_org_id AND to_org_id = hi_org_id) OR (by_org_id = hi_org_id AND to_org_id = lo_org_id)) END",
            name="by_a_side",
        ),
    )

    partnership_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID
    type: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(sa_type=JSONB)
    lo_org_id: UUID
    hi_org_id: UUID
    by_org_id: UUID | None = None
    """The side whose people did it; null where matching found it."""
    to_org_id: UUID | None = None
    """The other side of that."""
    created_at: datetime = Field(sa_column=moment())


class EventBookmark(Record, table=True):
    """How far one side has been told of a partnership's events: up to and with `sequence`."""

    __tablename__ = "event_bookmark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partnership_id", "org_id"], ["partnership_side.partnership_id", "partnership_side.org_id"]
        ),
    )

    org_id: UUID = Field(primary_key=True)
    partnership_id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
