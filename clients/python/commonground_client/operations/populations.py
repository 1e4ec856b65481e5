"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _list_populations() -> Call[m.PopulationPage]:
    return Call(method="GET", path=path("/v1/populations"), answer=m.PopulationPage)


class Populations(Sender):
    def list_populations(self) -> m.PopulationPage:
        """The populations and how many accounts each has."""
        return self.send(_list_populations())


class AsyncPopulations(AsyncSender):
    async def list_populations(self) -> m.PopulationPage:
        """The populations and how many accounts each has."""
        return await self.send(_list_populations())
