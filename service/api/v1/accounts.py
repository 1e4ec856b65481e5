"""One's own accounts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from service.accounts.errors import UnknownAccountError
from service.accounts.past import ACCOUNTS, PastAccounts
from service.accounts.repository import Accounts, PopulationName, Populations
from service.api.deps import App, Reading, reads
from service.api.lean import LeanOperation, answer
from service.api.pagination import Page, Paging
from service.api.past import AsOf, past_asked
from service.api.problems import responses
from service.api.routing import resource
from service.db.sessions import TenantReadSession
from service.organizations.models import Scope
from service.partnerships.errors import UnknownPopulationError

router = resource("/accounts", "accounts", LeanOperation)


class MoneyOut(BaseModel):
    amount: str = Field(description="A decimal number.")
    currency: str | None = Field(description="ISO 4217; null where nothing names it.")


AttributeValue = str | float | bool | MoneyOut


class AccountOut(BaseModel):
    id: UUID
    external_id: str | None
    name: str | None
    website: str | None
    domain: str | None = Field(description="The registrable domain that the website or e-mail gives.")
    linkedin: str | None
    country: str | None = Field(description="As the file says it.")
    country_code: str | None = Field(
        description="ISO 3166-1 alpha-2; null where the country could not be read."
    )
    city: str | None
    industry: str | None
    employees: str | None = Field(description="As the file says it.")
    employees_from: int | None = Field(description="What could be read of it; both alike for one number.")
    employees_to: int | None = Field(description="Null with a lower bound: no upper one.")
    revenue: str | None = Field(description="As the file says it.")
    revenue_amount: str | None = Field(description="What could be read of it: a decimal number.")
    revenue_currency: str | None = Field(description="ISO 4217; null where the file names none.")
    status: str | None
    owner: str | None
    registry_id: str | None = Field(description="`scheme:number`.")
    lei: str | None
    vat: str | None
    duns: str | None
    siren: str | None
    parent_external_id: str | None
    parent_name: str | None
    parent_domain: str | None
    alias_domains: list[str] = Field(description="Further registrable domains.")
    alias_names: list[str] = Field(description="Former and other names.")
    attributes: dict[str, AttributeValue] = Field(
        description="Custom attributes by key, each of the type that it was defined with; dates as `2026-11-22`, or with time and zone."
    )
    populations: list[str]
    created_at: datetime
    updated_at: datetime


async def _accounts(
    session: TenantReadSession, as_of: datetime | None, now: datetime
) -> Accounts | PastAccounts:
    past = await past_asked(session, ACCOUNTS, as_of, now)
    return Accounts(session) if past is None else PastAccounts(past)


class Named(Protocol):
    """A population, as far as it is called something."""

    @property
    def bit(self) -> int: ...
    @property
    def slug(self) -> str: ...


def _there(populations: list[PopulationName], as_of: datetime | None) -> list[PopulationName]:
    """Those that there were: one that came later may have the bit of another that there was then."""
    return [p for p in populations if as_of is None or p.created_at <= as_of]


def slugs(bits: int, populations: Iterable[Named]) -> list[str]:
    return [p.slug for p in populations if bits >> p.bit & 1]


def bits_of(slug: str | None, populations: Sequence[Named]) -> int | None:
    """The bit of a population named in a query. UnknownPopulationError."""
    if slug is None:
        return None
    found = next((p for p in populations if p.slug == slug), None)
    if found is None:
        raise UnknownPopulationError(slug, [p.slug for p in populations])
    return 1 << found.bit


def account_out(row: Mapping[str, Any], populations: Iterable[Named]) -> dict[str, Any]:
    """An `AccountOut`: the columns of a row stand in its order."""
    return {
        **dict(row),
        "attributes": msgspec.Raw(row["attributes"]),
        "populations": slugs(row["populations"], populations),
    }


@router.get(
    "", operation_id="list_accounts", response_model=Page[AccountOut], responses=responses(400),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def list_accounts(  # each comes from another place of the request
    app: App,
    session: Reading,
    paging: Paging,
    *,
    population: Annotated[str | None, Query(max_length=100)] = None,
    domain: Annotated[str | None, Query(max_length=253, pattern=r"^[^\x00]*$")] = None,
    as_of: AsOf = None,
) -> Response:
    """One's own accounts in the order in which they came, now or as they stood at an earlier moment."""
    populations = await Populations(session).named()
    bits, there = bits_of(population, populations), _there(populations, as_of)
    if bits is not None:
        bits &= sum(1 << p.bit for p in there)
    rows = await (await _accounts(session, as_of, app.clock.now())).page(
        limit=paging.limit + 1, after=paging.after_id(), bits=bits, domain=domain
    )
    more = len(rows) > paging.limit
    shown = rows[: paging.limit]
    return answer(
        {
            "items": [account_out(row, there) for row in shown],
            "has_more": more,
            "next_cursor": paging.next(shown[-1]["id"]) if more else None,
        }
    )


@router.get(
    "/{account_id}", operation_id="get_account", response_model=AccountOut, responses=responses(404),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_account(app: App, session: Reading, account_id: UUID, as_of: AsOf = None) -> Response:
    """One of one's own accounts, now or as it stood at an earlier moment."""
    found = await (await _accounts(session, as_of, app.clock.now())).row(account_id)
    if found is None:
        raise UnknownAccountError
    return answer(account_out(found, _there(await Populations(session).named(), as_of)))
