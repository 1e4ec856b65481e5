"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, Page
from commonground_client.models.common import KeyKind, OverlapStatus, PartnerAccount
from pydantic import Field


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
    evidence: dict[str, str] = Field(description="Per attribute: `agrees`, `differs` or `unknown`.")
    explanation: list[Term] = Field(description="The terms add up to the weight behind the confidence.")
    found_at: datetime
    id: UUID
    partner_account: PartnerAccount | None = Field(
        description="Null for a pair in review: it shows each side its own account, the rule and the evidence alone."
    )
    rules: list[KeyKind] = Field(description="Kinds of key that met.")
    status: OverlapStatus
    updated_at: datetime


class OverlapPage(Page[Overlap]):
    pass
