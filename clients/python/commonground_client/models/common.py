"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Model, OpenEnum
from pydantic import Field


class ActorKind(OpenEnum):
    API_KEY = "api_key"
    PERSON = "person"
    OPERATOR = "operator"
    SERVICE = "service"


class FieldError(Model):
    """One value that was refused."""

    message: str
    where: str = Field(
        description="Where the value stands: `body`, `query`, `path` or `header`, then its name."
    )


class Mode(OpenEnum):
    """Where an organization's keys and lists are: with the service, or only on its own machine."""

    HOSTED = "hosted"
    PRIVATE = "private"


class Problem(Model):
    """RFC 9457 problem details."""

    detail: str = Field(description="What, where, and how to mend it.")
    errors: list[FieldError] | None = Field(default=None)
    missing_scopes: list[str] | None = Field(
        default=None, description="For `missing-scope`: what whoever asks would have to have."
    )
    request_id: str | None = Field(default=None)
    status: int
    title: str
    type: str = Field(description="A stable name of the kind of problem.")
