"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Model
from pydantic import Field


class StartIn(Model):
    invitation: str | None = Field(
        default=None,
        description="What stands after the # sign of an invitation's link, to accept it on the way.",
    )
    return_to: str | None = Field(default=None, description="A path of this server to come back to.")


class Start(Model):
    location: str = Field(description="Where to send the browser within ten minutes.")
