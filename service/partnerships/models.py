"""Partnerships, what each side lets the other see, and what it shows."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB
from sqlmodel import Field

from service.crypto import Mode
from service.db.model import Record, enum_column, moment
from service.matching.kinds import Level


class PartnershipStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class SharingLevel(StrEnum):
    """What one side lets the other see of one population, narrowest first."""

    HIDDEN = "hidden"
    MATCHED = "matched"
    COUNTS_ONLY = "counts_only"
    OVERLAPPING = "overlapping"
    ALL = "all"


class Preset(StrEnum):
    """Which fields of a shown account are shown."""

    MINIMAL = "minimal"
    STANDARD = "standard"
    FULL = "full"


class Partnership(Record, table=True):
    """The link of two organizations; `lo` is the one whose id sorts first."""

    __tablename__ = "partnership"
    __table_args__ = (
        CheckConstraint("lo_org_id < hi_org_id", name="order"),
        UniqueConstraint("id", "lo_org_id", "hi_org_id"),
        CheckConstraint(
            "num_nulls(next_epoch, next_normaliser, next_since) IN (0, 3) AND next_epoch > epoch", name="next"
        ),
        # both of the same world: what is live and what is a sandbox never meet
        ForeignKeyConstraint(["lo_org_id", "sandbox"], ["organization.id", "organization.sandbox"]),
        ForeignKeyConstraint(["hi_org_id", "sandbox"], ["organization.id", "organization.sandbox"]),
    )

    id: UUID = Field(primary_key=True)
    lo_org_id: UUID
    hi_org_id: UUID
    status: PartnershipStatus = Field(sa_column=enum_column(PartnershipStatus))
    epoch: int = Field(sa_type=Integer)
    normaliser: str = Field(sa_type=Text)
    epoch_since: datetime = Field(sa_column=moment())
    """Since when the epoch is the one that matches."""
    next_epoch: int | None = Field(default=None, sa_type=Integer)
    """The epoch that takes its place once both sides' tokens stand under it; null while none is prepared."""
    next_normaliser: str | None = Field(default=None, sa_type=Text)
    next_since: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    threshold: float = Field(default=0.90, sa_type=DOUBLE_PRECISION)
    created_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(sa_column=moment(nullable=True))
    ended_by: UUID | None = None
    """The side that ended it; null where the operator did, or erased a side."""
    sandbox: bool = False
    """As both its sides'."""

    @property
    def epochs(self) -> list[int]:
        """Those that live: the one that matches, and the one that is prepared."""
        return [self.epoch] if self.next_epoch is None else [self.epoch, self.next_epoch]

    def partner_of(self, org_id: UUID) -> UUID:
        """The other side."""
        return self.hi_org_id if org_id == self.lo_org_id else self.lo_org_id

    def side_of(self, org_id: UUID) -> Literal["lo", "hi"]:
        return "lo" if org_id == self.lo_org_id else "hi"


_PARTNER = "CASE WHEN org_id = lo_org_id THEN hi_org_id ELSE lo_org_id END"
_SIDE = ["partnership_side.partnership_id", "partnership_side.org_id", "partnership_side.partner_org_id"]


class PartnershipSide(Record, table=True):
    """What one side published of itself: who it is and its signed statement of the epoch."""

    __tablename__ = "partnership_side"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partnership_id", "lo_org_id", "hi_org_id"],
            ["partnership.id", "partnership.lo_org_id", "partnership.hi_org_id"],
        ),
        CheckConstraint("org_id IN (lo_org_id, hi_org_id)", name="of_the_pair"),
        CheckConstraint("num_nulls(next_statement, next_signature, next_confirm) IN (0, 3)", name="next"),
        UniqueConstraint("partnership_id", "org_id", "partner_org_id"),
    )

    partnership_id: UUID = Field(primary_key=True)
    org_id: UUID = Field(primary_key=True)
    lo_org_id: UUID
    hi_org_id: UUID
    partner_org_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, Computed(_PARTNER, persisted=True), nullable=False)
    )
    """The other side, as the database works it out: what names an owner and a viewer names this pair of columns."""
    name: str = Field(sa_type=Text)
    handle: str = Field(sa_type=Text)
    mode: Mode = Field(sa_column=enum_column(Mode))
    identity: bytes = Field(sa_type=LargeBinary)
    """The identity key that people agreed on when the partnership began."""
    statement: str = Field(sa_type=Text)
    signature: bytes = Field(sa_type=LargeBinary)
    confirm: bytes = Field(sa_type=LargeBinary)
    next_statement: str | None = Field(default=None, sa_type=Text)
    """The same three of the epoch that is prepared."""
    next_signature: bytes | None = Field(default=None, sa_type=LargeBinary)
    next_confirm: bytes | None = Field(default=None, sa_type=LargeBinary)
    reviews: bool = True
    paused_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Since when this side has it paused; it rests while either has."""
    hierarchy: Level = Field(default=Level.SAME_COMPANY, sa_column=enum_column(Level))
    """How far up the owners of accounts this side lets them meet; the nearer of both sides' holds."""


class SharingRule(Record, table=True):
    """One side's word on one of its populations. Both sides read it; only the owner's session writes it."""

    __tablename__ = "sharing_rule"
    __table_args__ = (ForeignKeyConstraint(["partnership_id", "owner_org_id", "partner_org_id"], _SIDE),)

    partnership_id: UUID = Field(primary_key=True)
    owner_org_id: UUID = Field(primary_key=True)
    bit: int = Field(primary_key=True, sa_type=Integer)
    """The population's bit in its owner's accounts."""
    partner_org_id: UUID
    population: str = Field(sa_type=Text)
    population_name: str = Field(sa_type=Text)
    level: SharingLevel = Field(sa_column=enum_column(SharingLevel))
    preset: Preset = Field(sa_column=enum_column(Preset))
    version: int = Field(sa_type=Integer)
    awaits: int | None = Field(default=None, sa_type=Integer)
    """The version of the population's filter that has to be applied and published before anything is shown under the rule."""
    ends_at: datetime | None = Field(sa_column=moment(nullable=True))
    changed_at: datetime = Field(sa_column=moment())


class SharedRecord(Record, table=True):
    """What `owner_org_id` shows of one account to `viewer_org_id`; `ref` names the account in this partnership."""

    __tablename__ = "shared_record"
    __table_args__ = (ForeignKeyConstraint(["partnership_id", "owner_org_id", "viewer_org_id"], _SIDE),)

    partnership_id: UUID = Field(primary_key=True)
    owner_org_id: UUID = Field(primary_key=True)
    ref: int = Field(primary_key=True, sa_type=BigInteger)
    viewer_org_id: UUID
    populations: int = Field(sa_type=BigInteger)
    """The owner's population bits under which the account is shown."""
    fields: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """Field → value; null where the account stands in review pairs only, of which nothing is shown."""
    rule_version: int = Field(sa_type=Integer)
    written_at: datetime = Field(sa_column=moment())
