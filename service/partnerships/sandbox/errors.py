"""What can go wrong with sandboxes.

PartnershipError
└── SandboxError
    ├── NoSandboxError         the organization has none
    ├── SandboxInSandboxError  a sandbox has no sandbox of its own
    └── SandboxLeavingError    it is being taken away: one moment
"""

from service.partnerships.errors import PartnershipError


class SandboxError(PartnershipError):
    """Base of all errors of this package."""


class NoSandboxError(SandboxError):
    def __init__(self) -> None:
        super().__init__("There is no sandbox: `POST /v1/sandbox` makes one.")


class SandboxInSandboxError(SandboxError):
    def __init__(self) -> None:
        super().__init__(
            "This is a sandbox, and has none of its own: use a live key (`cg_live_…`) or sign in."
        )


class SandboxLeavingError(SandboxError):
    def __init__(self) -> None:
        super().__init__("The sandbox is being taken away: try again in a few seconds.")
