"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model, OpenEnum, Page
from commonground_client.models.common import Mode
from pydantic import Field


class AcceptInvitationIn(Model):
    code: str | None = Field(default=None, description="What its sender told you outside the service.")
    safety_number: str = Field(
        description="As the invitation shows it: so that nothing but what you saw is accepted."
    )


class InvitationStatus(OpenEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class InvitationWay(OpenEnum):
    """How an invitation reaches the other side."""

    LINK = "link"
    HANDLE = "handle"
    EMAIL = "email"


class Inviter(Model):
    """Who sent it, as it is at this moment."""

    handle: str
    id: UUID
    identity: str = Field(description="Its Ed25519 identity key, in hexadecimal.")
    mode: Mode = Field(
        description="`hosted`: the service holds its list; `private`: only its own machine does."
    )
    name: str


class LinkIn(Model):
    token: str = Field(description="What stands after the # sign of the link.")


class ListSize(OpenEnum):
    """How many accounts whoever invites expects to bring, up to and with the number named."""

    UP_TO_1000 = "up_to_1000"
    UP_TO_10000 = "up_to_10000"
    UP_TO_100000 = "up_to_100000"
    UP_TO_1000000 = "up_to_1000000"
    OVER_1000000 = "over_1000000"


class NewPartnerInvitation(Model):
    code: str | None = Field(
        description="Pass it on by other means than the link: it is shown this once. Null where none was asked for."
    )
    created_at: datetime
    email: str | None
    expires_at: datetime
    handle: str | None
    id: UUID = Field(description="Once it is accepted, the partnership has the same id.")
    invited_by: UUID | None = Field(description="The person; null for an API key.")
    link: str | None = Field(
        description="Hand it over yourself: it is shown this once. Null where a letter or the service brings it."
    )
    list_size: ListSize | None
    message: str | None
    status: InvitationStatus = Field(
        description="`open` says nothing of whether it reached anybody: that is told by an answer alone."
    )
    way: InvitationWay
    with_code: bool


class OperatorParty(OpenEnum):
    """Whether whoever operates the server has a list on it, too."""

    NONE = "none"
    OWN = "own"
    PARTNER = "partner"
    OTHER = "other"
    UNKNOWN = "unknown"


class Operator(Model):
    """Who operates this server. An operator can read what the service holds, of hosted organizations their lists."""

    name: str | None
    party: OperatorParty = Field(
        description="Whether the operator has a list here itself: `none`; `own`, it is you; `partner`, it is who invites you; `other`, another organization; `unknown`, it hasn't said."
    )


class OwnIdentity(Model):
    """What the other side will see of yours once you accept."""

    identity: str
    mode: Mode


class PartnerInvitation(Model):
    created_at: datetime
    email: str | None
    expires_at: datetime
    handle: str | None
    id: UUID = Field(description="Once it is accepted, the partnership has the same id.")
    invited_by: UUID | None = Field(description="The person; null for an API key.")
    list_size: ListSize | None
    message: str | None
    status: InvitationStatus = Field(
        description="`open` says nothing of whether it reached anybody: that is told by an answer alone."
    )
    way: InvitationWay
    with_code: bool


class PartnerInvitationPage(Page[PartnerInvitation]):
    pass


class ReceivedInvitation(Model):
    expires_at: datetime
    id: UUID = Field(description="Once it is accepted, the partnership has the same id.")
    inviter: Inviter
    list_size: ListSize | None = Field(description="How many accounts the other side expects to bring.")
    message: str | None
    needs_code: bool
    operator: Operator
    own: OwnIdentity
    received_at: datetime
    safety_number: str = Field(
        description="Of both identities and modes. Give it back when you accept; read it to your partner over the telephone."
    )
    status: InvitationStatus


class ReceivedInvitationPage(Page[ReceivedInvitation]):
    pass


class PartnerInvitationIn(Model):
    """To a handle, to an address, or, with neither, to whoever you give the link."""

    days: int = Field(default=14, description="How long it can be accepted.")
    email: str | None = Field(default=None)
    handle: str | None = Field(default=None, description="Of the organization on this server.")
    list_size: ListSize | None = Field(
        default=None, description="How many accounts you expect to bring, at most."
    )
    message: str | None = Field(default=None, description="What the other side reads with it.")
    with_code: bool = Field(
        default=False,
        description="Draw a code that you pass on by other means than this service, such as the telephone: nobody accepts without it.",
    )
