"""What happened in a partnership, numbered in order."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from service.db.model import Record, moment


class PartnershipEvent(Record, table=True):
    """One fact of a partnership, thin: ids, rule, confidence; never a name."""

    __tablename__ = "partnership_event"

    partnership_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID
    type: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(sa_type=JSONB)
    lo_org_id: UUID
    hi_org_id: UUID
    created_at: datetime = Field(sa_column=moment())
