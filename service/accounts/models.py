"""Accounts, the populations they belong to, contacts and opportunities at them, and what all of these were before an import changed them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from service.accounts import duplicate_tables as _duplicates  # noqa: F401  # tables of this room too
from service.db.model import Record, enum_column, moment
from service.db.sealed import SealedColumn
from service.imports.models import ImportKind
from service.matching.records import AttributeType

NUMBERED = text("nullif(current_setting('app.account_change', true), '')::bigint")
"""The number that the database gives to the statement."""


class StandardPopulation(StrEnum):
    """The populations that every organization has, in the order of their bits."""

    CUSTOMERS = "customers"
    OPEN_OPPORTUNITIES = "open_opportunities"
    PROSPECTS = "prospects"


class PopulationKind(StrEnum):
    """What says who belongs to a population."""

    STANDARD = "standard"
    """Imports; every organization has it."""
    FILTER = "filter"
    """A saved filter over the accounts."""
    LIST = "list"
    """Imports, and whoever adds and removes accounts."""


class Change(StrEnum):
    UPDATED = "updated"
    REMOVED = "removed"


class Population(Record, table=True):
    """A named segment of one's accounts: bit `bit` of `account.populations`."""

    __tablename__ = "population"
    __table_args__ = (
        Index(
            "uq_population_slug", "org_id", "slug", unique=True, postgresql_where=text("removed_at IS NULL")
        ),
        Index("uq_population_bit", "org_id", "bit", unique=True),
        CheckConstraint("bit BETWEEN 0 AND 62", name="bit"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    slug: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    bit: int = Field(sa_type=SmallInteger)
    filter: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    """What decides who belongs to it (`filters.py`); null for standard ones and lists, of which imports and people say it."""
    version: int = Field(default=1, sa_type=Integer)
    """Of the filter."""
    settled: int = Field(default=1, sa_type=Integer)
    """The version by which every account has its bit or hasn't; those that are written later are decided when they are."""
    created_at: datetime = Field(sa_column=moment())
    removed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """It is gone for everybody; the row keeps its bit until nothing bears it any more."""

    @property
    def kind(self) -> PopulationKind:
        if self.bit < len(StandardPopulation):
            return PopulationKind.STANDARD
        return PopulationKind.LIST if self.filter is None else PopulationKind.FILTER


class Account(Record, table=True):
    """One company in an organization's list, as the file said it, with the domain that the normaliser found.

    Beside the texts of country, revenue and employees stands what could be read of them.
    """

    __tablename__ = "account"
    __table_args__ = (
        Index("uq_account_identity", "org_id", "identity", unique=True),
        Index("ix_account_domain", "org_id", "domain"),
        Index("ix_account_change", "org_id", "change"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    identity: str = Field(sa_column=Column(Text(collation="C"), nullable=False))
    """What makes it the same account in the next file: external id, else domain, else name key and country."""
    digest: bytes = Field(sa_type=LargeBinary)
    """SHA-256 of what the last import said, and of which fields: tells changed from same."""
    populations: int = Field(sa_type=BigInteger)
    external_id: str | None = Field(default=None, sa_type=Text)
    name: str | None = Field(default=None, sa_type=Text)
    website: str | None = Field(default=None, sa_type=Text)
    domain: str | None = Field(default=None, sa_type=Text)
    email: str | None = Field(default=None, sa_type=Text)
    linkedin: str | None = Field(default=None, sa_type=Text)
    country: str | None = Field(default=None, sa_type=Text)
    city: str | None = Field(default=None, sa_type=Text)
    industry: str | None = Field(default=None, sa_type=Text)
    employees: str | None = Field(default=None, sa_type=Text)
    revenue: str | None = Field(default=None, sa_type=Text)
    status: str | None = Field(default=None, sa_type=Text)
    owner: str | None = Field(default=None, sa_type=Text)
    registry_id: str | None = Field(default=None, sa_type=Text)
    lei: str | None = Field(default=None, sa_type=Text)
    vat: str | None = Field(default=None, sa_type=Text)
    duns: str | None = Field(default=None, sa_type=Text)
    siren: str | None = Field(default=None, sa_type=Text)
    country_code: str | None = Field(default=None, sa_type=Text)
    """ISO 3166-1 alpha-2, in capitals."""
    revenue_amount: Decimal | None = Field(default=None, sa_type=Numeric)
    revenue_currency: str | None = Field(default=None, sa_type=Text)
    """ISO 4217; null where the file names none."""
    employees_from: int | None = Field(default=None, sa_type=Integer)
    employees_to: int | None = Field(default=None, sa_type=Integer)
    """Both alike where the file gives one number; null where it gives no bound."""
    parent_external_id: str | None = Field(default=None, sa_type=Text)
    parent_name: str | None = Field(default=None, sa_type=Text)
    parent_domain: str | None = Field(default=None, sa_type=Text)
    alias_domains: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    """Further registrable domains."""
    alias_names: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    """Former and other names, as the file says them."""
    attributes: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'"))
    )
    """Key of an `AccountAttribute` → value of its type; what isn't known is missing."""
    created_by: UUID
    """The import that made it."""
    import_id: UUID
    """The import that last wrote it."""
    change: int | None = Field(
        default=None, sa_column=Column(BigInteger, nullable=False, server_default=NUMBERED)
    )
    """Given by the database whenever the row is written, ascending in an organization: what a push has seen, it needn't read again."""
    created_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())


class AccountAlias(Record, table=True):
    """A domain of `account.alias_domains`, kept by the database: what finds an account by it."""

    __tablename__ = "account_alias"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "account_id"], ["account.org_id", "account.id"], ondelete="CASCADE"),
        Index("ix_account_alias_account", "org_id", "account_id"),
    )

    org_id: UUID = Field(primary_key=True)
    domain: str = Field(primary_key=True, sa_type=Text)
    account_id: UUID = Field(primary_key=True)


