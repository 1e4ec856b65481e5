"""One table from domain errors to kinds of problem."""

from collections.abc import Mapping
from http import HTTPStatus

from service.accounts.errors import (
    AttributesChangedError,
    ForgottenMomentError,
    InvalidFilterError,
    NotInGroupError,
    PopulationExistsError,
    PopulationKindError,
    PopulationsClearedError,
    StandardPopulationError,
    TooManyPopulationsError,
    UnknownRecordError,
)
from service.api.errors import (
    BadFormError,
    BatchTooLargeError,
    DigestMismatchError,
    InvalidCursorError,
    InvalidParameterError,
    MalformedJsonError,
    NotReadyError,
    SlowBatchError,
    UnsupportedMediaTypeError,
)
from service.db.errors import DatabaseFullError, DatabaseUnavailable
from service.guards.errors import (
    AnswerLostError,
    IdempotencyKeyReusedError,
    InvalidIdempotencyKeyError,
    RateLimitedError,
    RequestInProgressError,
)
from service.http.at_once import BusyError
from service.http.body_limit import StalledBodyError
from service.http.etags import PreconditionFailedError
from service.http.problem import (
    BODY_TOO_LARGE,
    REQUEST_TIMEOUT,
    Kind,
)
from service.imports.errors import (
    EmptyUploadError,
    ImportStateError,
    NoRoomError,
    NoSuchMappingError,
    PopulationGoneError,
    TooManyMappingsError,
    UnknownImportError,
    UnknownMappingError,
    UploadIncompleteError,
    UploadTooLargeError,
)
from service.imports.watching import TooManyWatchesError
from service.organizations.errors import (
    AlreadyMemberError,
    ApiKeyOverError,
    ApiKeyReplacedError,
    CrossSiteError,
    HandleTakenError,
    InvalidApiKeyError,
    InvalidCredentialsError,
    InvalidEmailError,
    InvalidHandleError,
    InvalidLinkError,
    LastAdminError,
    MissingScopeError,
    NotEnrolledError,
    NotSignedInError,
    OrganizationSuspendedError,
    OtherAddressError,
    PasswordsBusyError,
    PastExpiryError,
    ProviderUnavailableError,
    QuotaExceededError,
    SecondFactorRequiredError,
    SecondFactorSetUpError,
    SignInFirstError,
    SignOnFailedError,
    SignOnOffError,
    SignOnRefusedError,
    SignUpClosedError,
    TooManyAttemptsError,
    TooManyKeysError,
    TooManyLettersError,
    TooManyOrganizationsError,
    TooManyRotationsError,
    UnknownApiKeyError,
    UnknownInvitationError,
    UnknownMemberError,
    UnknownOrganizationError,
    UnknownSessionError,
    WeakPasswordError,
    WrongCodeError,
)
from service.overlaps.errors import (
    DecisionRefusedError,
    NotTheAuthorError,
    TooManyCommentsError,
    UnknownCommentError,
    UnknownOverlapError,
    UnknownProposalError,
)
from service.partnerships.errors import (
    AlreadyPartnersError,
    DifferentWorldsError,
    LevelNotOfferedError,
    PartnershipEndedError,
    PartnershipPausedError,
    RotatedLatelyError,
    SamePartnerError,
    UnknownPartnershipError,
    UnknownPopulationError,
    UnknownSharingRuleError,
)
from service.partnerships.inviting.errors import (
    InvitationChangedError,
    InvitationClosedError,
    TooManyInvitationsError,
    TooManyOpenError,
    UnknownPartnerInvitationError,
    WrongInvitationCodeError,
)
from service.partnerships.sandbox.errors import NoSandboxError, SandboxInSandboxError, SandboxLeavingError

