"""Who belongs to the organization, and what each may do."""

from datetime import datetime
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App, Reading, Writer, Writing, reads, writes
from service.api.pagination import Page, Paging
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.http.etags import etag
from service.organizations import members
from service.organizations.members import Member
from service.organizations.models import Role, Scope

router = resource("/members", "members")


class MemberOut(BaseModel):
    person_id: UUID
    name: str
    email: str
    role: Role
    second_factor: bool = Field(description="Whether signing in asks them for a code.")
    disabled: bool = Field(description="Whether the operator lets them in no more.")
    since: datetime


class RoleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role


def _out(member: Member) -> MemberOut:
    person = member.person
    return MemberOut(
        person_id=person.id, name=person.name, email=person.email, role=member.role, since=member.since,
        second_factor=person.totp_confirmed_at is not None, disabled=person.disabled_at is not None,
    )  # fmt: skip


def _tag(person_id: UUID, role: Role) -> str:
    """Of what can be edited."""
    return etag(person_id, role)


@router.get(
    "", operation_id="list_members", responses=responses(),
    dependencies=[Depends(reads(Scope.MEMBERS_READ), scope="function")],
)  # fmt: skip
async def get_members(session: Reading, paging: Paging) -> Page[MemberOut]:
    """Everybody in the organization, by id."""
    rows = await members.list_members(session, after=paging.after_id(), limit=paging.limit + 1)
    return paging.page(rows, _out, lambda member: (member.person.id,))


@router.get(
    "/{person_id}", operation_id="get_member", responses=responses(404),
    dependencies=[Depends(reads(Scope.MEMBERS_READ), scope="function")],
)  # fmt: skip
async def get_member(session: Reading, person_id: UUID, response: Response) -> MemberOut:
    """One member, with the `ETag` that a change of the role may name in `If-Match`."""
    found = await members.get_member(session, person_id)
    response.headers["ETag"] = _tag(person_id, found.role)
    return _out(found)


@router.put(
    "/{person_id}/role", operation_id="put_member_role", responses=responses(404, 409, 412),
    dependencies=[Depends(writes(Scope.MEMBERS_ADMIN), scope="function")],
)  # fmt: skip
async def put_member_role(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    caller: Writer,
    *,
    person_id: UUID,
    wanted: RoleIn,
    conditions: ChangeConditions,
) -> MemberOut:
    """Give a member another role, which may do no more than you; it holds from the answer on. An organization keeps at least one admin."""
    await members.change_role(
        session, app.clock, person_id, wanted.role, held=caller.scopes,
        meets=lambda role: conditions.check(_tag(person_id, role)),
    )  # fmt: skip
    response.headers["ETag"] = _tag(person_id, wanted.role)
    return _out(await members.get_member(session, person_id))


@router.delete(
    "/{person_id}", operation_id="remove_member", status_code=204, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.MEMBERS_ADMIN), scope="function")],
)  # fmt: skip
async def delete_member(app: App, session: Writing, person_id: UUID) -> None:
    """Remove a member; their sessions here end at once. An organization keeps at least one admin."""
    await members.remove_member(session, app.clock, person_id)