class AccountAttribute(Record, table=True):
    """A custom attribute that the organization's accounts may have."""

    __tablename__ = "account_attribute"

    org_id: UUID = Field(primary_key=True)
    key: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    """Names it for programs and never changes: lower-case letters, digits and underscores."""
    name: str = Field(sa_type=Text)
    """Names it for people."""
    type: AttributeType = Field(sa_column=enum_column(AttributeType))
    currency: str | None = Field(default=None, sa_type=Text)
    """Of money that names none."""
    created_at: datetime = Field(sa_column=moment())
    removed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """It is gone for everybody, with its values; the row stays until the last of them is taken away."""


class AccountDeparture(Record, table=True):
    """An account that left a domain or an alias, or the list: written by the database, read by whoever follows changes by their numbers."""

    __tablename__ = "account_departure"

    org_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: UUID = Field(primary_key=True)
    domain: str | None = Field(default=None, sa_type=Text)
    alias_domains: list[str] | None = Field(default=None, sa_type=ARRAY(Text))


class AccountFootprint(Record, table=True):
    """Fingerprints of rows of files that were imported, by the wording of the files (`footprints.py`)."""

    __tablename__ = "account_footprint"

    org_id: UUID = Field(primary_key=True)
    wording: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    number: int = Field(primary_key=True, sa_type=BigInteger)
    """The organization's last change when they were true."""
    part: int = Field(primary_key=True)
    settled: str = Field(sa_type=Text)
    """How values of the file were read that its other values settle."""
    rows: int = Field(sa_type=Integer)
    entries: bytes = Field(sa_type=LargeBinary)
    """An Arrow stream of `sieve.ENTRY`."""


SEALED_CONTACT: Final = SealedColumn("contact", "personal")
SEALED_PAST: Final = SealedColumn("record_history", "personal", key="record_id", home=SEALED_CONTACT)
"""Moved as they are: what opens in the contact's row opens here."""


