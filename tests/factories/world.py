"""Organizations, partnerships and lists for tests, made through the product's own operations."""

import shutil
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from service.accounts.operations import create_standard_populations
from service.accounts.repository import Populations
from service.crypto import Keystore, MemoryKeystore
from service.db.database import Database
from service.imports.files import Opener, opener_of
from service.imports.models import ImportMode
from service.imports.operations import Upload, accept
from service.imports.repository import Imports
from service.imports.spool import Spool
from service.jobs import Registry
from service.jobs.drain import drain
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.matching.kinds import Level
from service.organizations.models import Organization, Scope
from service.organizations.operations import create_key, create_organization
from service.overlaps.reading import Matrix, Page, matrix, page
from service.overlaps.view import View, view_of
from service.partnerships.hierarchy import choose_level
from service.partnerships.models import Partnership, Preset, SharingLevel
from service.partnerships.operations import Share, create_partnership, share
from service.worker import make_registry

LEVELS = dict.fromkeys(("customers", "open_opportunities", "prospects"), SharingLevel.OVERLAPPING)


@dataclass(frozen=True)
class Member:
    """An organization with a key of its own."""

    organization: Organization
    key: str

    @property
    def id(self) -> UUID:
        return self.organization.id

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class World:
    """The service's parts over one test database, and what tests do with them."""

    database: Database
    keystore: Keystore
    spool: Spool
    clock: Clock
    ids: Ids

    async def organization(self, handle: str, *, scopes: Iterable[Scope] = Scope) -> Member:
        async with self.database.tenant(self.ids.new()) as session:
            made = await create_organization(
                session, self.keystore, self.clock, handle=handle, name=handle.title()
            )
            create_standard_populations(session, self.ids, self.clock)
            key = create_key(session, self.ids, self.clock, name="test", scopes=scopes)
        return Member(made, key.text)

    async def another_key(self, member: Member, scopes: Iterable[Scope]) -> Member:
        """The organization as another of its keys is taken for it."""
        async with self.database.tenant(member.id) as session:
            key = create_key(session, self.ids, self.clock, name="another", scopes=scopes)
        return Member(member.organization, key.text)

    async def partnership(self, one: Member, other: Member) -> Partnership:
        async with self.database.tenant(one.id) as session:
            return await create_partnership(
                session,
                self.keystore,
                self.clock,
                partnership_id=self.ids.new(),
                own=one.organization,
                partner=other.organization,
            )

    async def share(
        self,
        member: Member,
        partnership: Partnership,
        levels: Mapping[str, SharingLevel] = LEVELS,
        preset: Preset = Preset.STANDARD,
    ) -> None:
        async with self.database.tenant(member.id) as session:
            for population in await Populations(session).everyone():
                level = levels.get(population.slug, SharingLevel.HIDDEN)
                said = Share(population.slug, level, preset)
                await share(session, self.clock, partnership_id=partnership.id, said=said)

    async def upload(
        self,
        member: Member,
        text: str | bytes,
        *,
        mode: ImportMode = ImportMode.UPSERT,
        population: str | None = "customers",
        **how: Any,
    ) -> UUID:
        """Queue an import of a file; `work` reads it. The newest import's id, where it was of the same bytes."""
        import_id = self.ids.new()
        content = text.encode() if isinstance(text, str) else text
        received = await self.spool.receive(import_id, _once(content))
        async with self.database.tenant(member.id) as session:
            upload = Upload(import_id, "list.csv", *received, mode=mode, population=population, **how)
            accepted = await accept(session, self.keystore, self.clock, upload)
        if accepted.id != import_id:
            self.spool.discard(import_id)
        return accepted.id

    async def opener(self, member: Member, import_id: UUID) -> Opener:
        """What gives the bytes of an upload that waits in the spool."""
        async with self.database.tenant_read(member.id) as session:
            record = await Imports(session).by_id(import_id)
        assert record is not None
        return opener_of(self.spool, self.keystore, record)

    async def work(self, *only: str) -> list[str]:
        """Run every queued job, or those of `only` these names; the names in the order in which they ran."""
        registry = make_registry(
            database=self.database,
            keystore=self.keystore,
            spool=self.spool,
            clock=self.clock,
            ids=self.ids,
        )
        if only:
            every, registry = registry, Registry()
            for name in only:
                registry.add(name, every[name].handler)
        return await drain(self.database, registry, others_wait=bool(only))

    async def view(self, member: Member, partnership: Partnership) -> View:
        async with self.database.tenant_read(member.id) as session:
            return await view_of(session, partnership.id)

    async def told(
        self, member: Member, partnership: Partnership, wanted: Page | None = None
    ) -> list[dict[str, object]]:
        """The rows that `member` is told of: `auto` pairs unless `wanted` says otherwise."""
        async with self.database.tenant_read(member.id) as session:
            view = await view_of(session, partnership.id)
            return [dict(row) for row in await page(session, view, wanted or Page(limit=1000))]

    async def matrix(
        self, member: Member, partnership: Partnership, level: Level = Level.SAME_COMPANY
    ) -> Matrix:
        async with self.database.tenant_read(member.id) as session:
            view = await view_of(session, partnership.id)
            slugs = {p.bit: p.slug for p in await Populations(session).everyone()}
            return await matrix(session, view, slugs, level)

    async def look(self, member: Member, partnership: Partnership, level: Level) -> None:
        """Say for one side how far up the owners of its accounts may meet."""
        async with self.database.tenant(member.id) as session:
            await choose_level(session, self.clock, partnership_id=partnership.id, level=level)


@dataclass(frozen=True)
class Pair:
    """Two organizations with a partnership in which both share everything as overlaps."""

    world: World
    left: Member
    right: Member
    partnership: Partnership


async def make_pair(world: World, *, left: str = "left", right: str = "right") -> Pair:
    one, other = await world.organization(left), await world.organization(right)
    made = await world.partnership(one, other)
    for member in (one, other):
        await world.share(member, made)
    return Pair(world, one, other, made)


def make_world(database: Database, keystore: Keystore, folder: Path, clock: Clock, ids: Ids) -> World:
    return World(database, keystore, Spool(folder / "uploads", 50_000_000), clock, ids)


def apart(pair: Pair, folder: Path) -> Pair:
    """The same pair for one test: with a keystore and a spool of its own, which begin as the pair's are."""
    world, keystore = pair.world, MemoryKeystore()
    for name in world.keystore.names():
        keystore.put_new(name, world.keystore.get(name))
    for tombstone in world.keystore.buried():
        keystore.bury(tombstone)
    if world.spool.folder.exists():
        shutil.copytree(world.spool.folder, folder / "uploads")
    return replace(pair, world=make_world(world.database, keystore, folder, world.clock, world.ids))


def company_list(*rows: tuple[str, str] | tuple[str, str, str], status: str | None = None) -> str:
    """Rows of (name, website[, country]) as CSV."""
    header = "Company,Website,Country" + (",Status" if status else "")
    lines = [
        ",".join((*row, *([""] if len(row) == 2 else []), *([status] if status else []))) for row in rows
    ]
    return "\n".join([header, *lines, ""])


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
