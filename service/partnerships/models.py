"""Partnerships, what each side lets the other see, and what it shows."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB
from sqlmodel import Field

from service.crypto import Mode
from service.db.model import Record, enum_column, moment
from service.db.sealed import SealedColumn
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
    coded: bool = False
    """Whether the code of its invitation enters its keys; either side's copy lies in the keystore."""
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


class InvitationWay(StrEnum):
    """How an invitation reaches the other side."""

    LINK = "link"
    HANDLE = "handle"
    EMAIL = "email"


class ListSize(StrEnum):
    """How many accounts whoever invites expects to bring, up to and with the number named."""

    UP_TO_1000 = "up_to_1000"
    UP_TO_10000 = "up_to_10000"
    UP_TO_100000 = "up_to_100000"
    UP_TO_1000000 = "up_to_1000000"
    OVER_1000000 = "over_1000000"


def _organization_key() -> Any:
    return ForeignKey("organization.id", ondelete="CASCADE")


class PartnerInvitation(Record, table=True):
    """A partnership offered by the organization; `id` becomes the partnership's. Nothing here says whether anybody was reached."""

    __tablename__ = "partner_invitation"
    __table_args__ = (
        CheckConstraint("num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name="end"),
        CheckConstraint(
            "(way = 'handle') = (handle IS NOT NULL) AND (way = 'email') = (email IS NOT NULL)", name="to"
        ),
    )

    org_id: UUID = Field(sa_column=Column(Uuid, _organization_key(), primary_key=True))
    id: UUID = Field(primary_key=True)
    way: InvitationWay = Field(sa_column=enum_column(InvitationWay))
    handle: str | None = Field(sa_type=Text)
    """As it was typed: whether there is such an organization is neither asked nor kept."""
    email: str | None = Field(sa_type=Text)
    """As `rules.normal_email` writes it."""
    admits: UUID
    """128 bits of a hash of the secret: a session that shows them reads this row, whoever's it is."""
    message: str | None = Field(sa_type=Text)
    list_size: ListSize | None = Field(sa_column=enum_column(ListSize, nullable=True))
    coded: bool = False
    """Whether it is accepted only with a code that was passed outside the service."""
    wrong_codes: int = Field(default=0, sa_type=Integer)
    """Since the code was drawn."""
    invited_by: UUID | None
    """The person; None for the operator or an API key."""
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    accepted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    declined_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    withdrawn_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ReceivedInvitation(Record, table=True):
    """What reached the invited organization: a copy, which opens nothing once its sender has withdrawn or renewed the invitation."""

    __tablename__ = "received_invitation"
    __table_args__ = (
        CheckConstraint("num_nonnulls(accepted_at, declined_at) <= 1", name="end"),
        Index("ix_received_invitation_inviter_org_id", "inviter_org_id", "id"),
    )

    org_id: UUID = Field(sa_column=Column(Uuid, _organization_key(), primary_key=True))
    id: UUID = Field(primary_key=True)
    inviter_org_id: UUID = Field(sa_column=Column(Uuid, _organization_key(), nullable=False))
    admits: UUID
    message: str | None = Field(sa_type=Text)
    list_size: ListSize | None = Field(sa_column=enum_column(ListSize, nullable=True))
    coded: bool = False
    received_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    accepted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    declined_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


SEALED_NOTES: Final = SealedColumn("partnership_profile", "notes", key="partnership_id")


class PartnershipProfile(Record, table=True):
    """What one side keeps of a partnership for itself: the other is told nothing of it."""

    __tablename__ = "partnership_profile"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partnership_id", "org_id"], ["partnership_side.partnership_id", "partnership_side.org_id"]
        ),
        ForeignKeyConstraint(
            ["org_id", "owner_id"],
            ["membership.org_id", "membership.person_id"],
            ondelete="SET NULL (owner_id)",
        ),
    )

    org_id: UUID = Field(primary_key=True)
    partnership_id: UUID = Field(primary_key=True)
    owner_id: UUID | None = None
    """The member who looks after it."""
    tier: str | None = Field(default=None, sa_type=Text)
    tags: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    notes: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Sealed, as JSON."""
    version: int = Field(default=0, sa_type=Integer)
