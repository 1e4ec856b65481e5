"""What people say of pairs, as it is stored: words, the accounts that they hang on, and links that are proposed."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field

from service.db.model import Record, enum_column, moment
from service.kit.actors import ActorKind

_OF_A_SIDE = (
    ["partnership_id", "org_id"],
    ["partnership_side.partnership_id", "partnership_side.org_id"],
)

HAS_MOVED: Final = text("cardinality(lo_was) + cardinality(hi_was) > 0")


def was_column() -> "Column[list[int]]":
    """References that the account of a pair had before it was merged, the last one last."""
    return Column(ARRAY(BigInteger), nullable=False, server_default=text("'{}'"))


class Word(StrEnum):
    """What the people of one side say of a pair."""

    CONFIRM = "confirm"
    REJECT = "reject"
    OFFER = "offer"
    """See what we show of our account, and say whether it is yours."""


class Decision(Record, table=True):
    """The word of one side's people on a pair. It hangs on the references of the two accounts, whatever matching says of them."""

    __tablename__ = "decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partnership_id", "org_id", "partner_org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id", "partnership_side.partner_org_id"],
        ),
        Index("ix_decision_hi", "partnership_id", "hi_ref"),
    )

    partnership_id: UUID = Field(primary_key=True)
    lo_ref: int = Field(primary_key=True, sa_type=BigInteger)
    hi_ref: int = Field(primary_key=True, sa_type=BigInteger)
    org_id: UUID = Field(primary_key=True)
    """Whose word it is."""
    partner_org_id: UUID
    word: Word = Field(sa_column=enum_column(Word))
    open: bool = False
    """The other side may know of the word: the pair is one that both are told of, or it was offered to them."""
    actor_kind: ActorKind = Field(sa_column=enum_column(ActorKind))
    actor_id: UUID | None = None
    decided_at: datetime = Field(sa_column=moment())
    kinds: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default=text("0")))
    """The kinds of key that met when it was said, packed."""
    learned: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    """Said of two others of the same names, of which nothing more speaks for these."""
    stands: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    """It counts, and its side may read it: one that is learned does while both sides are told of the pair."""
    lo_was: list[int] = Field(default_factory=list, sa_column=was_column())
    """References of the merged accounts that it was said of, the last one last; empty for what was said of this very pair."""
    hi_was: list[int] = Field(default_factory=list, sa_column=was_column())


class DecidedAccount(Record, table=True):
    """One's own account that somebody has decided on, by marks under one's own key (`decided.py`); not for one's people."""

    __tablename__ = "decided_account"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_A_SIDE),
        Index("ix_decided_account_identity", "partnership_id", "org_id", "identity"),
        Index("ix_decided_account_name", "partnership_id", "org_id", "name"),
    )

    partnership_id: UUID = Field(primary_key=True)
    org_id: UUID = Field(primary_key=True)
    ref: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: UUID | None = None
    identity: bytes | None = Field(default=None, sa_type=LargeBinary)
    """16 bytes: of what makes it the same account in the next list."""
    name: bytes | None = Field(default=None, sa_type=LargeBinary)
    """16 bytes: of its name when it was first decided on."""
    gone_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Since when it takes no part in the partnership."""


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """In the copy of whoever refused alone."""


class LinkProposal(Record, table=True):
    """Two accounts that one side takes for the same company (`proposals.py`): a copy for each side, which reads its own alone."""

    __tablename__ = "link_proposal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partnership_id", "org_id", "partner_org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id", "partnership_side.partner_org_id"],
        ),
    )

    partnership_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    org_id: UUID = Field(primary_key=True)
    """Whose copy it is."""
    partner_org_id: UUID
    sent: bool
    """The copy of whoever proposed."""
    state: ProposalState = Field(sa_column=enum_column(ProposalState))
    ref: int = Field(sa_type=BigInteger)
    """The account of whoever proposed."""
    other_ref: int | None = Field(default=None, sa_type=BigInteger)
    """The other side's, where it is known."""
    partner_name: str | None = Field(default=None, sa_type=Text)
    partner_domain: str | None = Field(default=None, sa_type=Text)
    actor_kind: ActorKind | None = Field(default=None, sa_column=enum_column(ActorKind, nullable=True))
    """Who proposed: in their own side's copy."""
    actor_id: UUID | None = None
    proposed_at: datetime = Field(sa_column=moment())
    answered_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    account_id: UUID | None = None
    """The account of whoever proposed: in their own side's copy."""
    gone_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """In the same copy: since when it isn't in the list."""
    announced: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    """In the same copy: the other side was told of it, once."""
