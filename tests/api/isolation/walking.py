"""Two partnerships that share a partner, and what one side of the first must never learn of the second.

theirs: left ── right          mine: third ── right
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import httpx
from fastapi import FastAPI

from service.guards.limits import Limiter, RateLimits
from service.http.state import AppState
from tests.factories.world import Member, Pair, World, company_list, make_pair
from tests.support.routes_matrix import MATRIX, filled
from tests.support.scene import Scene, make_scene
from tests.support.tables import Table, fill, fingerprint, protected_tables
from tests.support.walk import (
    METHODS,
    Markers,
    Operation,
    described,
    id_names,
    markers,
    pages,
    replaced,
    said_by,
    unknown,
)

TELLS_OF_ITSELF = {"list_audit_entries", "export_audit_log"}
"""Reading the audit log out is an entry in it."""

FOREIGN = ("Quarzwerk Leftonly", "quarzwerk-leftonly.com"), ("Xylophon Leftonly", "xylophon-leftonly.com")
OF_THE_PARTNER = ("Basalt Rightonly", "basalt-rightonly.com"), ("Granit Rightonly", "granit-rightonly.com")


@dataclass(frozen=True)
class Walk:
    """`mine` asks, `theirs` has something to hide; `caller` is the one side of `mine` that asks."""

    client: httpx.AsyncClient
    app: FastAPI
    mine: Scene
    theirs: Scene
    superuser: asyncpg.Connection
    tables: list[Table]
    markers: Markers
    broken: dict[str, int] = field(default_factory=dict)
    """Operations that failed, or that turned us away as too many: they would hide what they leak."""

    @property
    def caller(self) -> Member:
        return self.mine.pair.left

    @property
    def headers(self) -> dict[str, str]:
        return self.caller.headers

    @property
    def operations(self) -> list[Operation]:
        """Those that a key of an organization may call, in the order of the description."""
        return [one for one in described(self.app) if one.name in MATRIX and MATRIX[one.name].scope]

    def query(self, operation: Operation, ids: Mapping[str, str]) -> dict[str, str]:
        return {name: value.format(**ids) for name, value in MATRIX[operation.name].query.items()}

    async def ask(
        self,
        operation: Operation,
        ids: Mapping[str, str],
        *,
        method: str | None = None,
        query: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call as the matrix does, with these ids; a body as the matrix has it unless another is given."""
        route = MATRIX[operation.name]
        has_body = (method or operation.method) not in {"get", "head", "options"}
        answer = await self.client.request(
            method or operation.method,
            operation.path.format(**ids),
            params={**self.query(operation, ids), **(query or {})},
            json=json if json is not None else (filled(route.json, ids) if has_body else None),
            content=route.content if has_body else None,
            headers={**self.headers, **(headers or {})},
        )
        self._watch(operation, answer)
        return answer

    def _watch(self, operation: Operation, answer: httpx.Response) -> None:
        if answer.status_code >= 500 or answer.status_code == 429:
            self.broken[operation.name] = answer.status_code

    def mixtures(self, operation: Operation) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        """Ids with some of them theirs, and the same with ids of nothing in those places: each alone, then all."""
        said = operation.path + "".join(MATRIX[operation.name].query.values())
        named = [name for name in id_names(self.theirs.ids) if f"{{{name}}}" in said]
        nothing = unknown(self.theirs.ids)
        for names in [*([name] for name in named), named] if named else []:
            yield (
                replaced(self.mine.ids, self.theirs.ids, names),
                replaced(self.mine.ids, nothing, names),
            )

    async def lists(self, operation: Operation, *, limit: int = 1) -> list[httpx.Response]:
        """A list with each of its filters in turn, page by page."""
        base = {**self.query(operation, self.mine.ids), "limit": str(limit)}
        if "limit" not in operation.query:
            base.pop("limit")
        filters: list[dict[str, str]] = [{}]
        for name, schema in operation.query.items():
            if name not in base and name != "cursor":
                values = operation.values(schema) or ["customers", "siemens.com", "Quarzwerk"]
                filters += [{name: value} for value in values]
        path = operation.path.format(**self.mine.ids)
        found = [
            page for one in filters for page in await pages(self.client, path, {**base, **one}, self.headers)
        ]
        for page in found:
            self._watch(operation, page)
        return found

    async def untouched(self) -> dict[str, str]:
        """Hashes of everything that isn't the caller's."""
        return await fingerprint(self.superuser, self.tables, self.caller.id)

    async def own_answers(self, *, limit: int = 1) -> dict[str, list[httpx.Response]]:
        """Operation → every answer that reading gives: all lists with all filters, and all that one's own ids name."""
        found = {}
        for operation in self.operations:
            if operation.is_list:
                found[operation.name] = await self.lists(operation, limit=limit)
            elif operation.method == "get":
                found[operation.name] = [await self.ask(operation, self.mine.ids)]
        return found

    @asynccontextmanager
    async def _undone(self, *, really: bool) -> AsyncIterator[None]:
        await self.superuser.execute("SAVEPOINT step")
        yield
        if really:
            await self.superuser.execute("ROLLBACK TO SAVEPOINT step")
        await self.superuser.execute("RELEASE SAVEPOINT step")

    async def foreign_answers(self, *, undo: bool = False) -> dict[str, str]:
        """Operation → how somebody else's id was answered differently from one of nothing, in words; empty is well.

        `undo` takes back what each call did, for when calls are expected to do what they shouldn't.
        """
        found: dict[str, str] = {}
        for operation in self.operations:
            for method in METHODS:
                for theirs, nothing in self.mixtures(operation):
                    async with self._undone(really=undo):
                        asked = await self.ask(operation, theirs, method=method)
                    blind = await self.ask(operation, nothing, method=method)
                    if said_by(asked) != said_by(blind) or (asked.status_code < 400 and method != "options"):
                        found[f"{method} {operation.name}"] = f"{asked.status_code} and {blind.status_code}"
        return found

    async def shown_markers(self) -> dict[str, list[str]]:
        """Operation → what it showed of others when it was asked for one's own."""
        answers = await self.own_answers()
        shown = {
            name: {one for answer in given for one in self.markers.in_(answer.text)}
            for name, given in answers.items()
        }
        return {name: sorted(found) for name, found in shown.items() if found}


