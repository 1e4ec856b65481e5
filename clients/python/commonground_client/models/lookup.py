"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import KeyKind, OverlapStatus, Partner, PartnerAccount
from pydantic import Field


class LookedUpOverlap(Model):
    """As in the list of overlaps; `GET /v1/overlaps/{overlap_id}` explains it."""

    confidence: float
    found_at: datetime
    id: UUID
    partner: Partner
    partner_account: PartnerAccount
    partnership_id: UUID
    rules: list[KeyKind] = Field(description="Kinds of key that met.")
    status: OverlapStatus
    updated_at: datetime


class LookedUpAccount(Model):
    city: str | None
    country: str | None
    created_at: datetime
    domain: str | None = Field(description="The registrable domain that the website or e-mail gives.")
    employees: str | None
    external_id: str | None
    id: UUID
    industry: str | None
    name: str | None
    overlaps: list[LookedUpOverlap] = Field(description="Of every active partnership, surest first.")
    owner: str | None
    populations: list[str]
    revenue: str | None
    status: str | None
    updated_at: datetime
    website: str | None


class SharedHost(OpenEnum):
    FREE_MAIL = "free_mail"
    SHARED_HOST = "shared_host"


class Lookup(Page[LookedUpAccount]):
    """One's own accounts of a company; none where one's own list hasn't got it, whoever else has."""

    domain: str | None = Field(
        description="The registrable domain that was looked up, in A-labels; null where the address is a page or mailbox at a host that many share."
    )
    shared_host: SharedHost | None = Field(
        description="Set where many share the host, so that an address there names no company; its bare domain is its owner's."
    )
