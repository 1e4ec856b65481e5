"""One's own populations: the standard ones, those that filters decide, and lists."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.accounts import populations
from service.accounts.errors import NoSuchPopulationError
from service.accounts.filters import parse
from service.accounts.lists import MOST_IDS, MemberStatus
from service.accounts.models import Population, PopulationKind
from service.accounts.populations import LONGEST_SLUG, NewPopulation
from service.accounts.repository import Accounts, Populations
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.lean import answer
from service.api.pagination import Page
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.accounts import AccountOut, account_out
from service.api.v1.populations_named import OF_SLUG
from service.http.etags import etag
from service.imports.direct import Sent, take_place
from service.organizations.models import Scope
from service.overlaps.withdrawal import change_list
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
    kind: PopulationKind = Field(
        description="What says who belongs: a `filter`; of a `list` imports and whoever adds and removes accounts; of a `standard` one imports alone."
    )
    accounts: int
    filter: dict[str, Any] | None = Field(description="What decides who belongs; null for the other kinds.")
    settled: bool = Field(
        description="Whether the filter has been applied to every account; it takes a moment after a change."
    )
    created_at: datetime


class NewKind(StrEnum):
    FILTER = "filter"
    LIST = "list"


class PopulationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    slug: str | None = Field(
        default=None, max_length=LONGEST_SLUG, pattern=OF_SLUG,
        description="Names it in rules and queries, and never changes; made of the name if left out.",
    )  # fmt: skip
    kind: NewKind = Field(
        default=NewKind.FILTER,
        description="`list` for one without a filter: imports and `POST …/members` say who belongs.",
    )
    filter: FilterJson | None = Field(default=None, description="Of the kind `filter`, which needs it.")

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind is NewKind.FILTER and self.filter is None:
            raise ValueError("give a filter, or the kind `list` for a population without one")
        if self.kind is NewKind.LIST and self.filter is not None:
            raise ValueError("a list has no filter: leave it out, or leave out the kind")
        return self


class PopulationChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    filter: FilterJson | None = None


class PopulationFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filter: FilterJson


class MembersIn(BaseModel):
    """Ids of accounts, none both to be added and removed."""

    model_config = ConfigDict(extra="forbid")

    add: list[UUID] = Field(default=[], max_length=MOST_IDS)
    remove: list[UUID] = Field(default=[], max_length=MOST_IDS)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if not 0 < len(self.add) + len(self.remove) <= MOST_IDS:
            raise ValueError(f"give between 1 and {MOST_IDS:,} ids in all: `add`, `remove` or both")
        if both := set(self.add) & set(self.remove):
            raise ValueError(f"{min(both)} stands in `add` and in `remove`: leave it out of one")
        return self


class MemberResult(BaseModel):
    id: UUID
    status: MemberStatus = Field(
        description="`unchanged`: it was in the list, or not, already; `unknown`: there is no such account."
    )


class MembersOut(BaseModel):
    import_id: UUID | None = Field(
        description="The import that the change is kept as, which can be rolled back; null if nothing was changed."
    )
    results: list[MemberResult] = Field(description="One an id: those of `add`, then those of `remove`.")


class PopulationPreview(BaseModel):
    accounts: int = Field(description="Accounts that the filter chooses.")
    with_domain: int = Field(description="Of them, those with a domain, which matches best.")
    matchable: int = Field(
        description="Of them, those with a domain, a name, a LinkedIn page or a registry number."
    )
    first: list[AccountOut] = Field(description="The first ten of them.")


def _out(population: Population, sizes: Mapping[int, int]) -> PopulationOut:
    return PopulationOut(
        id=population.id, slug=population.slug, name=population.name, kind=population.kind, accounts=sizes[population.bit],
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
    """Save a filter as a population: accounts join and leave it as they are written, and those that there are join within a moment.

    Or make a list, which is empty until an import names it as its `population`, or accounts are added.
    """
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


@router.post(
    "/{population_id}/members", operation_id="change_population_members", responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def change_population_members(
    app: App, session: Writing, population_id: UUID, wanted: MembersIn
) -> MembersOut:
    """Add accounts to a list and remove others, up to 1,000 in all, and hear of each at once. Whoever is removed is shown under it to
    nobody from the answer on; the account stays. Kept as an import, which can be rolled back.
    """
    await take_place(session)
    changed = await change_list(
        session, app.keystore, app.clock, population_id, add=wanted.add, remove=wanted.remove,
        sent=Sent(app.ids.new(), "populations/members"),
    )  # fmt: skip
    results = [MemberResult(id=one, status=status) for one, status in changed.results]
    return MembersOut(import_id=changed.import_id, results=results)
