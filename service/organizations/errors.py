"""What can go wrong with tenants and their keys.

OrganizationError
├── HandleTakenError           another organization has this handle
├── InvalidHandleError         not 2–63 of a–z, 0–9 and hyphens
│   └── ReservedHandleError    it begins as those of sandboxes do
├── UnknownOrganizationError   no organization has this handle
├── OrganizationSuspendedError the operator has suspended it, or is erasing it
├── QuotaExceededError         the operator lets it have no more of something
├── InvalidApiKeyError         not a key, mistyped, unknown, expired or revoked: all the same to whoever asks
├── InvalidEmailError          not an e-mail address
├── WeakPasswordError          too short, too long or too common
├── PasswordsBusyError         too many passwords are being checked at once: try again
├── TooManyAttemptsError       too many failures from there: wait
├── TooManyLettersError        too many invitations of the organization, to that address or at all: wait
├── InvalidCredentialsError    e-mail or password wrong, or the person disabled: all the same to whoever asks
├── SecondFactorRequiredError  the password is right and a code is asked for, or the code is wrong
├── WrongCodeError             the code to confirm an authenticator app with is wrong
├── SecondFactorSetUpError     a second factor is set up already
├── NotEnrolledError           no second factor is set up, or none that waits to be confirmed
├── SignOnOffError             single sign-on isn't set up on this server
├── SignOnFailedError          what came back from the identity provider doesn't fit what was asked
├── SignOnRefusedError         the provider says who it is, and they may not come in
├── ProviderUnavailableError   the identity provider doesn't answer as it should
├── NotSignedInError           no session, or one that has ended
├── CrossSiteError             a change asked with the cookie alone, without the session's CSRF token
├── InvalidLinkError           a link or invitation that is unknown, used, withdrawn or expired: all the same
├── SignInFirstError           the invitation is for somebody who has an account: they sign in and accept
├── OtherAddressError          the invitation is for another e-mail address than that of whoever is signed in
├── SignUpClosedError          new organizations come by the operator's invitation only
├── TooManyOrganizationsError  the person has made as many organizations as one may
├── AlreadyMemberError         the person is a member already
├── LastAdminError             an organization keeps at least one admin
├── UnknownMemberError         no such member here
├── UnknownInvitationError     no such invitation here, or one that is no longer open
├── UnknownSessionError        no such session of this person
├── UnknownPersonError         nobody has this e-mail address (the operator's commands only)
├── UnknownApiKeyError         no such key of this organization
├── ApiKeyOverError            the key is revoked or expired: it can't be changed or rotated
├── ApiKeyReplacedError        the key was rotated already: its successor can be
├── PastExpiryError            a key that would have expired already
├── TooManyKeysError           the organization has as many usable keys as it may have
├── TooManyRotationsError      too many predecessors of this key still live
└── MissingScopeError          who asks may not do this
    └── ScopesNotHeldError     a key or a member would get scopes that whoever gives them lacks
"""

from uuid import UUID


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


class ReservedHandleError(InvalidHandleError):
    def __init__(self, handle: str) -> None:
        OrganizationError.__init__(
            self,
            f"'{handle}' begins as handles of sandboxes do: choose one that doesn't begin with 'sandbox-'.",
        )


class UnknownOrganizationError(OrganizationError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"No organization has the handle '{handle}': `commonground org list` shows them.")


class InvalidApiKeyError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "There is no valid API key in the request: send one of your organization's as `Authorization: Bearer cg_live_…`. It may be mistyped, unknown, expired or revoked."
        )


class UnknownApiKeyError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("There is no such API key.")


class ApiKeyOverError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("The API key is revoked or has expired and stays so: create a new one.")


class ApiKeyReplacedError(OrganizationError):
    def __init__(self, successor: UUID) -> None:
        super().__init__(f"The API key was rotated already: rotate its successor, {successor}.")


class PastExpiryError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "`expires_at` is not in the future: give a later moment, or null for a key that doesn't expire."
        )


class TooManyKeysError(OrganizationError):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The organization has {limit} usable API keys, the most it may have: revoke one that isn't needed."
        )


class TooManyRotationsError(OrganizationError):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} predecessors of this API key still live, the most there may be: wait for one to expire, or revoke it."
        )


class MissingScopeError(OrganizationError):
    """`missing_scopes` names what is lacking."""

    def __init__(self, scopes: list[str]) -> None:
        named = ", ".join(f"'{scope}'" for scope in scopes)
        super().__init__(f"The API key lacks the {'scopes' if len(scopes) > 1 else 'scope'} {named}.")
        self.missing_scopes = scopes


