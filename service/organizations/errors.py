"""What can go wrong with tenants and their keys.

OrganizationError
├── HandleTaken           another organization has this handle
├── InvalidHandle         not 2–63 of a–z, 0–9 and hyphens
├── UnknownOrganization   no organization has this handle
├── InvalidApiKey         not a key, mistyped, unknown, expired or revoked: all the same to whoever asks
└── MissingScope          the key is good but may not do this
"""


class OrganizationError(Exception):
    """Base of all errors of this room."""


class HandleTaken(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"The handle '{handle}' is taken: choose another one.")


class InvalidHandle(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(
            f"'{handle}' is no handle: use 2 to 63 of a–z, 0–9 and hyphens, beginning with a letter or digit."
        )


class UnknownOrganization(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"No organization has the handle '{handle}': `commonground org list` shows them.")


class InvalidApiKey(OrganizationError):
    def __init__(self) -> None:
        super().__init__("The API key is not valid: it is mistyped, unknown, expired or revoked.")


class MissingScope(OrganizationError):
    def __init__(self, scope: str) -> None:
        super().__init__(f"The API key lacks the scope '{scope}'.")
        self.scope = scope