KINDS: Mapping[type[Exception], Kind] = {
    InvalidApiKeyError: Kind(
        "unauthorized", HTTPStatus.UNAUTHORIZED, "No valid API key", {"WWW-Authenticate": "Bearer"}
    ),
    MissingScopeError: Kind("missing-scope", HTTPStatus.FORBIDDEN, "The API key may not do this"),
    OrganizationSuspendedError: Kind(
        "organization-suspended", HTTPStatus.FORBIDDEN, "The organization is suspended"
    ),
    QuotaExceededError: Kind(
        "quota-exceeded", HTTPStatus.FORBIDDEN, "The organization has as much as it may"
    ),
    UnknownApiKeyError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    ApiKeyOverError: Kind("api-key-over", HTTPStatus.CONFLICT, "The API key is revoked or has expired"),
    ApiKeyReplacedError: Kind("api-key-replaced", HTTPStatus.CONFLICT, "The API key was rotated already"),
    PastExpiryError: Kind(
        "past-expiry", HTTPStatus.UNPROCESSABLE_ENTITY, "The API key would have expired already"
    ),
    TooManyKeysError: Kind("too-many-keys", HTTPStatus.CONFLICT, "Too many API keys"),
    TooManyOrganizationsError: Kind(
        "too-many-organizations", HTTPStatus.FORBIDDEN, "As many organizations as one person may make"
    ),
    TooManyRotationsError: Kind(
        "too-many-rotations", HTTPStatus.CONFLICT, "Too many predecessors of the API key"
    ),
    NotSignedInError: Kind(
        "not-signed-in", HTTPStatus.UNAUTHORIZED, "Not signed in", {"WWW-Authenticate": "Bearer"}
    ),
    InvalidCredentialsError: Kind(
        "invalid-credentials", HTTPStatus.UNAUTHORIZED, "Not signed in", {"WWW-Authenticate": "Bearer"}
    ),
    SecondFactorRequiredError: Kind(
        "second-factor-required", HTTPStatus.UNAUTHORIZED, "A code is needed", {"WWW-Authenticate": "Bearer"}
    ),
    WrongCodeError: Kind("wrong-code", HTTPStatus.UNPROCESSABLE_ENTITY, "The code is wrong"),
    SecondFactorSetUpError: Kind(
        "second-factor-set-up", HTTPStatus.CONFLICT, "A second factor is set up already"
    ),
    NotEnrolledError: Kind("no-second-factor", HTTPStatus.CONFLICT, "No second factor is set up"),
    SignOnOffError: Kind("sign-on-off", HTTPStatus.NOT_FOUND, "Single sign-on isn't set up"),
    SignOnFailedError: Kind("sign-on-failed", HTTPStatus.BAD_REQUEST, "Signing in failed"),
    SignOnRefusedError: Kind("sign-on-refused", HTTPStatus.FORBIDDEN, "You may not come in"),
    ProviderUnavailableError: Kind(
        "provider-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The identity provider doesn't answer"
    ),
    CrossSiteError: Kind("cross-site", HTTPStatus.FORBIDDEN, "The request may come from another site"),
    SignUpClosedError: Kind("sign-up-closed", HTTPStatus.FORBIDDEN, "Sign-up is by invitation"),
    OtherAddressError: Kind("other-address", HTTPStatus.FORBIDDEN, "The link is for another address"),
    InvalidLinkError: Kind("invalid-link", HTTPStatus.NOT_FOUND, "The link is not good"),
    UnknownMemberError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownInvitationError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownSessionError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownOrganizationError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    SignInFirstError: Kind("sign-in-first", HTTPStatus.CONFLICT, "Sign in first"),
    AlreadyMemberError: Kind("already-member", HTTPStatus.CONFLICT, "A member already"),
    LastAdminError: Kind("last-admin", HTTPStatus.CONFLICT, "The last admin"),
    HandleTakenError: Kind("handle-taken", HTTPStatus.CONFLICT, "The handle is taken"),
    InvalidHandleError: Kind("invalid-handle", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid handle"),
    InvalidEmailError: Kind("invalid-email", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid e-mail address"),
    WeakPasswordError: Kind("weak-password", HTTPStatus.UNPROCESSABLE_ENTITY, "The password will not do"),
    TooManyAttemptsError: Kind("too-many-attempts", HTTPStatus.TOO_MANY_REQUESTS, "Too many failed attempts"),
    TooManyLettersError: Kind("too-many-letters", HTTPStatus.TOO_MANY_REQUESTS, "Too many letters"),
    BusyError: Kind("busy", HTTPStatus.SERVICE_UNAVAILABLE, "Busy", {"Retry-After": "5"}),
    TooManyWatchesError: Kind("busy", HTTPStatus.SERVICE_UNAVAILABLE, "Busy", {"Retry-After": "5"}),
    PasswordsBusyError: Kind("passwords-busy", HTTPStatus.SERVICE_UNAVAILABLE, "Too many sign-ins at once"),
    ImportStateError: Kind("import-state", HTTPStatus.CONFLICT, "Not in this state of the import"),
    NoSuchMappingError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownMappingError: Kind("unknown-mapping", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown mapping"),
    TooManyMappingsError: Kind("too-many-mappings", HTTPStatus.CONFLICT, "Too many saved mappings"),
    UnknownImportError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    StandardPopulationError: Kind(
        "standard-population", HTTPStatus.CONFLICT, "The population is a standard one"
    ),
    AttributesChangedError: Kind(
        "attributes-changed", HTTPStatus.CONFLICT, "Attributes were changed meanwhile"
    ),
    PopulationKindError: Kind("population-kind", HTTPStatus.CONFLICT, "The population is of another kind"),
    PopulationGoneError: Kind("unknown-population", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown population"),
    PopulationExistsError: Kind("population-exists", HTTPStatus.CONFLICT, "There is such a population"),
    TooManyPopulationsError: Kind("too-many-populations", HTTPStatus.CONFLICT, "Too many populations"),
    PopulationsClearedError: Kind(
        "too-many-populations", HTTPStatus.CONFLICT, "Too many populations", {"Retry-After": "5"}
    ),
    InvalidFilterError: Kind("invalid-filter", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid filter"),
    NotInGroupError: Kind(
        "not-in-group", HTTPStatus.UNPROCESSABLE_ENTITY, "Not accounts of the group of duplicates"
    ),
    UnknownRecordError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownPartnershipError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownSharingRuleError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownOverlapError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    UnknownCommentError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    NotTheAuthorError: Kind("not-the-author", HTTPStatus.FORBIDDEN, "Somebody else's comment"),
    TooManyCommentsError: Kind("too-many-comments", HTTPStatus.CONFLICT, "Too many comments"),
    UnknownProposalError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    DecisionRefusedError: Kind("decision-refused", HTTPStatus.CONFLICT, "Not as the pair stands"),
    UnknownPopulationError: Kind("unknown-population", HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown population"),
    NoSandboxError: Kind("no-sandbox", HTTPStatus.NOT_FOUND, "There is no sandbox"),
    SandboxInSandboxError: Kind("sandbox-in-sandbox", HTTPStatus.CONFLICT, "A sandbox has no sandbox"),
    SandboxLeavingError: Kind("sandbox-leaving", HTTPStatus.CONFLICT, "The sandbox is being taken away"),
    SamePartnerError: Kind("same-partner", HTTPStatus.CONFLICT, "The organization itself"),
    AlreadyPartnersError: Kind("already-partners", HTTPStatus.CONFLICT, "Partners already"),
    DifferentWorldsError: Kind("different-worlds", HTTPStatus.CONFLICT, "A sandbox and a live organization"),
    UnknownPartnerInvitationError: Kind("not-found", HTTPStatus.NOT_FOUND, "Not found"),
    InvitationClosedError: Kind("invitation-closed", HTTPStatus.CONFLICT, "The invitation isn't open"),
    InvitationChangedError: Kind(
        "invitation-changed", HTTPStatus.CONFLICT, "Not the safety number of the invitation"
    ),
    WrongInvitationCodeError: Kind(
        "wrong-invitation-code", HTTPStatus.CONFLICT, "The code of the invitation is wrong or missing"
    ),
    TooManyOpenError: Kind("too-many-open-invitations", HTTPStatus.CONFLICT, "Too many open invitations"),
    TooManyInvitationsError: Kind(
        "too-many-invitations", HTTPStatus.TOO_MANY_REQUESTS, "Too many invitations"
    ),
    PartnershipEndedError: Kind("partnership-ended", HTTPStatus.GONE, "The partnership has ended"),
    PartnershipPausedError: Kind("partnership-paused", HTTPStatus.CONFLICT, "The partnership is paused"),
    RotatedLatelyError: Kind(
        "rotated-lately", HTTPStatus.CONFLICT, "The keys were rotated less than a day ago"
    ),
    LevelNotOfferedError: Kind(
        "level-not-offered", HTTPStatus.UNPROCESSABLE_ENTITY, "Sharing level not offered"
    ),
    InvalidCursorError: Kind("invalid-cursor", HTTPStatus.BAD_REQUEST, "Invalid cursor"),
    ForgottenMomentError: Kind("invalid-parameter", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid parameter"),
    InvalidParameterError: Kind("invalid-parameter", HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid parameter"),
    UploadTooLargeError: Kind("upload-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Upload too large"),
    NoRoomError: Kind(
        "no-room", HTTPStatus.INSUFFICIENT_STORAGE, "No room on the disk", {"Retry-After": "60"}
    ),
    UploadIncompleteError: Kind("upload-incomplete", HTTPStatus.BAD_REQUEST, "Upload incomplete"),
    EmptyUploadError: Kind("empty-upload", HTTPStatus.BAD_REQUEST, "Empty upload"),
    MalformedJsonError: Kind("malformed-json", HTTPStatus.BAD_REQUEST, "Malformed JSON"),
    BadFormError: Kind("bad-form", HTTPStatus.BAD_REQUEST, "The form is not one file"),
    UnsupportedMediaTypeError: Kind(
        "unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type"
    ),
    StalledBodyError: REQUEST_TIMEOUT,
    SlowBatchError: REQUEST_TIMEOUT,
    BatchTooLargeError: BODY_TOO_LARGE,
    NotReadyError: Kind("not-ready", HTTPStatus.SERVICE_UNAVAILABLE, "Not ready", {"Retry-After": "2"}),
    DigestMismatchError: Kind("digest-mismatch", HTTPStatus.BAD_REQUEST, "Another body was announced"),
    InvalidIdempotencyKeyError: Kind(
        "invalid-idempotency-key", HTTPStatus.BAD_REQUEST, "Invalid idempotency key"
    ),
    IdempotencyKeyReusedError: Kind(
        "idempotency-key-reused", HTTPStatus.UNPROCESSABLE_ENTITY, "Idempotency key used before"
    ),
    RequestInProgressError: Kind("request-in-progress", HTTPStatus.CONFLICT, "The request is under way"),
    AnswerLostError: Kind("answer-lost", HTTPStatus.CONFLICT, "Done before"),
    RateLimitedError: Kind("rate-limited", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    PreconditionFailedError: Kind("precondition-failed", HTTPStatus.PRECONDITION_FAILED, "Changed meanwhile"),
    DatabaseFullError: Kind(
        "no-room", HTTPStatus.INSUFFICIENT_STORAGE, "No room on the disk", {"Retry-After": "60"}
    ),
    DatabaseUnavailable: Kind(
        "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Not available now", {"Retry-After": "2"}
    ),
}
