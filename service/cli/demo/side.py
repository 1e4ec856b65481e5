"""One organization at its own desk: everything it does and reads goes through the API with its own key."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from uuid import UUID

from commonground_client import AsyncClient, CommongroundError
from commonground_client import models as m

from service.cli.errors import CommandError
from service.kit.http import api_client

PAGE = 500


@dataclass(frozen=True)
class SideView:
    """What one organization reads of itself, its partnership and its overlaps."""

    me: m.Organization
    partnership: m.Partnership
    rules: m.Rules
    populations: list[m.Population]
    accounts: list[m.Account]
    matrix: m.Matrix
    overlaps: list[m.Overlap]
    """Surest first."""
    reviews: list[m.Overlap]
    upload: m.Import

    @cached_property
    def by_id(self) -> Mapping[UUID, m.Overlap]:
        return {overlap.id: overlap for overlap in self.overlaps}


class Side:
    """The API as one organization sees it. A refusal is a CommandError with the problem's own words."""

    def __init__(self, client: AsyncClient, partnership_id: UUID) -> None:
        self._client, self._partnership = client, partnership_id

    @classmethod
    @asynccontextmanager
    async def at(cls, address: str, key: str, partnership_id: UUID) -> AsyncIterator[Self]:
        async with api_client(address, key) as http:
            yield cls(AsyncClient(address, http=http), partnership_id)

    async def set_rules(self, rules: Mapping[str, tuple[m.SharingLevel, m.Preset]]) -> None:
        with _refusals():
            for population, (level, preset) in rules.items():
                rule = m.RuleIn(level=level, preset=preset)
                await self._client.put_sharing_rule(self._partnership, population, rule)

    async def upload(self, filename: str, content: bytes) -> m.Import:
        """Send a file as it is; the answer comes when it is safely stored."""
        with _refusals():
            return await self._client.create_import(content, filename=filename)

    async def imported(self, import_id: UUID) -> m.Import:
        with _refusals():
            return await self._client.get_import(import_id)

    async def view(self, upload: m.Import) -> SideView:
        ground, here = self._client, self._partnership
        with _refusals():
            return SideView(
                me=await ground.get_my_organization(),
                partnership=await ground.get_partnership(here),
                rules=await ground.list_sharing_rules(here),
                populations=(await ground.list_populations()).items,
                accounts=[one async for one in ground.iter_accounts(limit=PAGE)],
                matrix=await ground.get_overlap_matrix(partnership=here),
                overlaps=await self._overlaps(m.OverlapStatus.AUTO),
                reviews=await self._overlaps(m.OverlapStatus.REVIEW),
                upload=upload,
            )

    async def _overlaps(self, status: m.OverlapStatus) -> list[m.Overlap]:
        every = self._client.iter_overlaps(partnership=self._partnership, status=status, limit=PAGE)
        return _ordered([overlap async for overlap in every])


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except CommongroundError as error:
        raise CommandError(f"The service refused: {error}") from error


def _ordered(overlaps: list[m.Overlap]) -> list[m.Overlap]:
    """Surest first; by name where equally sure, so that every run of the demo reads the same."""
    return sorted(overlaps, key=lambda o: (-o.confidence, o.account.name or "", o.account.external_id or ""))
