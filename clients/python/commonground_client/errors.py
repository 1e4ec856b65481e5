"""What can go wrong, as exceptions.

CommongroundError
├── InvalidSettingError    an address or a key that can't be one; nothing was sent
├── NotReachedError        no answer came: the network, or no service at that address
├── UnexpectedAnswerError  an answer that is none of this API's
├── ImportFailedError      the file of an import was refused, or the import was cancelled
├── ImportHeldError        an import waits for somebody's word
├── WaitedTooLongError     an import wasn't done in time
└── ProblemError           the service's own word (RFC 9457)
    ├── BadRequestError 400    UnauthorizedError 401    ForbiddenError 403    NotFoundError 404
    ├── ConflictError 409      ChangedMeanwhileError 412    InvalidError 422    TooManyRequestsError 429
    └── ServiceError 5xx
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

REQUEST_ID: Final = "X-Request-Id"


class CommongroundError(Exception):
    """Everything that this package raises by itself."""


class InvalidSettingError(CommongroundError, ValueError):
    """An address without a scheme, or a key with characters that no key has."""


class NotReachedError(CommongroundError):
    """No answer came; whether the request was carried out isn't known. The cause is in `__cause__`."""


class UnexpectedAnswerError(CommongroundError):
    """Something answered that doesn't speak this API: a proxy, another service, another version."""


class ImportFailedError(CommongroundError):
    """The file as a whole was refused; `code` is one of those in the guide to files."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class ImportHeldError(CommongroundError):
    """It would remove or add unusually much: `confirm_import` lets the import `import_id` go on, `cancel_import` gives it up."""

    def __init__(self, import_id: UUID, message: str) -> None:
        super().__init__(message)
        self.import_id = import_id


class WaitedTooLongError(CommongroundError):
    """It goes on by itself: ask again later."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One value that was refused: `where` is `body`, `query`, `path` or `header`, then its name."""

    where: str
    message: str


class ProblemError(CommongroundError):
    """The service refused. Compare `type`, which is stable; show `detail`; give `request_id` to the operator."""

    def __init__(self, problem: Mapping[str, Any], *, status: int, retry_after: float | None = None) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.title = str(problem.get("title", _phrase(status)))
        self.detail = str(problem.get("detail", ""))
        self.request_id: str | None = problem.get("request_id")
        self.errors = tuple(
            Refused(str(e.get("where")), str(e.get("message"))) for e in problem.get("errors") or ()
        )
        self.retry_after = retry_after
        """Seconds that the service asks to wait, if it does."""
        self.problem = dict(problem)
        """All members, those too that this version doesn't know."""
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        refused = "".join(f" [{error.where}: {error.message}]" for error in self.errors)
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.status} {self.title}: {self.detail}{refused}{request}"


class BadRequestError(ProblemError): ...


class UnauthorizedError(ProblemError): ...


class ForbiddenError(ProblemError): ...


class NotFoundError(ProblemError): ...


class ConflictError(ProblemError): ...


class ChangedMeanwhileError(ProblemError): ...


class InvalidError(ProblemError): ...


class TooManyRequestsError(ProblemError): ...


class ServiceError(ProblemError): ...


_KINDS: Final[Mapping[int, type[ProblemError]]] = {
    HTTPStatus.BAD_REQUEST: BadRequestError,
    HTTPStatus.UNAUTHORIZED: UnauthorizedError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.PRECONDITION_FAILED: ChangedMeanwhileError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidError,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequestsError,
}


def problem_error(status: int, body: bytes, headers: Mapping[str, str]) -> ProblemError:
    """The exception for an answer of 400 or above; a body that is no problem gives its status alone."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    known = problem if isinstance(problem, dict) else {}
    if known.get("request_id") is None and REQUEST_ID in headers:
        known["request_id"] = headers[REQUEST_ID]
    kind = ServiceError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _KINDS.get(status, ProblemError)
    return kind(known, status=status, retry_after=seconds(headers.get("Retry-After")))


def seconds(retry_after: str | None) -> float | None:
    """`Retry-After` in seconds; None without one, or where it is a date, which this service doesn't send."""
    return float(retry_after) if retry_after is not None and retry_after.isdigit() else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Problem"
