"""What becomes of an invitation, who runs the server, and how many may be sent: decisions without a database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from service.crypto import Party, safety_number
from service.organizations.models import Organization
from service.partnerships.models import PartnerInvitation, ReceivedInvitation

DAYS: Final = 14
LONGEST_DAYS: Final = 90
MOST_OPEN: Final = 200
"""Invitations of one organization that wait for an answer."""
MOST_WRONG_CODES: Final = 5
"""Then an invitation is closed until it is sent anew, with another code."""
LONGEST_MESSAGE: Final = 1_000


class InvitationStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class OperatorParty(StrEnum):
    """Whether whoever operates the server has a list on it, too."""

    NONE = "none"
    """It says that it is no organization here."""
    OWN = "own"
    """It is the organization that asks."""
    PARTNER = "partner"
    """It is the other side: besides its own list it can read whatever the service holds."""
    OTHER = "other"
    """It is an organization here, and neither side."""
    UNKNOWN = "unknown"
    """It hasn't said who it is."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who operates the server, as it says itself."""

    name: str | None = None
    handle: str | None = None
    """Of its own organization on this server, if it has one."""

    def party(self, own: Organization, partner: Organization) -> OperatorParty:
        if self.handle is None:
            return OperatorParty.UNKNOWN if self.name is None else OperatorParty.NONE
        known = {own.handle: OperatorParty.OWN, partner.handle: OperatorParty.PARTNER}
        return known.get(self.handle, OperatorParty.OTHER)


def status_of(invitation: PartnerInvitation | ReceivedInvitation, now: datetime) -> InvitationStatus:
    """How an invitation stands, as far as the row knows: a copy doesn't know that it was withdrawn."""
    if invitation.accepted_at is not None:
        return InvitationStatus.ACCEPTED
    if invitation.declined_at is not None:
        return InvitationStatus.DECLINED
    if isinstance(invitation, PartnerInvitation) and invitation.withdrawn_at is not None:
        return InvitationStatus.WITHDRAWN
    return InvitationStatus.EXPIRED if invitation.expires_at <= now else InvitationStatus.OPEN


def party_of(organization: Organization) -> Party:
    """Who an organization is at this moment."""
    return Party(str(organization.id), organization.mode, organization.identity)


def number_of(one: Organization, other: Organization) -> str:
    """The safety number that a partnership of the two would have at this moment."""
    return safety_number(party_of(one), party_of(other))
