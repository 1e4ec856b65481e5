"""Inviting people into the organization, and accepting."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from service.api.deps import App, Reading, Writer, Writing, reads, request_id_of, writes
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import (
    CurrentSessionOut,
    Email,
    FromDevice,
    LinkText,
    Password,
    PerhapsMine,
    PersonName,
    needed,
    welcome,
)
from service.organizations import invitations
from service.organizations.invitations import Invited, NewPerson
from service.organizations.models import MemberInvitation, Role, Scope
from service.organizations.people_repository import Invitations
from service.organizations.rules import INVITATION_DAYS, LONGEST_INVITATION_DAYS
from service.organizations.sessions import end_session, start_session

router = resource("/member-invitations", "members")
ADMIN = Depends(writes(Scope.MEMBERS_ADMIN), scope="function")


class InvitationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email
    role: Role
    days: Annotated[StrictInt, Field(ge=1, le=LONGEST_INVITATION_DAYS)] = Field(
        default=INVITATION_DAYS, description="How long the link is good."
    )


class InvitationOut(BaseModel):
    id: UUID
    email: str
    role: Role
    invited_by: UUID | None = Field(description="The person; null for an API key or the operator.")
    created_at: datetime
    expires_at: datetime


class NewInvitationOut(InvitationOut):
    link: str | None = Field(
        description="Hand it over yourself: it is shown this once. Null where a letter brings it."
    )


class AcceptIn(BaseModel):
    """Whoever has no account yet gives a name and a password; whoever has one signs in first and gives neither."""

    model_config = ConfigDict(extra="forbid")

    token: LinkText
    name: PersonName | None = None
    password: Password | None = None


def _out(invitation: MemberInvitation) -> InvitationOut:
    return InvitationOut(**invitation.model_dump(include=set(InvitationOut.model_fields)))


def _new(invited: Invited) -> NewInvitationOut:
    return NewInvitationOut(**_out(invited.invitation).model_dump(), link=invited.link)


@router.post(
    "",
    operation_id="create_member_invitation",
    status_code=201,
    responses=responses(409, 429),
    dependencies=[ADMIN],
)
async def create_invitation(
    app: App, session: Writing, caller: Writer, wanted: InvitationIn
) -> NewInvitationOut:
    """Invite an address, to a role which may do no more than you. The link is good once; an older one to the same address ends."""
    lasts = timedelta(days=wanted.days)
    return _new(
        await invitations.invite(
            session, app.people, email=wanted.email, role=wanted.role, held=caller.scopes, lasts=lasts
        )
    )


@router.get(
    "", operation_id="list_member_invitations", responses=responses(),
    dependencies=[Depends(reads(Scope.MEMBERS_READ), scope="function")],
)  # fmt: skip
async def list_invitations(app: App, session: Reading, paging: Paging) -> Page[InvitationOut]:
    """Invitations that can still be accepted, oldest first."""
    stored = Invitations(session)
    rows = await stored.open(app.clock.now(), after=paging.after_id(), limit=paging.limit + 1)
    return paging.page(rows, _out, lambda invitation: (invitation.id,))


@router.post(
    "/{invitation_id}/resend", operation_id="resend_member_invitation", responses=responses(404, 429),
    dependencies=[ADMIN],
)  # fmt: skip
async def resend_invitation(
    app: App, session: Writing, caller: Writer, invitation_id: UUID
) -> NewInvitationOut:
    """Make a new link with a new term; the one before is worthless. Its role may do no more than you."""
    return _new(await invitations.resend(session, app.people, invitation_id, held=caller.scopes))


@router.delete(
    "/{invitation_id}", operation_id="withdraw_member_invitation", status_code=204, responses=responses(404),
    dependencies=[ADMIN],
)  # fmt: skip
async def withdraw_invitation(app: App, session: Writing, invitation_id: UUID) -> None:
    """Withdraw an invitation: its link is worthless from the answer on."""
    await invitations.withdraw(session, app.people, invitation_id)


@router.post(
    "/accept", operation_id="accept_member_invitation", status_code=201, responses=responses(404, 409, 429)
)
async def accept_invitation(
    request: Request, app: App, mine: PerhapsMine, device: FromDevice, given: AcceptIn
) -> CurrentSessionOut:
    """Join the organization that the link is of, and be signed in there."""
    people, request_id = app.people, request_id_of(request)
    if mine is None:
        who = NewPerson(needed("name", given.name), needed("password", given.password))
        joined = await invitations.accept_as_new(people, given.token, who, request_id=request_id)
    else:
        joined = await invitations.accept_as(people, given.token, mine.signed, request_id=request_id)
        await end_session(people, mine.signed, mine.session.id, request_id=request_id)
    factor = mine is not None and mine.session.second_factor_at is not None
    started = await start_session(
        people, joined.person, device,
        how="invitation", org_id=joined.organization.id, second_factor=factor, request_id=request_id,
    )  # fmt: skip
    return await welcome(request, app, started)
