"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _lookup(*, domain: str, cursor: str | None = None, limit: int | None = None) -> Call[m.Lookup]:
    return Call(
        method="GET",
        path=path("/v1/lookup"),
        answer=m.Lookup,
        query={"domain": domain, "cursor": cursor, "limit": limit},
    )


class Lookup(Sender):
    def lookup(self, *, domain: str, cursor: str | None = None, limit: int | None = None) -> m.Lookup:
        """One's own accounts of a company, each with the overlaps that the partners let one see.

        A company that isn't in one's own list answers an empty list, whether or not a partner has it. Pairs in review are not told here.
        """
        return self.send(_lookup(domain=domain, cursor=cursor, limit=limit))

    def iter_lookup(self, *, domain: str, limit: int | None = None) -> Iterator[m.LookedUpAccount]:
        """Every item of `lookup`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _lookup(domain=domain, limit=limit, cursor=cursor))


class AsyncLookup(AsyncSender):
    async def lookup(self, *, domain: str, cursor: str | None = None, limit: int | None = None) -> m.Lookup:
        """One's own accounts of a company, each with the overlaps that the partners let one see.

        A company that isn't in one's own list answers an empty list, whether or not a partner has it. Pairs in review are not told here.
        """
        return await self.send(_lookup(domain=domain, cursor=cursor, limit=limit))

    def iter_lookup(self, *, domain: str, limit: int | None = None) -> AsyncIterator[m.LookedUpAccount]:
        """Every item of `lookup`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _lookup(domain=domain, limit=limit, cursor=cursor))
