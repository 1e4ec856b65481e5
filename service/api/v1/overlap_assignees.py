"""Who of one's own looks after an overlap."""

from datetime import datetime
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.overlaps import PartnershipId
from service.organizations.models import Scope
from service.overlaps.assignees import Assignee, assign, assignee_of
from service.overlaps.told_pair import told_pair

router = resource("/overlaps/{overlap_id}/assignee", "comments")


class AssigneeOut(BaseModel):
    """All null: nobody."""

    person_id: UUID | None
    name: str | None
    assigned_at: datetime | None


class AssigneeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: UUID | None = Field(description="A member of my organization; null for nobody.")


def _out(found: Assignee) -> AssigneeOut:
    return AssigneeOut(person_id=found.person_id, name=found.name, assigned_at=found.assigned_at)


@router.get(
    "", operation_id="get_overlap_assignee", responses=responses(404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def get_assignee(session: Reading, overlap_id: UUID, partnership: PartnershipId) -> AssigneeOut:
    """Who of my organization looks after an overlap. The partner's isn't told."""
    return _out(await assignee_of(session, await told_pair(session, partnership, overlap_id)))


@router.put(
    "", operation_id="put_overlap_assignee", responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.COMMENTS_WRITE), scope="function")],
)  # fmt: skip
async def put_assignee(
    session: Writing, app: App, overlap_id: UUID, partnership: PartnershipId, *, wanted: AssigneeIn
) -> AssigneeOut:
    """Let a member of my organization look after an overlap, or nobody."""
    pair = await told_pair(session, partnership, overlap_id, to_write=True)
    return _out(await assign(session, app.clock, pair, wanted.person_id))