class Contact(Record, table=True):
    """A person at an account, as the file said it: who they are is sealed, and nothing of it stands in any other column."""

    __tablename__ = "contact"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "account_id"], ["account.org_id", "account.id"], ondelete="SET NULL (account_id)"
        ),
        Index("uq_contact_identity", "org_id", "identity", unique=True),
        Index("ix_contact_account", "org_id", "account_id"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    identity: str = Field(sa_column=Column(Text(collation="C"), nullable=False))
    """External id, else the keyed hash of the e-mail address, else that of account and name."""
    digest: bytes = Field(sa_type=LargeBinary)
    """As an account's, but keyed."""
    account_id: UUID | None = None
    email_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    """HMAC-SHA256 of the address in lower case, under the organization's own key."""
    personal: bytes = Field(sa_type=LargeBinary)
    """Sealed JSON: name, first_name, last_name, email, phone, mobile, linkedin."""
    external_id: str | None = Field(default=None, sa_type=Text)
    title: str | None = Field(default=None, sa_type=Text)
    department: str | None = Field(default=None, sa_type=Text)
    country: str | None = Field(default=None, sa_type=Text)
    city: str | None = Field(default=None, sa_type=Text)
    owner: str | None = Field(default=None, sa_type=Text)
    status: str | None = Field(default=None, sa_type=Text)
    consent: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)
    created_by: UUID
    import_id: UUID
    created_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())


class Outcome(StrEnum):
    WON = "won"
    LOST = "lost"
    OPEN = "open"


class Opportunity(Record, table=True):
    """A deal of one's own, as the file said it, at one of one's accounts if that is in the list."""

    __tablename__ = "opportunity"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "account_id"], ["account.org_id", "account.id"], ondelete="SET NULL (account_id)"
        ),
        Index("uq_opportunity_identity", "org_id", "identity", unique=True),
        Index("ix_opportunity_account", "org_id", "account_id"),
    )

    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    identity: str = Field(sa_column=Column(Text(collation="C"), nullable=False))
    """External id, else its account as the file names it and its name."""
    digest: bytes = Field(sa_type=LargeBinary)
    """As an account's."""
    external_id: str | None = Field(default=None, sa_type=Text)
    account_id: UUID | None = None
    name: str | None = Field(default=None, sa_type=Text)
    stage: str | None = Field(default=None, sa_type=Text)
    amount: Decimal | None = Field(default=None, sa_type=Numeric)
    currency: str | None = Field(default=None, sa_type=Text)
    """ISO 4217."""
    probability: Decimal | None = Field(default=None, sa_type=Numeric)
    """Per cent."""
    owner: str | None = Field(default=None, sa_type=Text)
    type: str | None = Field(default=None, sa_type=Text)
    next_step: str | None = Field(default=None, sa_type=Text)
    created: date | None = Field(default=None, sa_type=Date)
    expected_close: date | None = Field(default=None, sa_type=Date)
    closed: date | None = Field(default=None, sa_type=Date)
    outcome: Outcome | None = Field(default=None, sa_column=enum_column(Outcome, nullable=True))
    created_by: UUID
    import_id: UUID
    created_at: datetime = Field(sa_column=moment())
    updated_at: datetime = Field(sa_column=moment())


class OpportunityStage(Record, table=True):
    """A stage that an opportunity was in; the last one is the one it is in."""

    __tablename__ = "opportunity_stage"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "opportunity_id"], ["opportunity.org_id", "opportunity.id"], ondelete="CASCADE"
        ),
    )

    org_id: UUID = Field(primary_key=True)
    opportunity_id: UUID = Field(primary_key=True)
    place: int = Field(primary_key=True, sa_type=Integer)
    """From 0, in the order in which they were entered."""
    stage: str = Field(sa_type=Text)
    entered_at: datetime = Field(sa_column=moment())


class RecordHistory(Record, table=True):
    """A record of any kind as it was before an import updated or removed it."""

    __tablename__ = "record_history"
    __table_args__ = (Index("ix_record_history_import", "org_id", "import_id"),)

    org_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    kind: ImportKind = Field(sa_column=enum_column(ImportKind))
    change: Change = Field(sa_column=enum_column(Change))
    before: dict[str, Any] = Field(sa_type=JSONB)
    personal: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Of a contact, sealed."""
    changed_at: datetime = Field(sa_column=moment())
