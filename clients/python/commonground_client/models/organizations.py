"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime
from uuid import UUID

from commonground_client.base import Model
from commonground_client.models.common import Mode


class Organization(Model):
    created_at: datetime
    handle: str
    id: UUID
    mode: Mode
    name: str
