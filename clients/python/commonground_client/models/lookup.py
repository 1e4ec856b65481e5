"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import KeyKind, Money, OverlapStatus, Partner, PartnerAccount
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
    alias_domains: list[str] = Field(description="Further registrable domains.")
    alias_names: list[str] = Field(description="Former and other names.")
    attributes: dict[str, str | float | bool | Money] = Field(
        description="Custom attributes by key, each of the type that it was defined with; dates as `2026-11-22`, or with time and zone."
    )
    city: str | None
    country: str | None = Field(description="As the file says it.")
    country_code: str | None = Field(
        description="ISO 3166-1 alpha-2; null where the country could not be read."
    )
    created_at: datetime
    domain: str | None = Field(description="The registrable domain that the website or e-mail gives.")
    duns: str | None
    employees: str | None = Field(description="As the file says it.")
    employees_from: int | None = Field(description="What could be read of it; both alike for one number.")
    employees_to: int | None = Field(description="Null with a lower bound: no upper one.")
    external_id: str | None
    id: UUID
    industry: str | None
    lei: str | None
    linkedin: str | None
    name: str | None
    overlaps: list[LookedUpOverlap] = Field(description="Of every active partnership, surest first.")
    owner: str | None
    parent_domain: str | None
    parent_external_id: str | None
    parent_name: str | None
    populations: list[str]
    registry_id: str | None = Field(description="`scheme:number`.")
    revenue: str | None = Field(description="As the file says it.")
    revenue_amount: str | None = Field(description="What could be read of it: a decimal number.")
    revenue_currency: str | None = Field(description="ISO 4217; null where the file names none.")
    siren: str | None
    status: str | None
    updated_at: datetime
    vat: str | None
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
