"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _livez() -> Call[m.Health]:
    return Call(method="GET", path=path("/livez"), answer=m.Health)


def _readyz() -> Call[m.Health]:
    return Call(method="GET", path=path("/readyz"), answer=m.Health)


class Health(Sender):
    def livez(self) -> m.Health:
        """The process answers."""
        return self.send(_livez())

    def readyz(self) -> m.Health:
        """The database answers both roles, the keystore opens, and uploads have a place; a problem names what is missing."""
        return self.send(_readyz())


class AsyncHealth(AsyncSender):
    async def livez(self) -> m.Health:
        """The process answers."""
        return await self.send(_livez())

    async def readyz(self) -> m.Health:
        """The database answers both roles, the keystore opens, and uploads have a place; a problem names what is missing."""
        return await self.send(_readyz())
