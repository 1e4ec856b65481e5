"""Tokens as stored, the run that compares them, and the overlaps found."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlmodel import Field

from service.db.model import Record, enum_column, moment
from service.db.sealed import SealedColumn
from service.kit.actors import ActorKind
from service.matching.kinds import Level
from service.overlaps.decision_models import HAS_MOVED, DecidedAccount, Decision, LinkProposal, was_column

_OF_A_SIDE = (
    ["partnership_id", "org_id"],
    ["partnership_side.partnership_id", "partnership_side.org_id"],
)
"""The foreign key of what one side keeps in a partnership: nobody else can write there."""
_OF_A_PAIR = (
    ["partnership_id", "lo_org_id", "hi_org_id"],
    ["partnership.id", "partnership.lo_org_id", "partnership.hi_org_id"],
)
"""The foreign key of what two sides share."""


class OverlapStatus(StrEnum):
    AUTO = "auto"
    REVIEW = "review"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DISPUTED = "disputed"


COUNTED = frozenset({OverlapStatus.AUTO, OverlapStatus.CONFIRMED})
"""What is in counts, reports and events; the others are told as what they are, and to those alone who may know."""


class Scored(StrEnum):
    """What the score alone makes of a pair."""

    AUTO = "auto"
    REVIEW = "review"


class Part(StrEnum):
    """What a column of tokens is for. The matcher sees what is sent, of accounts and of their owners; the rest is the side's alone."""

    SENT = "sent"
    """Tokens that may meet the partner's."""
    WITHHELD = "withheld"
    """Tokens that a guard over the whole list keeps back: domains of many names, heads of many accounts."""
    ACCOUNTS = "accounts"
    """The accounts that take part: their ids stand in the tokens' place."""
    PARENT = "parent"
    """Tokens of the company above an account, where both sides look so far; they may meet as what is sent does."""
    ULTIMATE_PARENT = "ultimate_parent"
    """The same of the highest company above."""
    TOUCHED = "touched"
    """Tokens sent of the accounts that one change touched, as it left them, until it has been met."""


class Layer(StrEnum):
    """A column is its base with the later changes applied."""

    BASE = "base"
    ADDED = "added"
    REMOVED = "removed"


class TokenSegment(Record, table=True):
    """About 64 k sorted tokens of one side, part and kind, with the references of their accounts. Never changed once written."""

    __tablename__ = "token_segment"
    __table_args__ = (ForeignKeyConstraint(*_OF_A_SIDE),)

    partnership_id: UUID = Field(primary_key=True)
    org_id: UUID = Field(primary_key=True)
    epoch: int = Field(primary_key=True, sa_type=Integer)
    change: int = Field(primary_key=True, sa_type=BigInteger)
    part: Part = Field(sa_column=enum_column(Part, primary_key=True))
    kind: str = Field(primary_key=True, sa_type=Text)
    layer: Layer = Field(sa_column=enum_column(Layer, primary_key=True))
    number: int = Field(primary_key=True, sa_type=Integer)
    first: bytes = Field(sa_type=LargeBinary)
    last: bytes = Field(sa_type=LargeBinary)
    count: int = Field(sa_type=Integer)
    tokens: bytes = Field(sa_type=LargeBinary)
    refs: bytes = Field(sa_type=LargeBinary)


class TokenChange(Record, table=True):
    """One numbered change of one side's tokens; `accounts` and `tokens` are those that take part, and are sent, after it."""

    __tablename__ = "token_change"
    __table_args__ = (ForeignKeyConstraint(*_OF_A_SIDE),)

    partnership_id: UUID = Field(primary_key=True)
    org_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    accounts: int = Field(sa_type=Integer)
    tokens: int = Field(sa_type=Integer)
    seen: int = Field(sa_type=BigInteger)
    """The highest number of the organization's accounts that the change has followed."""
    terms: str = Field(sa_type=Text)
    """What the tokens were made under: where it is another next time, all are made anew."""
    epochs: list[int] = Field(sa_type=ARRAY(Integer))
    """The epochs whose tokens stand as of this change: the present one, the next one, or both."""
    touched: bytes | None = Field(default=None, sa_type=LargeBinary)
    """References whose tokens or accounts changed, 8 bytes each; null stands for all."""
    created_at: datetime = Field(sa_column=moment())


