"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client.base import Model
from pydantic import Field


class Health(Model):
    status: str = Field(default="ok")
