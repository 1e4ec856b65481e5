"""One's own opportunities."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from service.accounts.attached.repository import OPPORTUNITIES, Opportunities
from service.accounts.errors import UnknownOpportunityError
from service.accounts.models import Outcome
from service.accounts.past import Past
from service.accounts.ways import OPPORTUNITY_WAY
from service.api.batches import BATCH_RESPONSES, AllOrNothing, Batch, BatchResultOut, batch_body, says_of
from service.api.deps import App, Reading, reads
from service.api.pagination import Page, Paging
from service.api.past import at_moment
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.imports import importing
from service.ingest.kinds import OPPORTUNITIES as KIND
from service.organizations.models import Scope
from service.organizations.operations import Caller

router = resource("/opportunities", "opportunities")
AtMoment = Annotated[Past | None, Depends(at_moment(OPPORTUNITIES), scope="function")]
TextFilter = Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$")]
DomainFilter = Annotated[
    str | None,
    Query(
        max_length=253,
        pattern=r"^[^\x00]*$",
        description="The account's domain, also with `as_of` as it is now.",
    ),
]


class OpportunityOut(BaseModel):
    id: UUID
    external_id: str | None
    account_id: UUID | None = Field(
        description="One of your accounts; null where the file's isn't in the list."
    )
    name: str | None
    stage: str | None
    amount: str | None = Field(description="A decimal number.")
    currency: str | None = Field(description="ISO 4217.")
    probability: str | None = Field(description="Per cent, a decimal number from 0 to 100.")
    owner: str | None
    type: str | None
    next_step: str | None
    created: date | None
    expected_close: date | None
    closed: date | None
    outcome: Outcome | None = Field(
        description="As the file says; else as the stage does, else open; null for one that was closed, nobody says how."
    )
    created_at: datetime
    updated_at: datetime


class StageOut(BaseModel):
    stage: str
    entered_at: datetime = Field(description="As the file's history says, else when an import brought it.")


class OpportunityWithStages(OpportunityOut):
    stages: list[StageOut] = Field(description="The stages that it was in, the oldest first.")


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in row.items()}


@router.get(
    "", operation_id="list_opportunities", responses=responses(400),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def list_opportunities(
    session: Reading,
    paging: Paging,
    past: AtMoment,
    *,
    account_id: UUID | None = None,
    domain: DomainFilter = None,
    owner: TextFilter = None,
    stage: TextFilter = None,
    outcome: Outcome | None = None,
) -> Page[OpportunityOut]:
    """One's own opportunities in the order in which they came, now or as they stood at an earlier moment."""
    asked = {"account_id": account_id, "domain": domain, "owner": owner, "stage": stage, "outcome": outcome}
    rows = await Opportunities(session, past).page(asked, limit=paging.limit + 1, after=paging.after_id())
    return paging.page(rows, lambda row: OpportunityOut(**_values(row)), lambda row: (row["id"],))


@router.get(
    "/{opportunity_id}", operation_id="get_opportunity", responses=responses(404),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_opportunity(session: Reading, opportunity_id: UUID, past: AtMoment) -> OpportunityWithStages:
    """One of one's own opportunities, with the stages that it was in, now or as it stood at an earlier moment."""
    opportunities = Opportunities(session, past)
    found = await opportunities.row(opportunity_id)
    if found is None:
        raise UnknownOpportunityError
    stages = [StageOut(**dict(stage)) for stage in await opportunities.stages(opportunity_id)]
    return OpportunityWithStages(**_values(found), stages=stages)


@router.post(
    ":batch", operation_id="put_opportunities", response_model=BatchResultOut, responses=BATCH_RESPONSES,
    openapi_extra=batch_body(
        "OpportunityBatch", says_of(KIND), {"external_id": "006xx", "stage": "Proposal", "amount": "1.2M EUR", "account_external_id": "001xx"}
    ),
)  # fmt: skip
async def put_opportunities(
    request: Request, app: App, caller: Annotated[Caller, Depends(importing)], *, all_or_nothing: AllOrNothing = False,
) -> Response:  # fmt: skip
    """Create and update up to 10,000 opportunities in one transaction, and hear of each at once."""
    batch = Batch(request, app, caller, OPPORTUNITY_WAY)
    return await batch.take(all_or_nothing=all_or_nothing)