class MatchRun(Record, table=True):
    """One comparison of two sides: which token changes it met, whose evidence it still waits for, and that it is scored."""

    __tablename__ = "match_run"
    __table_args__ = (ForeignKeyConstraint(*_OF_A_PAIR),)

    partnership_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    lo_org_id: UUID
    hi_org_id: UUID
    lo_change: int = Field(sa_type=BigInteger)
    hi_change: int = Field(sa_type=BigInteger)
    meetings: bytes = Field(sa_type=LargeBinary)
    """The candidate meetings, sealed under the partnership's rest key; emptied when scored."""
    crowded: int = Field(default=0, sa_type=Integer)
    left_out: bytes = Field(sa_type=LargeBinary)
    """The tokens counted in `crowded`: a byte for the kind and 16 for the token, each."""
    terms: str = Field(sa_type=Text)
    """What pairs are scored under: where it is another next time, all are scored anew."""
    lo_touched: bytes | None = Field(default=None, sa_type=LargeBinary)
    """References whose pairs the run judges anew, 8 bytes each; null stands for all. Emptied when scored; a change of
    epoch leaves here what the next run has to judge beside what changed."""
    hi_touched: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(sa_column=moment())
    scored_at: datetime | None = Field(sa_column=moment(nullable=True))


class EvidenceRequest(Record, table=True):
    """What one side is asked evidence for in a run (its own tokens that met), and its answer; deleted when scored."""

    __tablename__ = "evidence_request"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partnership_id", "run_id"], ["match_run.partnership_id", "match_run.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(*_OF_A_SIDE),
    )

    partnership_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    org_id: UUID = Field(primary_key=True)
    epoch: int = Field(sa_type=Integer)
    asked: bytes = Field(sa_type=LargeBinary)
    codes: bytes | None = Field(default=None, sa_type=LargeBinary)


class PublishRequest(Record, table=True):
    """Which of its references one side has to publish anew; deleted by the job that does."""

    __tablename__ = "publish_request"
    __table_args__ = (
        CheckConstraint("org_id IN (lo_org_id, hi_org_id)", name="of_the_pair"),
        ForeignKeyConstraint(*_OF_A_PAIR),
    )

    partnership_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    org_id: UUID
    lo_org_id: UUID
    hi_org_id: UUID
    refs: bytes | None = Field(default=None, sa_type=LargeBinary)
    """8 bytes each; null stands for all."""


class AccountReference(Record, table=True):
    """Which of one's accounts a reference names; for accounts in an overlap only."""

    __tablename__ = "account_reference"
    __table_args__ = (
        Index("uq_account_reference_account", "org_id", "partnership_id", "account_id", unique=True),
    )

    org_id: UUID = Field(primary_key=True)
    partnership_id: UUID = Field(primary_key=True)
    ref: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: UUID


class Overlap(Record, table=True):
    """Two accounts, one of each side, taken to be the same company. `kinds` and `evidence` are packed (`rules.py`).

    No foreign key to its partnership: the matcher alone writes these, under that row's lock, and checking it again row by row
    takes a third of the time of writing them.
    """

    __tablename__ = "overlap"
    __table_args__ = (
        Index("uq_overlap_id", "partnership_id", "id", unique=True),
        Index("ix_overlap_surest", "partnership_id", "status", "confidence", "id"),
        Index("ix_overlap_hi", "partnership_id", "hi_ref"),
    )

    partnership_id: UUID = Field(primary_key=True)
    lo_ref: int = Field(primary_key=True, sa_type=BigInteger)
    hi_ref: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID
    lo_org_id: UUID
    hi_org_id: UUID
    status: OverlapStatus = Field(sa_column=enum_column(OverlapStatus))
    """What the score and both sides' words make of it together (`words.py`)."""
    scored: Scored | None = Field(default=None, sa_column=enum_column(Scored, nullable=True))
    """What the score says; null where no key of the two meets, and they stand by people's word."""
    confidence: float = Field(sa_type=DOUBLE_PRECISION)
    weight: float = Field(sa_type=DOUBLE_PRECISION)
    kinds: int = Field(sa_type=SmallInteger)
    evidence: int = Field(sa_type=SmallInteger)
    lo_shows: bool = Field(default=False, sa_type=Boolean)
    """The lower side's shared record of its account stands, so the other side may be told."""
    hi_shows: bool = Field(default=False, sa_type=Boolean)
    found_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())
    unmet_since: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Since when no key of the two meets; null while one does."""


class Audience(StrEnum):
    """Who may read a comment."""

    ORGANIZATION = "organization"
    """Its author's organization alone."""
    PARTNER = "partner"
    """The partner too, while it is told of the overlap."""


