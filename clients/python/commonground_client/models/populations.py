"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client.base import Model, Page


class Population(Model):
    accounts: int
    id: UUID
    name: str
    slug: str


class PopulationPage(Page[Population]):
    pass
