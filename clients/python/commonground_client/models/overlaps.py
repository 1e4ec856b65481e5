"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from pydantic import Field


class KeyKind(OpenEnum):
    """A kind of match key, strongest first; the order is the order of the `rules` column."""

    REGISTRY_ID = "registry_id"
    DOMAIN = "domain"
    LINKEDIN = "linkedin"
    NAME = "name"
    NAME_WEAK = "name_weak"
    NAME_HEAD = "name_head"


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


class PartnerAccount(Model):
    """What the partner shows of its account, by its rule of this moment."""

    fields: dict[str, str]
    populations: list[str]


class OverlapStatus(OpenEnum):
    AUTO = "auto"
    REVIEW = "review"


class Overlap(Model):
    account: OwnAccount
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
