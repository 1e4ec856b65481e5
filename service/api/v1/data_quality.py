"""How good one's own list is for matching."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from service.accounts.quality.findings import (
    MOST_ACCOUNTS,
    MOST_EXAMPLES,
    Example,
    Finding,
    FindingCode,
    Gain,
)
from service.accounts.quality.report import names_of, quality_of
from service.accounts.quality.words import said
from service.accounts.repository import Populations
from service.api.deps import App, Reading, reads
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.accounts import bits_of
from service.organizations.models import Scope

router = resource("/reports", "reports")


class KeysOut(BaseModel):
    """Accounts by the best that they can be matched by."""

    domain: int = Field(description="The company's own domain, of the website or else of the e-mail.")
    name_only: int
    free_mail: int = Field(description="By name only, beside an address at a free-mail host.")
    unusable_website: int = Field(
        description="By name only, beside a website or address that is no company's own."
    )
    none: int


class NamedAccount(BaseModel):
    id: UUID
    name: str | None


class ExampleOut(BaseModel):
    value: str | None = Field(
        description="The domain, host, website or registry number that these accounts have."
    )
    count: int = Field(description="Accounts that have it.")
    accounts: list[NamedAccount] = Field(description=f"Up to {MOST_ACCOUNTS} of them.")


class FindingOut(BaseModel):
    code: FindingCode
    gain: Gain = Field(
        description="What mending it brings: accounts that could not be met at all, that are met more surely, or a tidier list."
    )
    message: str = Field(description="What there is, counted, and what to do.")
    accounts: int
    gaining: int = Field(description="Those of them that would be met, or met more surely.")
    groups: int | None = Field(description="How many domains, hosts or numbers they stand in.")
    parts: dict[str, int] = Field(
        description="`no_website`: `company_email`, `unusable_email`, `no_email`; `unusable_website`: by reason."
    )
    examples: list[ExampleOut] = Field(description=f"Up to {MOST_EXAMPLES}.")


class DataQualityOut(BaseModel):
    accounts: int
    matchable: int = Field(description="Accounts with anything to be matched by, and in a population.")
    matchable_share: float | None = Field(ge=0, le=1, description="Null for an empty list.")
    keys: KeysOut
    findings: list[FindingOut] = Field(
        description="What would raise it, by what mending it brings: the most first."
    )


def _example(example: Example, names: Mapping[str, str | None]) -> ExampleOut:
    accounts = [NamedAccount(id=UUID(one), name=names.get(one)) for one in example.ids]
    return ExampleOut(value=example.value, count=example.accounts, accounts=accounts)


def _finding(finding: Finding, names: Mapping[str, str | None]) -> FindingOut:
    return FindingOut(
        code=finding.code, gain=finding.gain, message=said(finding), accounts=finding.accounts, gaining=finding.gaining,
        groups=finding.groups, parts=dict(finding.parts), examples=[_example(one, names) for one in finding.examples],
    )  # fmt: skip


@router.get(
    "/data-quality", operation_id="get_data_quality", responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_data_quality(
    app: App,
    session: Reading,
    population: Annotated[str | None, Query(max_length=100, description="Of this population alone.")] = None,
    stale_after_days: Annotated[
        int,
        Query(
            ge=1, le=3650, description="How long an account may be in no import before it counts as stale."
        ),
    ] = 180,
) -> DataQualityOut:
    """What one's own accounts can be matched by, what is wrong with them, and what mending it would bring.

    Over the whole list at every call: a million accounts take seconds. An organization makes one at a time, a server few; who asks beside them is told to ask again.
    """
    bits = bits_of(population, await Populations(session).everyone()) or 0
    with app.reports.room(session.org_id):
        quality = await quality_of(
            session, app.clock.now(), bits=bits, stale_after=timedelta(days=stale_after_days)
        )
    names = await names_of(session, quality)
    share = round(quality.matchable / quality.accounts, 4) if quality.accounts else None
    return DataQualityOut(
        accounts=quality.accounts, matchable=quality.matchable, matchable_share=share, keys=KeysOut(**quality.keys),
        findings=[_finding(one, names) for one in quality.findings],
    )  # fmt: skip
