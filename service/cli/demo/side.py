"""One organization at its own desk: everything it does and reads goes through the API with its own key."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel

from service.api.v1.accounts import AccountOut
from service.api.v1.imports import ImportOut
from service.api.v1.organizations import OrganizationOut
from service.api.v1.overlaps import OverlapOut
from service.api.v1.partnerships import PartnershipOut, RulesOut
from service.api.v1.populations import PopulationOut
from service.api.v1.reports import MatrixOut
from service.cli.errors import CommandError
from service.kit.http import api_client
from service.overlaps.models import OverlapStatus
from service.partnerships.models import Preset, SharingLevel

ModelT = TypeVar("ModelT", bound=BaseModel)
FAILED = 400
PAGE = 500


@dataclass(frozen=True)
class SideView:
    """What one organization reads of itself, its partnership and its overlaps."""

    me: OrganizationOut
    partnership: PartnershipOut
    rules: RulesOut
    populations: list[PopulationOut]
    accounts: list[AccountOut]
    matrix: MatrixOut
    overlaps: list[OverlapOut]
    """Surest first."""
    reviews: list[OverlapOut]
    upload: ImportOut

    @cached_property
    def by_id(self) -> Mapping[UUID, OverlapOut]:
        return {overlap.id: overlap for overlap in self.overlaps}


class Side:
    """The API as one organization sees it. A refusal is a CommandError with the problem's own words."""

    def __init__(self, client: Any, partnership_id: UUID) -> None:
        self._client, self._partnership = client, partnership_id

    @classmethod
    @asynccontextmanager
    async def at(cls, address: str, key: str, partnership_id: UUID) -> AsyncIterator[Self]:
        async with api_client(address, key) as client:
            yield cls(client, partnership_id)

    async def set_rules(self, rules: Mapping[str, tuple[SharingLevel, Preset]]) -> None:
        for population, (level, preset) in rules.items():
            path = f"/v1/partnerships/{self._partnership}/sharing-rules/{population}"
            await self._ask("PUT", path, json={"level": level.value, "preset": preset.value})

    async def upload(self, filename: str, content: bytes) -> ImportOut:
        """Send a file as it is; the answer comes when it is safely stored."""
        answer = await self._ask("POST", "/v1/imports", params={"filename": filename}, content=content)
        return ImportOut.model_validate(answer)

    async def imported(self, import_id: UUID) -> ImportOut:
        return ImportOut.model_validate(await self._ask("GET", f"/v1/imports/{import_id}"))

    async def view(self, upload: ImportOut) -> SideView:
        here = f"/v1/partnerships/{self._partnership}"
        of = {"partnership": str(self._partnership)}
        return SideView(
            me=OrganizationOut.model_validate(await self._ask("GET", "/v1/organizations/me")),
            partnership=PartnershipOut.model_validate(await self._ask("GET", here)),
            rules=RulesOut.model_validate(await self._ask("GET", f"{here}/sharing-rules")),
            populations=await self._all(PopulationOut, "/v1/populations"),
            accounts=await self._all(AccountOut, "/v1/accounts", limit=PAGE),
            matrix=MatrixOut.model_validate(await self._ask("GET", "/v1/reports/matrix", params=of)),
            overlaps=_ordered(await self._all(OverlapOut, "/v1/overlaps", **of, limit=PAGE)),
            reviews=_ordered(
                await self._all(
                    OverlapOut, "/v1/overlaps", **of, limit=PAGE, status=OverlapStatus.REVIEW.value
                )
            ),
            upload=upload,
        )

    async def _all(self, model: type[ModelT], path: str, **parameters: str | int) -> list[ModelT]:
        """Every page of a list."""
        items: list[ModelT] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self._ask("GET", path, params=parameters | cursor)
            items += [model.model_validate(item) for item in page["items"]]
            if not page["has_more"]:
                return items
            cursor = {"cursor": page["next_cursor"]}

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = await self._client.request(method, path, **options)
        if answer.status_code >= FAILED:
            raise CommandError(f"{method} {path} was refused: {answer.text[:500]}")
        return answer.json()


def _ordered(overlaps: list[OverlapOut]) -> list[OverlapOut]:
    """Surest first; by name where equally sure, so that every run of the demo reads the same."""
    return sorted(overlaps, key=lambda o: (-o.confidence, o.account.name or "", o.account.external_id or ""))