def unlimited(world: World) -> AppState:
    """The app's state with limits that a walk doesn't reach."""
    limiter = Limiter(RateLimits(caller=10_000_000, organization=10_000_000))
    return AppState(world.database, world.keystore, world.spool, world.clock, world.ids, limiter=limiter)


@dataclass(frozen=True)
class Ground:
    """What a walk goes over, made once: `superuser` is the one connection that all sessions share."""

    world: World
    superuser: asyncpg.Connection
    mine: Scene
    theirs: Scene
    tables: list[Table]
    markers: Markers


async def make_ground(world: World, superuser: asyncpg.Connection) -> Ground:
    theirs = await make_pair(world)
    third = await world.organization("third")
    other = await world.partnership(third, theirs.right)
    for member in (third, theirs.right):
        await world.share(member, other)
    hidden, asking = [await make_scene(pair) for pair in (theirs, Pair(world, third, theirs.right, other))]
    await world.upload(theirs.left, company_list(*FOREIGN))
    await world.upload(theirs.right, company_list(*OF_THE_PARTNER))
    await world.work()
    await fill(
        superuser,
        {
            "org_id": theirs.left.id, "owner_org_id": theirs.left.id, "viewer_org_id": theirs.right.id,
            "partner_org_id": theirs.right.id, "lo_org_id": theirs.partnership.lo_org_id,
            "hi_org_id": theirs.partnership.hi_org_id, "partnership_id": theirs.partnership.id,
        },
    )  # fmt: skip
    # both scenes save a mapping under one name: something must tell theirs apart
    await superuser.execute(
        "UPDATE import_mapping SET worksheet = 'Quarzwerk export' WHERE org_id = $1", theirs.left.id
    )
    tables = await protected_tables(superuser)
    own = await superuser.fetch("SELECT id FROM organization WHERE id = $1 OR sandbox_of = $1", third.id)
    found = await markers(superuser, tables, [row["id"] for row in own])
    return Ground(world, superuser, asking, hidden, tables, found)
