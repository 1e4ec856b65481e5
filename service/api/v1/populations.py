"""One's own populations."""

from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from service.accounts.repository import Populations
from service.api.deps import Reading, reads
from service.api.pagination import Page
from service.api.problems import responses
from service.api.routing import resource
from service.organizations.models import Scope

router = resource("/populations", "populations")


class PopulationOut(BaseModel):
    id: UUID
    slug: str
    name: str
    accounts: int


@router.get(
    "", operation_id="list_populations", responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def list_populations(session: Reading) -> Page[PopulationOut]:
    """The populations and how many accounts each has."""
    populations = Populations(session)
    sizes = await populations.sizes()
    items = [
        PopulationOut(id=p.id, slug=p.slug, name=p.name, accounts=sizes.get(p.slug, 0))
        for p in await populations.everyone()
    ]
    return Page(items=items, has_more=False)
