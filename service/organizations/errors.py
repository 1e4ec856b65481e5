"""What can go wrong with tenants and their keys.

OrganizationError
├── HandleTakenError           another organization has this handle
├── InvalidHandleError         not 2–63 of a–z, 0–9 and hyphens
├── UnknownOrganizationError   no organization has this handle
├── InvalidApiKeyError         not a key, mistyped, unknown, expired or revoked: all the same to whoever asks
└── MissingScopeError          the key is good but may not do this
"""


class OrganizationError(Exception):
    """Base of all errors of this room."""


class HandleTakenError(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"The handle '{handle}' is taken: choose another one.")


class InvalidHandleError(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(
            f"'{handle}' is no handle: use 2 to 63 of a–z, 0–9 and hyphens, beginning with a letter or digit."
        )


class UnknownOrganizationError(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"No organization has the handle '{handle}': `commonground org list` shows them.")


class InvalidApiKeyError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "There is no valid API key in the request: send one of your organization's as `Authorization: Bearer cg_live_…`. It may be mistyped, unknown, expired or revoked."
        )


class MissingScopeError(OrganizationError):
    def __init__(self, scope: str) -> None:
        super().__init__(f"The API key lacks the scope '{scope}'.")
        self.scope = scope
