"""How far up the owners of accounts a partnership looks: each side says it for itself."""

from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.preconditions import NOT_MODIFIED, ChangeConditions, ReadConditions
from service.api.problems import responses
from service.api.routing import resource
from service.http.etags import etag
from service.matching.kinds import Level
from service.organizations.models import Scope
from service.partnerships.epochs import Opened
from service.partnerships.hierarchy import choose_level
from service.partnerships.repository import Partnerships

router = resource("/partnerships", "partnerships")


class HierarchyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: Level = Field(
        description="`same_company` looks at no owner. `same_parent` lets accounts meet that belong to one parent company, "
        "`same_ultimate_parent` those that belong to one highest company as well."
    )


class HierarchyOut(BaseModel):
    """Nothing of any owner is sent or shown farther up than both sides look."""

    own: Level
    partner: Level
    level: Level = Field(description="What holds: the nearer of both.")


def _hierarchy(opened: Opened, org_id: UUID) -> HierarchyOut:
    own, partner = opened.side(org_id), opened.other(org_id)
    return HierarchyOut(own=own.hierarchy, partner=partner.hierarchy, level=opened.level)


def _tag(opened: Opened, org_id: UUID) -> str:
    said = _hierarchy(opened, org_id)
    return etag(opened.partnership.id, org_id, said.own.value, said.partner.value)


@router.get(
    "/{partnership_id}/hierarchy", operation_id="get_hierarchy", response_model=HierarchyOut,
    responses=responses(404, 410) | NOT_MODIFIED, dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def get_hierarchy(session: Reading, partnership_id: UUID, conditions: ReadConditions) -> Response:
    """How far up each side looks, with the `ETag` that a change may name in `If-Match`."""
    await Partnerships(session).living(partnership_id)
    opened = await Partnerships(session).opened(partnership_id)
    return conditions.answer(_tag(opened, session.org_id), _hierarchy(opened, session.org_id))


@router.put(
    "/{partnership_id}/hierarchy", operation_id="put_hierarchy", responses=responses(404, 410, 412),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def put_hierarchy(
    response: Response,
    app: App,
    session: Writing,
    *,
    partnership_id: UUID,
    hierarchy: HierarchyIn,
    conditions: ChangeConditions,
) -> HierarchyOut:
    """Say how far up the owners of one's own accounts may meet the partner's; it holds as soon as the partner says so too."""

    def meets(standing: Opened) -> None:
        conditions.check(_tag(standing, session.org_id))

    stored = await choose_level(
        session, app.clock, partnership_id=partnership_id, level=hierarchy.level, meets=meets
    )
    response.headers["ETag"] = _tag(stored, session.org_id)
    return _hierarchy(stored, session.org_id)