class ScopesNotHeldError(MissingScopeError):
    def __init__(self, scopes: list[str]) -> None:
        OrganizationError.__init__(
            self,
            f"Nobody gives what they lack themselves: do without {', '.join(scopes)}, or ask somebody who has it.",
        )
        self.missing_scopes = scopes


class InvalidEmailError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("`email` is no e-mail address: give one such as name@example.com.")


class WeakPasswordError(OrganizationError):
    """The message says which rule the password breaks, and not what it is."""


class RetryLaterError(OrganizationError):
    """`headers` say when to try again."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(seconds)}


class PasswordsBusyError(RetryLaterError):
    def __init__(self) -> None:
        super().__init__("Too many people are signing in at this moment: try again in a few seconds.", 2)


class TooManyAttemptsError(RetryLaterError):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"There were too many failed attempts from your network: try again in {seconds} seconds.", seconds
        )


class TooManyLettersError(RetryLaterError):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Your organization sent too many letters, to this address or at all: try again in {seconds} seconds.",
            seconds,
        )


class InvalidCredentialsError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "E-mail address or password is wrong: try again, or ask for a link to set a new password."
        )


class SecondFactorRequiredError(OrganizationError):
    def __init__(self, *, wrong: bool = False) -> None:
        said = "The code is wrong or was used already: send" if wrong else "A second factor is set up: send"
        super().__init__(f"{said} the present code of your authenticator app, or a recovery code, as `code`.")


class WrongCodeError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "The code is wrong or was used already: send the present one as `code`, and check the clock of your device."
        )


class SecondFactorSetUpError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("A second factor is set up already: switch it off before you set up another.")


class NotEnrolledError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("No second factor is set up: begin with `POST /v1/person/me/second-factor`.")


class SignOnOffError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "Single sign-on isn't set up on this server: sign in with `POST /v1/sessions`, or ask the operator to set it up."
        )


class SignOnFailedError(OrganizationError):
    def __init__(
        self, why: str = "The answer of the identity provider doesn't fit what was asked of it"
    ) -> None:
        super().__init__(
            f"{why}: begin again with `GET /v1/sso/start`, in the same browser and within ten minutes."
        )


class SignOnRefusedError(OrganizationError):
    """The message says what is missing."""


class ProviderUnavailableError(OrganizationError):
    def __init__(self, why: str) -> None:
        super().__init__(f"The identity provider {why}: try again in a while, or sign in with a password.")
        self.headers = {"Retry-After": "30"}


class NotSignedInError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "You are not signed in, or your session has ended: sign in with `POST /v1/sessions`."
        )


class CrossSiteError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "A change made with a session's cookie needs the header `X-CSRF-Token` with the `csrf_token` that signing in and "
            "`GET /v1/sessions/current` give, and comes from the service's own pages."
        )


class InvalidLinkError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("The link is mistyped, used, withdrawn or expired: ask for a new one.")


class SignInFirstError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "Somebody with this e-mail address has an account: sign in as them and send this again."
        )


class OtherAddressError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "The link is for another e-mail address than the one you are signed in with: sign in with that one."
        )


class SignUpClosedError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "New organizations come by invitation here: ask the operator for one (`commonground org invite`)."
        )


class TooManyOrganizationsError(OrganizationError):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You have made {limit} organizations, the most that one person may: ask the operator for a link (`commonground org invite`)."
        )


class AlreadyMemberError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("This person is a member already: change their role instead.")


class LastAdminError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("An organization keeps at least one admin: make somebody else an admin first.")


class UnknownMemberError(OrganizationError): ...


class UnknownInvitationError(OrganizationError): ...


class UnknownSessionError(OrganizationError): ...


class UnknownPersonError(OrganizationError):
    def __init__(self) -> None:
        super().__init__("Nobody here has this e-mail address.")


class OrganizationSuspendedError(OrganizationError):
    def __init__(self) -> None:
        super().__init__(
            "The organization is suspended: nothing of it can be read or changed until the operator of this server resumes it."
        )


class QuotaExceededError(OrganizationError):
    def __init__(self, quota: str, limit: int, would_be: int) -> None:
        super().__init__(
            f"This organization may have {limit:,} {quota} and would have {would_be:,}: remove some, or ask the operator of this server "
            "for more."
        )
