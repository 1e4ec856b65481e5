"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _get_my_organization() -> Call[m.Organization]:
    return Call(method="GET", path=path("/v1/organizations/me"), answer=m.Organization)


class Organizations(Sender):
    def get_my_organization(self) -> m.Organization:
        """The organization that the API key belongs to."""
        return self.send(_get_my_organization())


class AsyncOrganizations(AsyncSender):
    async def get_my_organization(self) -> m.Organization:
        """The organization that the API key belongs to."""
        return await self.send(_get_my_organization())
