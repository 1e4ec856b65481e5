"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _change_population_members(
    population_id: UUID, body: m.MembersIn, *, idempotency_key: str | None = None
) -> Call[m.Members]:
    return Call(
        method="POST",
        path=path("/v1/populations/{}/members", population_id),
        answer=m.Members,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _create_population(body: m.PopulationIn, *, idempotency_key: str | None = None) -> Call[m.Population]:
    return Call(
        method="POST",
        path=path("/v1/populations"),
        answer=m.Population,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _delete_population(
    population_id: UUID, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[None]:
    return Call(
        method="DELETE",
        path=path("/v1/populations/{}", population_id),
        answer=type(None),
        headers={"if-match": if_match, "if-none-match": if_none_match},
    )


def _get_population(population_id: UUID) -> Call[m.Population]:
    return Call(method="GET", path=path("/v1/populations/{}", population_id), answer=m.Population)


def _list_populations() -> Call[m.PopulationPage]:
    return Call(method="GET", path=path("/v1/populations"), answer=m.PopulationPage)


def _preview_population(body: m.PopulationFilter) -> Call[m.PopulationPreview]:
    return Call(method="POST", path=path("/v1/populations/preview"), answer=m.PopulationPreview, json=body)


def _update_population(
    population_id: UUID,
    body: m.PopulationChange,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.Population]:
    return Call(
        method="PATCH",
        path=path("/v1/populations/{}", population_id),
        answer=m.Population,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


class Populations(Sender):
    def change_population_members(
        self, population_id: UUID, body: m.MembersIn, *, idempotency_key: str | None = None
    ) -> m.Members:
        """Add accounts to a list and remove others, up to 1,000 in all, and hear of each at once. Whoever is removed is shown under it to
        nobody from the answer on; the account stays. Kept as an import, which can be rolled back.
        """
        return self.send(_change_population_members(population_id, body, idempotency_key=idempotency_key))

    def create_population(self, body: m.PopulationIn, *, idempotency_key: str | None = None) -> m.Population:
        """Save a filter as a population: accounts join and leave it as they are written, and those that there are join within a moment.

        Or make a list, which is empty until an import names it as its `population`, or accounts are added.
        """
        return self.send(_create_population(body, idempotency_key=idempotency_key))

    def delete_population(
        self, population_id: UUID, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Remove a population, and every sharing rule on it: nothing is shown under it from the answer on. Its accounts stay."""
        return self.send(_delete_population(population_id, if_match=if_match, if_none_match=if_none_match))

    def get_population(self, population_id: UUID) -> m.Population:
        """One population, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_population(population_id))

    def list_populations(self) -> m.PopulationPage:
        """The populations and how many accounts each has, the standard ones first."""
        return self.send(_list_populations())

    def preview_population(self, body: m.PopulationFilter) -> m.PopulationPreview:
        """What a filter would choose now. Nothing is stored.

        Over the whole list at every call: an organization tries one at a time, for seconds at most; who asks beside it is told to ask again.
        """
        return self.send(_preview_population(body))

    def update_population(
        self,
        population_id: UUID,
        body: m.PopulationChange,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Population:
        """Give a population another name or filter. Accounts join and leave within a moment, and what partners see of them follows."""
        return self.send(
            _update_population(population_id, body, if_match=if_match, if_none_match=if_none_match)
        )


class AsyncPopulations(AsyncSender):
    async def change_population_members(
        self, population_id: UUID, body: m.MembersIn, *, idempotency_key: str | None = None
    ) -> m.Members:
        """Add accounts to a list and remove others, up to 1,000 in all, and hear of each at once. Whoever is removed is shown under it to
        nobody from the answer on; the account stays. Kept as an import, which can be rolled back.
        """
        return await self.send(
            _change_population_members(population_id, body, idempotency_key=idempotency_key)
        )

    async def create_population(
        self, body: m.PopulationIn, *, idempotency_key: str | None = None
    ) -> m.Population:
        """Save a filter as a population: accounts join and leave it as they are written, and those that there are join within a moment.

        Or make a list, which is empty until an import names it as its `population`, or accounts are added.
        """
        return await self.send(_create_population(body, idempotency_key=idempotency_key))

    async def delete_population(
        self, population_id: UUID, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Remove a population, and every sharing rule on it: nothing is shown under it from the answer on. Its accounts stay."""
        return await self.send(
            _delete_population(population_id, if_match=if_match, if_none_match=if_none_match)
        )

    async def get_population(self, population_id: UUID) -> m.Population:
        """One population, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_population(population_id))

    async def list_populations(self) -> m.PopulationPage:
        """The populations and how many accounts each has, the standard ones first."""
        return await self.send(_list_populations())

    async def preview_population(self, body: m.PopulationFilter) -> m.PopulationPreview:
        """What a filter would choose now. Nothing is stored.

        Over the whole list at every call: an organization tries one at a time, for seconds at most; who asks beside it is told to ask again.
        """
        return await self.send(_preview_population(body))

    async def update_population(
        self,
        population_id: UUID,
        body: m.PopulationChange,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Population:
        """Give a population another name or filter. Accounts join and leave within a moment, and what partners see of them follows."""
        return await self.send(
            _update_population(population_id, body, if_match=if_match, if_none_match=if_none_match)
        )
