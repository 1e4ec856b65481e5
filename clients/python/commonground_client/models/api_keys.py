"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Model
from commonground_client.models.common import Scope
from pydantic import Field


class ApiKeyChange(Model):
    """What is left out stays as it is."""

    name: str | None = Field(default=None)
    scopes: list[Scope] | None = Field(default=None, description="All that it may do from now on.")


class Rotation(Model):
    overlap_seconds: int = Field(
        default=86400, description="How long the old key lives on beside the new one."
    )