SEALED_COMMENT: Final = SealedColumn("overlap_comment", "body")


class OverlapComment(Record, table=True):
    """What somebody wrote on a pair. It names the two references and not the overlap, which has another id when it is found anew."""

    __tablename__ = "overlap_comment"
    __table_args__ = (
        CheckConstraint("org_id <> partner_org_id", name="of_two"),
        ForeignKeyConstraint(*_OF_A_SIDE),
        ForeignKeyConstraint(["partnership_id", "partner_org_id"], _OF_A_SIDE[1]),
        Index("ix_overlap_comment_pair", "partnership_id", "lo_ref", "hi_ref", "id"),
        Index("ix_overlap_comment_org", "org_id"),
        Index("ix_overlap_comment_moved", "partnership_id", postgresql_where=HAS_MOVED),
    )

    partnership_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    lo_ref: int = Field(sa_type=BigInteger)
    hi_ref: int = Field(sa_type=BigInteger)
    org_id: UUID
    """Of its author; `partner_org_id` is the other side."""
    partner_org_id: UUID
    visible_to: Audience = Field(sa_column=enum_column(Audience))
    author_kind: ActorKind = Field(sa_column=enum_column(ActorKind))
    author_id: UUID | None = None
    body: bytes = Field(sa_type=LargeBinary)
    """Its text as JSON, sealed with the data key of the author's organization."""
    created_at: datetime = Field(sa_column=moment())
    edited_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    gone_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Since when there is no such overlap."""
    lo_was: list[int] = Field(default_factory=list, sa_column=was_column())
    """References that the account of the pair had before it was merged, the last one last."""
    hi_was: list[int] = Field(default_factory=list, sa_column=was_column())


class OverlapAssignee(Record, table=True):
    """Who of one's own members looks after a pair; goes with the membership."""

    __tablename__ = "overlap_assignee"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "person_id"], ["membership.org_id", "membership.person_id"], ondelete="CASCADE"
        ),
        Index("ix_overlap_assignee_person", "org_id", "person_id", "partnership_id"),
        Index("ix_overlap_assignee_moved", "org_id", "partnership_id", postgresql_where=HAS_MOVED),
    )

    org_id: UUID = Field(primary_key=True)
    partnership_id: UUID = Field(primary_key=True)
    lo_ref: int = Field(primary_key=True, sa_type=BigInteger)
    hi_ref: int = Field(primary_key=True, sa_type=BigInteger)
    partner_org_id: UUID
    person_id: UUID
    assigned_at: datetime = Field(sa_column=moment())
    gone_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """As a comment's."""
    lo_was: list[int] = Field(default_factory=list, sa_column=was_column())
    """As a comment's."""
    hi_was: list[int] = Field(default_factory=list, sa_column=was_column())


class RelatedPair(Record, table=True):
    """Two accounts, one of each side, that belong to one owner: a pair at a level above `same_company`, whatever else the two are.

    Written by the matcher alone, as `Overlap` is. Nobody is told of one by an event.
    """

    __tablename__ = "related_pair"
    __table_args__ = (
        Index("uq_related_pair_id", "partnership_id", "id", unique=True),
        Index("ix_related_pair_surest", "partnership_id", "confidence", "id"),
        Index("ix_related_pair_hi", "partnership_id", "hi_ref"),
    )

    partnership_id: UUID = Field(primary_key=True)
    lo_ref: int = Field(primary_key=True, sa_type=BigInteger)
    hi_ref: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID
    lo_org_id: UUID
    hi_org_id: UUID
    level: Level = Field(sa_column=enum_column(Level))
    confidence: float = Field(sa_type=DOUBLE_PRECISION)
    weight: float = Field(sa_type=DOUBLE_PRECISION)
    kinds: int = Field(sa_type=SmallInteger)
    lo_shows: bool = Field(default=False, sa_type=Boolean)
    hi_shows: bool = Field(default=False, sa_type=Boolean)
    found_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())


SAID: Final = (Decision, DecidedAccount, LinkProposal)
"""Tables of what people say of pairs, so that whoever imports this module knows them."""
