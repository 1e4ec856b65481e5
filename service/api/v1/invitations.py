"""Inviting others to partnerships, and what was sent."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, model_validator

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import Email
from service.organizations.models import Scope
from service.partnerships.inviting.repository import Sent
from service.partnerships.inviting.rules import (
    DAYS,
    LONGEST_DAYS,
    LONGEST_MESSAGE,
    InvitationStatus,
    status_of,
)
from service.partnerships.inviting.sending import Offer, Offered, offer, resend, withdraw
from service.partnerships.models import InvitationWay, ListSize, PartnerInvitation

router = resource("/invitations", "invitations")
ADMIN = Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")

Message = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=LONGEST_MESSAGE,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
    ),
]
Handle = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]


class PartnerInvitationIn(BaseModel):
    """To a handle, to an address, or, with neither, to whoever you give the link."""

    model_config = ConfigDict(extra="forbid")

    handle: Handle | None = Field(default=None, description="Of the organization on this server.")
    email: Email | None = None
    message: Message | None = Field(default=None, description="What the other side reads with it.")
    list_size: ListSize | None = Field(
        default=None, description="How many accounts you expect to bring, at most."
    )
    days: Annotated[StrictInt, Field(ge=1, le=LONGEST_DAYS)] = Field(
        default=DAYS, description="How long it can be accepted."
    )
    with_code: StrictBool = Field(
        default=False,
        description="Draw a code that you pass on by other means than this service, such as the telephone: nobody accepts without it.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> "PartnerInvitationIn":
        if self.handle is not None and self.email is not None:
            raise ValueError("name a handle or an e-mail address, not both")
        return self


class PartnerInvitationOut(BaseModel):
    id: UUID = Field(description="Once it is accepted, the partnership has the same id.")
    way: InvitationWay
    handle: str | None
    email: str | None
    message: str | None
    list_size: ListSize | None
    with_code: bool
    status: InvitationStatus = Field(
        description="`open` says nothing of whether it reached anybody: that is told by an answer alone."
    )
    invited_by: UUID | None = Field(description="The person; null for an API key.")
    created_at: datetime
    expires_at: datetime


class NewPartnerInvitationOut(PartnerInvitationOut):
    link: str | None = Field(
        description="Hand it over yourself: it is shown this once. Null where a letter or the service brings it."
    )
    code: str | None = Field(
        description="Pass it on by other means than the link: it is shown this once. Null where none was asked for."
    )


def _shown(invitation: PartnerInvitation, now: datetime) -> PartnerInvitationOut:
    kept = invitation.model_dump(include=set(PartnerInvitationOut.model_fields))
    return PartnerInvitationOut(**kept, with_code=invitation.coded, status=status_of(invitation, now))


def _new(offered: Offered, now: datetime) -> NewPartnerInvitationOut:
    shown = _shown(offered.invitation, now).model_dump()
    return NewPartnerInvitationOut(**shown, link=offered.link, code=offered.code)


@router.post("", operation_id="create_invitation", status_code=201, responses=responses(409, 429), dependencies=[ADMIN])  # fmt: skip
async def create_invitation(
    app: App, session: Writing, wanted: PartnerInvitationIn
) -> NewPartnerInvitationOut:
    """Invite another company to a partnership. The answer is the same whether or not there is anybody of this handle or address.

    Whoever is invited sees who you are, your message and the list size; you see nothing of them before they accept. An older
    invitation to the same handle or address ends.
    """
    given = wanted.model_dump(exclude={"days", "with_code"})
    said = Offer(**given, lasts=timedelta(days=wanted.days), coded=wanted.with_code)
    return _new(await offer(session, app.people, said), app.clock.now())


@router.get(
    "", operation_id="list_invitations", responses=responses(),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def list_invitations(app: App, session: Reading, paging: Paging) -> Page[PartnerInvitationOut]:
    """Invitations that your organization sent, newest first, whatever became of them."""
    rows = await Sent(session).page(after=paging.after_id(), limit=paging.limit + 1)
    now = app.clock.now()
    return paging.page(rows, lambda row: _shown(row, now), lambda row: (row.id,))


@router.post(
    "/{partner_invitation_id}/resend", operation_id="resend_invitation", responses=responses(404, 409, 429), dependencies=[ADMIN]
)  # fmt: skip
async def resend_invitation(
    app: App, session: Writing, partner_invitation_id: UUID
) -> NewPartnerInvitationOut:
    """Send it again, with a new term, link and code: those before are worthless. Also after it expired."""
    return _new(await resend(session, app.people, partner_invitation_id), app.clock.now())


@router.delete(
    "/{partner_invitation_id}", operation_id="withdraw_invitation", status_code=204, responses=responses(404, 409), dependencies=[ADMIN]
)  # fmt: skip
async def withdraw_invitation(app: App, session: Writing, partner_invitation_id: UUID) -> None:
    """Withdraw an invitation: from the answer on nobody can accept it."""
    await withdraw(session, app.people, partner_invitation_id)
