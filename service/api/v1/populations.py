"""One's own populations: the standard ones, and those that filters decide."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from service.accounts import populations
from service.accounts.errors import NoSuchPopulationError
from service.accounts.filters import parse
from service.accounts.models import Population
from service.accounts.populations import LONGEST_SLUG, NewPopulation
from service.accounts.repository import Accounts, Populations
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.lean import answer
from service.api.pagination import Page
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.accounts import AccountOut, account_out
from service.http.etags import etag
from service.organizations.models import Scope
from service.partnerships.populations import change, remove

router = resource("/populations", "populations")
SHOWN: Final = 10
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
FilterJson = Annotated[
    dict[str, Any],
    Field(
        description='A condition (`{"field": "country", "op": "is", "value": "DE"}`), or one of `all`, `any` (lists of such) and `not`. '
        "The guide to populations lists fields and operators.",
        examples=[{"all": [{"field": "industry", "op": "contains", "value": "software"}]}],
    ),
]


class PopulationOut(BaseModel):
    id: UUID
    slug: str
    name: str
    accounts: int
    filter: dict[str, Any] | None = Field(
        description="What decides who belongs; null for the standard populations, of which imports say it."
    )
    settled: bool = Field(
        description="Whether the filter has been applied to every account; it takes a moment after a change."
    )
    created_at: datetime


class PopulationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    slug: str | None = Field(
        default=None, max_length=LONGEST_SLUG, pattern=r"^[a-z0-9][a-z0-9_]*$",
        description="Names it in rules and queries, and never changes; made of the name if left out.",
    )  # fmt: skip
    filter: FilterJson


class PopulationChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    filter: FilterJson | None = None


class PopulationFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filter: FilterJson


class PopulationPreview(BaseModel):
    accounts: int = Field(description="Accounts that the filter chooses.")
    with_domain: int = Field(description="Of them, those with a domain, which matches best.")
    matchable: int = Field(
        description="Of them, those with a domain, a name, a LinkedIn page or a registry number."
    )
    first: list[AccountOut] = Field(description="The first ten of them.")


def _out(population: Population, sizes: Mapping[int, int]) -> PopulationOut:
    return PopulationOut(
        id=population.id, slug=population.slug, name=population.name, accounts=sizes[population.bit],
        filter=population.filter, settled=population.settled == population.version, created_at=population.created_at,
    )  # fmt: skip


def _tag(population: Population) -> str:
    """Of what can be edited."""
    return etag(population.id, population.name, population.version)


@router.get(
    "", operation_id="list_populations", responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def list_populations(session: Reading) -> Page[PopulationOut]:
    """The populations and how many accounts each has, the standard ones first."""
    found = Populations(session)
    sizes = await found.sizes()
    return Page(items=[_out(p, sizes) for p in await found.everyone()], has_more=False)


@router.post(
    "", operation_id="create_population", status_code=201, responses=responses(409),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def create_population(
    response: Response, app: App, session: Writing, wanted: PopulationIn
) -> PopulationOut:
    """Save a filter as a population. Accounts join and leave it as they are written; those that there are join within a moment."""
    new = NewPopulation(wanted.name, wanted.filter, wanted.slug)
    made = await populations.create_population(session, app.ids, app.clock, wanted=new)
    response.headers["ETag"] = _tag(made)
    return _out(made, {made.bit: 0})


@router.post(
    "/preview", operation_id="preview_population", response_model=PopulationPreview, responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def preview_population(app: App, session: Reading, wanted: PopulationFilter) -> Response:
    """What a filter would choose now. Nothing is stored.

    Over the whole list at every call: an organization tries one at a time, for seconds at most; who asks beside it is told to ask again.
    """
    tree = parse(wanted.filter)
    known = await Populations(session).everyone()
    with app.reports.room(session.org_id):
        (count, with_domain, matchable), rows = await Accounts(session).tried(tree, limit=SHOWN)
    return answer(
        {
            "accounts": count,
            "with_domain": with_domain,
            "matchable": matchable,
            "first": [account_out(row, known) for row in rows],
        }
    )


@router.get(
    "/{population_id}", operation_id="get_population", responses=responses(404),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_population(session: Reading, population_id: UUID, response: Response) -> PopulationOut:
    """One population, with the `ETag` that a change may name in `If-Match`."""
    found = await Populations(session).by_id(population_id)
    if found is None:
        raise NoSuchPopulationError
    response.headers["ETag"] = _tag(found)
    return _out(found, await Populations(session).sizes())


@router.patch(
    "/{population_id}", operation_id="update_population", responses=responses(404, 409, 412),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def update_population(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    *,
    population_id: UUID,
    wanted: PopulationChange,
    conditions: ChangeConditions,
) -> PopulationOut:
    """Give a population another name or filter. Accounts join and leave within a moment, and what partners see of them follows."""
    changed = await change(
        session, app.clock, population_id, name=wanted.name, wanted=wanted.filter,
        meets=lambda population: conditions.check(_tag(population)),
    )  # fmt: skip
    response.headers["ETag"] = _tag(changed)
    return _out(changed, await Populations(session).sizes())


@router.delete(
    "/{population_id}", operation_id="delete_population", status_code=204, responses=responses(404, 409, 412),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def delete_population(
    app: App, session: Writing, population_id: UUID, conditions: ChangeConditions
) -> None:
    """Remove a population, and every sharing rule on it: nothing is shown under it from the answer on. Its accounts stay."""
    await remove(
        session, app.clock, population_id, meets=lambda population: conditions.check(_tag(population))
    )
