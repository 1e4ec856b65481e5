"""Typed client of the Commonground API.

`Client` and `AsyncClient` have one method an operation, named as in the API reference; `models` has one class a schema.
Every list that has pages has an iterator beside it: `list_accounts`, `iter_accounts`.
"""

from commonground_client import models
from commonground_client.base import Model, OpenEnum, Page
from commonground_client.call import Retries
from commonground_client.client import AsyncClient, Client
from commonground_client.errors import (
    BadRequestError,
    ChangedMeanwhileError,
    CommongroundError,
    ConflictError,
    ForbiddenError,
    ImportFailedError,
    ImportHeldError,
    InvalidError,
    InvalidSettingError,
    NotFoundError,
    NotReachedError,
    ProblemError,
    ServiceError,
    TooManyRequestsError,
    UnauthorizedError,
    UnexpectedAnswerError,
    WaitedTooLongError,
)

__all__ = [
    "AsyncClient",
    "BadRequestError",
    "ChangedMeanwhileError",
    "Client",
    "CommongroundError",
    "ConflictError",
    "ForbiddenError",
    "ImportFailedError",
    "ImportHeldError",
    "InvalidError",
    "InvalidSettingError",
    "Model",
    "NotFoundError",
    "NotReachedError",
    "OpenEnum",
    "Page",
    "ProblemError",
    "Retries",
    "ServiceError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnexpectedAnswerError",
    "WaitedTooLongError",
    "models",
]
