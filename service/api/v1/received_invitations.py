"""Invitations to partnerships that reached the organization: looking, accepting, declining."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.kinds import KINDS
from service.api.pagination import Page, Paging
from service.api.problems import problem_response, responses
from service.api.routing import resource
from service.api.signed_in import LinkText
from service.api.v1.partnerships import PartnershipOut, partnership_out
from service.crypto import Mode
from service.db.sessions import TenantReadSession
from service.http.state import AppState
from service.organizations.errors import OrganizationSuspendedError
from service.organizations.models import Organization, Scope
from service.organizations.repository import Directory
from service.partnerships.inviting.answering import Answer, accept, decline, open_link
from service.partnerships.inviting.errors import UnknownPartnerInvitationError, WrongInvitationCodeError
from service.partnerships.inviting.repository import Received
from service.partnerships.inviting.rules import InvitationStatus, OperatorParty, number_of, status_of
from service.partnerships.models import ListSize, ReceivedInvitation
from service.partnerships.repository import Partnerships

router = resource("/received-invitations", "invitations")
ADMIN = Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")


class LinkIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: LinkText


class InviterOut(BaseModel):
    """Who sent it, as it is at this moment."""

    id: UUID
    name: str
    handle: str
    mode: Mode = Field(
        description="`hosted`: the service holds its list; `private`: only its own machine does."
    )
    identity: str = Field(description="Its Ed25519 identity key, in hexadecimal.")


class OwnIdentityOut(BaseModel):
    """What the other side will see of yours once you accept."""

    mode: Mode
    identity: str


class OperatorOut(BaseModel):
    """Who operates this server. An operator can read what the service holds, of hosted organizations their lists."""

    name: str | None
    party: OperatorParty = Field(
        description="Whether the operator has a list here itself: `none`; `own`, it is you; `partner`, it is who invites you; `other`, "
        "another organization; `unknown`, it hasn't said."
    )


class ReceivedInvitationOut(BaseModel):
    id: UUID = Field(description="Once it is accepted, the partnership has the same id.")
    inviter: InviterOut
    own: OwnIdentityOut
    operator: OperatorOut
    safety_number: str = Field(
        description="Of both identities and modes. Give it back when you accept; read it to your partner over the telephone."
    )
    message: str | None
    list_size: ListSize | None = Field(description="How many accounts the other side expects to bring.")
    needs_code: bool
    status: InvitationStatus
    received_at: datetime
    expires_at: datetime


class AcceptInvitationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    safety_number: Annotated[str, Field(max_length=100)] = Field(
        description="As the invitation shows it: so that nothing but what you saw is accepted."
    )
    code: Annotated[str, Field(max_length=60)] | None = Field(
        default=None, description="What its sender told you outside the service."
    )


def _out(
    app: AppState, copy: ReceivedInvitation, inviter: Organization, own: Organization
) -> ReceivedInvitationOut:
    return ReceivedInvitationOut(
        id=copy.id, message=copy.message, list_size=copy.list_size, needs_code=copy.coded, received_at=copy.received_at,
        expires_at=copy.expires_at, status=status_of(copy, app.clock.now()), safety_number=number_of(own, inviter),
        inviter=InviterOut(
            id=inviter.id, name=inviter.name, handle=inviter.handle, mode=inviter.mode, identity=inviter.identity.hex()
        ),
        own=OwnIdentityOut(mode=own.mode, identity=own.identity.hex()),
        operator=OperatorOut(name=app.operator.name, party=app.operator.party(own, inviter)),
    )  # fmt: skip


async def _own(session: TenantReadSession) -> Organization:
    own = await Directory(session).by_id(session.org_id)
    if own is None:
        raise OrganizationSuspendedError
    return own


@router.post("", operation_id="open_invitation", status_code=201, responses=responses(404, 409), dependencies=[ADMIN])  # fmt: skip
async def open_invitation(app: App, session: Writing, given: LinkIn) -> ReceivedInvitationOut:
    """Show what a link invites to, and keep it among the invitations that you received. Its sender isn't told."""
    copy, inviter = await open_link(session, app.people, given.token)
    return _out(app, copy, inviter, await _own(session))


@router.get(
    "", operation_id="list_received_invitations", responses=responses(),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def list_received_invitations(
    app: App, session: Reading, paging: Paging
) -> Page[ReceivedInvitationOut]:
    """Invitations that reached your organization, newest first. One that its sender withdraws goes within seconds."""
    own = await _own(session)
    rows = await Received(session).page(after=paging.after_id(), limit=paging.limit + 1)
    return paging.page(rows, lambda row: _out(app, *row, own), lambda row: (row[0].id,))


@router.get(
    "/{received_invitation_id}", operation_id="get_received_invitation", responses=responses(404),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def get_received_invitation(
    app: App, session: Reading, received_invitation_id: UUID
) -> ReceivedInvitationOut:
    """One invitation: who sends it, both identities and modes, their safety number, and who operates this server."""
    copy = await Received(session).by_id(received_invitation_id)
    inviter = None if copy is None else await Directory(session).by_id(copy.inviter_org_id)
    if copy is None or inviter is None:
        raise UnknownPartnerInvitationError
    return _out(app, copy, inviter, await _own(session))


@router.post(
    "/{received_invitation_id}/accept", operation_id="accept_invitation", status_code=201, response_model=PartnershipOut,
    responses=responses(404, 409), dependencies=[ADMIN],
)  # fmt: skip
async def accept_invitation(
    request: Request, app: App, session: Writing, received_invitation_id: UUID, given: AcceptInvitationIn
) -> PartnershipOut | Response:
    """Begin the partnership. Nothing is shared in it before each side sets its sharing rules."""
    answer = Answer(given.safety_number, given.code)
    made = await accept(session, app.people, received_invitation_id, answer)
    if isinstance(made, WrongInvitationCodeError):  # an answer, so that the try is kept
        return problem_response(request, KINDS[WrongInvitationCodeError], str(made))
    return partnership_out(await Partnerships(session).opened(made.id), session.org_id)


@router.post(
    "/{received_invitation_id}/decline", operation_id="decline_invitation", status_code=204, responses=responses(404, 409),
    dependencies=[ADMIN],
)  # fmt: skip
async def decline_invitation(app: App, session: Writing, received_invitation_id: UUID) -> None:
    """Say no. Its sender is told that it was declined, and nothing of you; declining again changes nothing."""
    await decline(session, app.people, received_invitation_id)
