"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Model
from pydantic import Field


class SignUpIn(Model):
    """Whoever has no account yet gives the token of a link, a name and a password; whoever has one signs in first."""

    handle: str = Field(description="Short name of the organization: a–z, 0–9 and hyphens.")
    name: str | None = Field(default=None, description="Your own.")
    organization_name: str
    password: str | None = Field(default=None)
    token: str | None = Field(default=None)


class SignUpRequest(Model):
    email: str
