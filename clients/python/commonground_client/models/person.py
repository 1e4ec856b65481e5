"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Model
from pydantic import Field


class PasswordChange(Model):
    current: str
    new: str


class PersonChange(Model):
    name: str


class ResetIn(Model):
    password: str
    token: str = Field(description="What stands after the # sign of the link.")


class ResetRequest(Model):
    email: str


class VerificationIn(Model):
    token: str = Field(description="What stands after the # sign of the link.")
