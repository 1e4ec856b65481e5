"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import ActorKind, KeyKind, Level, OverlapStatus, PartnerAccount
from pydantic import Field


class AnswerIn(Model):
    account_id: UUID | None = Field(
        default=None,
        description="To accept: which of my accounts it is, unless the proposal names one that the partner is shown.",
    )
    answer: str = Field(description="Of a refusal the partner hears nothing.")


class Box(OpenEnum):
    RECEIVED = "received"
    SENT = "sent"


class Choice(OpenEnum):
    """What one may do about a pair."""

    CONFIRM = "confirm"
    REJECT = "reject"
    OFFER = "offer"
    WITHDRAW = "withdraw"


class Decided(Model):
    overlap_id: UUID
    status: OverlapStatus | None = Field(
        description="What the pair is for you now; null where you are no longer told of it."
    )


class Decider(Model):
    """Who of one's own organization decided."""

    id: UUID | None
    kind: ActorKind
    name: str | None = Field(description="Null once they have left.")


class DecisionIn(Model):
    decision: Choice = Field(
        description="`offer`, of a pair in review, shows the partner what your rules show of your account. `withdraw` takes back what your organization said of the pair before."
    )
    reason: str | None = Field(
        default=None,
        description="Why a pair is rejected, for my organization alone: kept as a comment of ours that the partner never reads.",
    )


class Word(OpenEnum):
    """What the people of one side say of a pair."""

    CONFIRM = "confirm"
    REJECT = "reject"
    OFFER = "offer"


class Decision(Model):
    """The word of one side on a pair."""

    actor: Decider | None = Field(description="Of one's own side alone: the partner decides as a whole.")
    by: str
    decided_at: datetime
    decision: Word
    sentence: str


class ItemIn(Model):
    decision: Choice = Field(
        description="`offer`, of a pair in review, shows the partner what your rules show of your account. `withdraw` takes back what your organization said of the pair before."
    )
    overlap_id: UUID
    reason: str | None = Field(
        default=None,
        description="Why a pair is rejected, for my organization alone: kept as a comment of ours that the partner never reads.",
    )


class DecisionsIn(Model):
    decisions: list[ItemIn]


class Refusal(OpenEnum):
    """Why nothing was done about a pair."""

    UNKNOWN = "unknown"
    NOT_OFFERED = "not_offered"
    NOT_IN_REVIEW = "not_in_review"
    NOTHING_SAID = "nothing_said"
    TOO_MANY_COMMENTS = "too_many_comments"


class Result(Model):
    message: str | None = Field(description="The same in words.")
    overlap_id: UUID
    refused: Refusal | None = Field(description="Why nothing was done about this one.")
    status: OverlapStatus | None = Field(
        description="What the pair is for you now; null where you are no longer told of it."
    )


class Decisions(Model):
    dry_run: bool
    refused: dict[str, int] = Field(description="How many were left alone, by reason.")
    results: list[Result] = Field(description="One a decision, in their order.")
    statuses: dict[str, int] = Field(description="How many of them have which status then.")


class LinkedAccount(Model):
    id: UUID
    name: str | None


class OwnAccount(Model):
    country: str | None
    domain: str | None
    external_id: str | None
    id: UUID
    name: str | None
    owner: str | None
    populations: list[str]


class Term(Model):
    """One reason: `bits` of evidence for (above 0) or against (below 0) the two being one company."""

    bits: float
    outcome: str
    sentence: str
    term: str


class Overlap(Model):
    account: OwnAccount
    assignee_id: UUID | None = Field(description="The member of my organization who looks after it.")
    confidence: float
    decisions: list[Decision] = Field(description="What people say of the pair, as far as it is said to you.")
    evidence: dict[str, str] = Field(
        description="Per attribute: `agrees`, `differs` or `unknown`. Nothing is compared above `same_company`."
    )
    explanation: list[Term] = Field(description="The terms add up to the weight behind the confidence.")
    found_at: datetime = Field(description="When the two were first seen to meet.")
    id: UUID
    level: Level = Field(
        description="At which level the two hold together: one company, one parent company, or one ultimate parent."
    )
    met_until: datetime | None = Field(
        description="When a key of the two was last seen to meet, of a pair that stands by people's word alone; null while one does."
    )
    normaliser: str = Field(description="Version of the rules that made the keys of both sides.")
    partner_account: PartnerAccount | None = Field(
        description="Null for a pair that is rejected, or in review without the partner's offer: it shows each side its own account, the rule and the evidence alone. Null too for a moment after an offer, a confirmation or a withdrawal, until the partner's record is shown."
    )
    rules: list[KeyKind] = Field(
        description="Kinds of key that met; of owners at a level above `same_company`."
    )
    status: OverlapStatus = Field(
        description="`auto` and `confirmed` pairs count; the others are in no count, report or event."
    )
    updated_at: datetime


class OverlapPage(Page[Overlap]):
    pass


class Proposal(Model):
    account: LinkedAccount | None = Field(description="Mine, where it is known and in my list.")
    answered_at: datetime | None
    box: Box
    id: UUID
    partner_account: PartnerAccount | None = Field(
        description="What the partner shows of its account; of those received."
    )
    partner_domain: str | None
    partner_name: str | None = Field(description="What whoever proposed says of the other side's account.")
    proposed_at: datetime
    state: str = Field(
        description="`refused` is told to whoever refused alone: to whoever proposed it stays `open`."
    )


class ProposalPage(Page[Proposal]):
    pass


class ProposalIn(Model):
    """Name the partner's account by what you know of it. Nothing of it is looked up in the partner's list."""

    account_id: UUID = Field(description="My account.")
    overlap_id: UUID | None = Field(
        default=None, description="An overlap in which the partner shows me the account that I mean."
    )
    partner_domain: str | None = Field(
        default=None, description="A domain, URL or e-mail address in any spelling; kept as the domain alone."
    )
    partner_name: str | None = Field(default=None)
