"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _get_data_quality(
    *, population: str | None = None, stale_after_days: int | None = None
) -> Call[m.DataQuality]:
    return Call(
        method="GET",
        path=path("/v1/reports/data-quality"),
        answer=m.DataQuality,
        query={"population": population, "stale_after_days": stale_after_days},
    )


def _get_overlap_matrix(*, partnership: UUID, level: m.Level | str | None = None) -> Call[m.Matrix]:
    return Call(
        method="GET",
        path=path("/v1/reports/matrix"),
        answer=m.Matrix,
        query={"partnership": partnership, "level": level},
    )


class Reports(Sender):
    def get_data_quality(
        self, *, population: str | None = None, stale_after_days: int | None = None
    ) -> m.DataQuality:
        """What one's own accounts can be matched by, what is wrong with them, and what mending it would bring.

        Over the whole list at every call: a million accounts take seconds. An organization makes one at a time, a server few; who asks beside them is told to ask again.
        """
        return self.send(_get_data_quality(population=population, stale_after_days=stale_after_days))

    def get_overlap_matrix(self, *, partnership: UUID, level: m.Level | str | None = None) -> m.Matrix:
        """My populations × the partner's, with counts that agree on both sides over what both may see."""
        return self.send(_get_overlap_matrix(partnership=partnership, level=level))


class AsyncReports(AsyncSender):
    async def get_data_quality(
        self, *, population: str | None = None, stale_after_days: int | None = None
    ) -> m.DataQuality:
        """What one's own accounts can be matched by, what is wrong with them, and what mending it would bring.

        Over the whole list at every call: a million accounts take seconds. An organization makes one at a time, a server few; who asks beside them is told to ask again.
        """
        return await self.send(_get_data_quality(population=population, stale_after_days=stale_after_days))

    async def get_overlap_matrix(self, *, partnership: UUID, level: m.Level | str | None = None) -> m.Matrix:
        """My populations × the partner's, with counts that agree on both sides over what both may see."""
        return await self.send(_get_overlap_matrix(partnership=partnership, level=level))
