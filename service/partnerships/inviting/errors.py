"""What can go wrong with invitations to partnerships.

PartnershipError
└── InvitingError
    ├── UnknownPartnerInvitationError  the organization sent or received no such invitation
    ├── InvitationClosedError          it was answered, withdrawn or renewed, has expired, or its sender may not go on
    ├── InvitationChangedError         its sender isn't who was shown
    ├── WrongInvitationCodeError       the code isn't the one that was passed outside the service
    └── TooManyOpenError               others have to be answered or withdrawn first
RetryLaterError
└── TooManyInvitationsError            a budget of the organization's is spent
"""

from service.organizations.errors import RetryLaterError
from service.partnerships.errors import PartnershipError


class InvitingError(PartnershipError):
    """Base of all errors of this package."""


class UnknownPartnerInvitationError(InvitingError):
    def __init__(self) -> None:
        super().__init__("There is no such invitation.")


class InvitationClosedError(InvitingError):
    def __init__(self) -> None:
        super().__init__(
            "The invitation isn't open: it was answered, withdrawn or sent anew, has expired, or its sender can't become a partner "
            "at the moment. Ask whoever sent it for another one."
        )


class InvitationChangedError(InvitingError):
    def __init__(self) -> None:
        super().__init__(
            "`safety_number` isn't that of this invitation: it was copied wrongly, or the identity or mode of either side has changed "
            "since it was shown. Read the invitation again, and compare the number with its sender."
        )


class WrongInvitationCodeError(InvitingError):
    def __init__(self, left: int) -> None:
        super().__init__(
            f"The invitation asks for a code that its sender passes on outside the service, and `code` isn't it. "
            f"Tries that are left before it has to be sent anew: {left}."
        )


class TooManyOpenError(InvitingError):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} invitations of your organization are open, and no more can be: withdraw some, or wait until they are answered or expire."
        )


class TooManyInvitationsError(RetryLaterError):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Your organization sent too many invitations, to this address or at all: try again in {seconds} seconds.",
            seconds,
        )
