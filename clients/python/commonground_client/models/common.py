"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from pydantic import Field


class Accepted(Model):
    """The same whatever becomes of it."""

    detail: str


class Money(Model):
    amount: str = Field(description="A decimal number.")
    currency: str | None = Field(description="ISO 4217; null where nothing names it.")


class Account(Model):
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


class ActorKind(OpenEnum):
    API_KEY = "api_key"
    PERSON = "person"
    OPERATOR = "operator"
    SERVICE = "service"


class Scope(OpenEnum):
    """What an API key may do."""

    ACCOUNTS_READ = "accounts:read"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    PARTNERSHIPS_READ = "partnerships:read"
    PARTNERSHIPS_ADMIN = "partnerships:admin"
    OVERLAPS_READ = "overlaps:read"
    COMMENTS_WRITE = "comments:write"
    OVERLAPS_WRITE = "overlaps:write"
    LEADS_WRITE = "leads:write"
    MEMBERS_READ = "members:read"
    MEMBERS_ADMIN = "members:admin"
    KEYS_ADMIN = "keys:admin"
    AUDIT_READ = "audit:read"
    ORGANIZATION_ADMIN = "organization:admin"


class ApiKeyChange(Model):
    """What is left out stays as it is."""

    name: str | None = Field(default=None)
    scopes: list[Scope] | None = Field(default=None, description="All that it may do from now on.")


class ApiKeyIn(Model):
    expires_at: datetime | None = Field(default=None, description="Null, or left out: it doesn't expire.")
    name: str = Field(description="What the key is for.")
    scopes: list[Scope] = Field(description="What it may do; nothing that you may not.")


class Maker(Model):
    id: UUID | None = Field(description="Of the key or person; null for the operator.")
    kind: ActorKind


class ApiKey(Model):
    created_at: datetime
    created_by: Maker
    expires_at: datetime | None = Field(description="Null for a key that doesn't expire.")
    family_id: UUID = Field(description="The same for a key and those that it was rotated into.")
    id: UUID
    last_used_at: datetime | None = Field(description="To the minute; null for a key that was never used.")
    name: str
    revoked_at: datetime | None
    scopes: list[Scope]
    shown: str = Field(description="Enough of the key to know it again, and not the key.")


class RecordStatus(OpenEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class RecordResult(Model):
    """What became of one record."""

    field: str | None = Field(description="The field at fault, if one is.")
    id: UUID | None = Field(description="The record's; null where the record was rejected.")
    message: str | None = Field(description="The same in words, and how to mend it.")
    reason: str | None = Field(description="Why it was rejected, as in the errors of an import.")
    status: RecordStatus


class BatchResult(Model):
    created: int
    import_id: UUID | None = Field(
        description="The import that the batch is kept as, which can be rolled back; null if nothing was changed."
    )
    rejected: int
    results: list[RecordResult] = Field(description="One a record, in the order of the records.")
    unchanged: int
    updated: int


class Role(OpenEnum):
    """What a person is in an organization; `service.organizations.rules.ROLE_SCOPES` says what each may do."""

    ADMIN = "admin"
    PARTNER_MANAGER = "partner_manager"
    SALES = "sales"
    VIEWER = "viewer"


class Place(Model):
    """An organization that you belong to."""

    handle: str
    id: UUID
    name: str
    role: Role


class MyPerson(Model):
    email: str
    email_verified: bool = Field(description="Whether you have shown that the address is yours.")
    id: UUID
    name: str
    organizations: list[Place]
    second_factor: bool = Field(description="Whether signing in asks for a code.")


class CurrentSession(Model):
    csrf_token: str = Field(description="Send it as `X-CSRF-Token` with every change made with the cookie.")
    id: UUID
    organization_id: UUID | None = Field(description="The organization that the session acts in.")
    person: MyPerson
    role: Role | None = Field(description="What you are there.")


class FieldError(Model):
    """One value that was refused."""

    message: str
    where: str = Field(
        description="Where the value stands: `body`, `query`, `path` or `header`, then its name."
    )


class KeyKind(OpenEnum):
    """A kind of match key, strongest first; the order is the order of the `rules` column."""

    REGISTRY_ID = "registry_id"
    DOMAIN = "domain"
    LINKEDIN = "linkedin"
    NAME = "name"
    NAME_WEAK = "name_weak"
    NAME_HEAD = "name_head"


class Level(OpenEnum):
    """At which level two accounts belong together, nearest first: each with the farthest role that has to meet."""

    SAME_COMPANY = "same_company"
    SAME_PARENT = "same_parent"
    SAME_ULTIMATE_PARENT = "same_ultimate_parent"


class Mode(OpenEnum):
    """Where an organization's keys and lists are: with the service, or only on its own machine."""

    HOSTED = "hosted"
    PRIVATE = "private"


class NewApiKey(Model):
    created_at: datetime
    created_by: Maker
    expires_at: datetime | None = Field(description="Null for a key that doesn't expire.")
    family_id: UUID = Field(description="The same for a key and those that it was rotated into.")
    id: UUID
    key: str = Field(description="The key itself. It is shown this once: nobody can read it again.")
    last_used_at: datetime | None = Field(description="To the minute; null for a key that was never used.")
    name: str
    revoked_at: datetime | None
    scopes: list[Scope]
    shown: str = Field(description="Enough of the key to know it again, and not the key.")


class OverlapStatus(OpenEnum):
    AUTO = "auto"
    REVIEW = "review"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DISPUTED = "disputed"


class ApiKeyPage(Page[ApiKey]):
    pass


class PartnerAccount(Model):
    """What the partner shows of its account, by its rule of this moment."""

    fields: dict[str, str]
    populations: list[str]


class Partner(Model):
    handle: str
    id: UUID
    mode: Mode = Field(
        description="`hosted`: the service holds the partner's list; `private`: only its own machine does."
    )
    name: str


class Paused(Model):
    """Since when each side has the partnership paused; null where it hasn't."""

    own: datetime | None
    partner: datetime | None


class Reviews(Model):
    """Pairs in review are told to both sides where both have them switched on and show their overlaps."""

    own: bool
    partner: bool


class PartnershipStatus(OpenEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Partnership(Model):
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None = Field(description="Which side ended it.")
    epoch: int = Field(
        description="Counts the keys that both sides agreed on: 1 when the partnership began, one more with each rotation."
    )
    epoch_since: datetime = Field(description="Since when matching goes by these keys.")
    id: UUID
    next_epoch: int | None = Field(
        description="The epoch that is prepared while keys are rotated: it takes over once both sides' lists are hashed under it."
    )
    partner: Partner
    paused: Paused
    reviews: Reviews
    safety_number: str = Field(
        description="Read it to your partner over the telephone: both sides see the same digits."
    )
    status: PartnershipStatus


class Problem(Model):
    """RFC 9457 problem details."""

    detail: str = Field(description="What, where, and how to mend it.")
    errors: list[FieldError] | None = Field(default=None)
    missing_scopes: list[str] | None = Field(
        default=None, description="For `missing-scope`: what whoever asks would have to have."
    )
    request_id: str | None = Field(default=None)
    status: int
    title: str
    type: str = Field(description="A stable name of the kind of problem.")


class Rotation(Model):
    overlap_seconds: int = Field(
        default=86400, description="How long the old key lives on beside the new one."
    )
