"""What my side keeps of a partnership for itself."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.preconditions import NOT_MODIFIED, ChangeConditions, ReadConditions
from service.api.problems import responses
from service.api.routing import resource
from service.http.etags import etag
from service.organizations.models import Scope
from service.partnerships.profiles import LONGEST_NOTES, MOST_TAGS, Profile, describe, profile_of

router = resource("/partnerships", "partnerships")

_PLAIN = r"^[^\x00-\x1f\x7f]+$"
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=_PLAIN)]
Notes = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=LONGEST_NOTES,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$",
    ),
]


class ProfileOwnerOut(BaseModel):
    person_id: UUID
    name: str | None


class PartnershipProfileOut(BaseModel):
    """Your side's alone: the partner is shown none of it."""

    owner: ProfileOwnerOut | None = Field(
        description="The member who looks after the partnership; null once they have left."
    )
    tier: str | None
    tags: list[str]
    notes: str | None


class PartnershipProfileIn(BaseModel):
    """What is left out stays; null takes it away."""

    model_config = ConfigDict(extra="forbid")

    owner_id: UUID | None = Field(default=None, description="A member of your organization.")
    tier: Word | None = Field(default=None, description="A word of your own, such as `gold`.")
    tags: Annotated[list[Word], Field(max_length=MOST_TAGS)] | None = None
    notes: Notes | None = None

    @field_validator("tags")
    @classmethod
    def _once_each(cls, tags: list[str] | None) -> list[str] | None:
        return None if tags is None else sorted(set(tags))


def _out(found: Profile) -> PartnershipProfileOut:
    owner = (
        None if found.owner_id is None else ProfileOwnerOut(person_id=found.owner_id, name=found.owner_name)
    )
    return PartnershipProfileOut(owner=owner, tier=found.tier, tags=list(found.tags), notes=found.notes)


def _tag(partnership_id: UUID, org_id: UUID, found: Profile) -> str:
    return etag(partnership_id, org_id, found.version, str(found.owner_id), str(found.owner_name))


@router.get(
    "/{partnership_id}/profile", operation_id="get_partnership_profile", response_model=PartnershipProfileOut,
    responses=responses(404, 410) | NOT_MODIFIED, dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def get_partnership_profile(
    session: Reading, app: App, partnership_id: UUID, conditions: ReadConditions
) -> Response:
    """Who of yours looks after the partnership, its tier, tags and notes, with the `ETag` that a change may name in `If-Match`."""
    found = await profile_of(session, app.keystore, partnership_id)
    return conditions.answer(_tag(partnership_id, session.org_id, found), _out(found))


@router.patch(
    "/{partnership_id}/profile", operation_id="update_partnership_profile", responses=responses(404, 410, 412),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def update_partnership_profile(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    *,
    partnership_id: UUID,
    wanted: PartnershipProfileIn,
    conditions: ChangeConditions,
) -> PartnershipProfileOut:
    """Change what your side keeps of the partnership for itself. The partner is told nothing, and it goes when the partnership ends."""
    changes: dict[str, Any] = wanted.model_dump(exclude_unset=True)
    if "tags" in changes:
        changes["tags"] = tuple(changes["tags"] or ())
    stored = await describe(
        session,
        app.keystore,
        app.clock,
        partnership_id=partnership_id,
        changes=changes,
        meets=lambda found: conditions.check(_tag(partnership_id, session.org_id, found)),
    )
    response.headers["ETag"] = _tag(partnership_id, session.org_id, stored)
    return _out(stored)
