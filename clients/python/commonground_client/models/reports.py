"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client.base import Model, OpenEnum
from commonground_client.models.common import Level, PartnershipStatus
from pydantic import Field


class Counts(Model):
    """Numbers that reconcile: several accounts of one side may overlap one of the other."""

    accounts: int = Field(description="My accounts in these pairs.")
    companies: int = Field(
        description="Distinct companies: connected groups of these pairs. Above `same_company` a group is a corporate family."
    )
    in_words: str = Field(
        description="How the numbers hang together, and why they differ: which side has several accounts of one company."
    )
    pairs: int
    partner_accounts: int


class Cell(Model):
    counts: Counts
    partner_population: str
    population: str


class FindingCode(OpenEnum):
    NO_KEY = "no_key"
    NO_POPULATION = "no_population"
    NO_WEBSITE = "no_website"
    UNUSABLE_WEBSITE = "unusable_website"
    CROWDED_DOMAIN = "crowded_domain"
    DUPLICATE_COMPANY = "duplicate_company"
    DUPLICATE_NUMBER = "duplicate_number"
    NAMES_DIFFER = "names_differ"
    STALE = "stale"


class NamedAccount(Model):
    id: UUID
    name: str | None


class Example(Model):
    accounts: list[NamedAccount] = Field(description="Up to 5 of them.")
    count: int = Field(description="Accounts that have it.")
    value: str | None = Field(
        description="The domain, host, website or registry number that these accounts have."
    )


class Gain(OpenEnum):
    """What mending brings, the most first."""

    MATCHABLE = "matchable"
    SURER = "surer"
    TIDIER = "tidier"


class Finding(Model):
    accounts: int
    code: FindingCode
    examples: list[Example] = Field(description="Up to 20.")
    gain: Gain = Field(
        description="What mending it brings: accounts that could not be met at all, that are met more surely, or a tidier list."
    )
    gaining: int = Field(description="Those of them that would be met, or met more surely.")
    groups: int | None = Field(description="How many domains, hosts or numbers they stand in.")
    message: str = Field(description="What there is, counted, and what to do.")
    parts: dict[str, int] = Field(
        description="`no_website`: `company_email`, `unusable_email`, `no_email`; `unusable_website`: by reason."
    )


class Keys(Model):
    """Accounts by the best that they can be matched by."""

    domain: int = Field(description="The company's own domain, of the website or else of the e-mail.")
    free_mail: int = Field(description="By name only, beside an address at a free-mail host.")
    name_only: int
    none: int
    unusable_website: int = Field(
        description="By name only, beside a website or address that is no company's own."
    )


class DataQuality(Model):
    accounts: int
    findings: list[Finding] = Field(
        description="What would raise it, by what mending it brings: the most first."
    )
    keys: Keys
    matchable: int = Field(description="Accounts with anything to be matched by, and in a population.")
    matchable_share: float | None = Field(description="Null for an empty list.")


class ToJudge(Model):
    disputed: int = Field(
        description="Pairs that one side rejects and not both, in nobody's counts until both agree."
    )
    review: int = Field(description="Pairs in review that my organization may judge.")
    waiting: int = Field(
        description="Of both, those that wait for my organization's word: `GET /v1/overlaps?waiting=true`."
    )


class Matrix(Model):
    cells: list[Cell]
    level: Level = Field(description="How far up the owners of accounts the report looks.")
    pairs_by_level: dict[str, int] = Field(description="How many pairs of the total hold at each level.")
    partner_populations: list[str] = Field(description="The partner's that show overlaps: the columns.")
    partnership_id: UUID
    populations: list[str] = Field(description="Mine: the rows.")
    status: PartnershipStatus = Field(
        description="Of the partnership: while it is `paused` nothing is shown, and every count is 0."
    )
    to_judge: ToJudge = Field(
        description="Pairs that are in no count above, as far as my organization is told of them."
    )
    total: Counts = Field(
        description="Over all pairs once; where the cells add up to more, `in_words` says so."
    )
