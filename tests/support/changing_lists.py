"""Lists that change in random ways: what an import, a person, a rule or an end of a list can do to an organization's accounts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from random import Random
from typing import cast

from service.db.database import Database
from service.imports.models import ImportMode
from service.overlaps.jobs.meet import meet
from service.overlaps.jobs.parts import Parts
from service.overlaps.jobs.publish import publish
from service.overlaps.jobs.push import push
from service.overlaps.jobs.score import score
from service.overlaps.jobs.weigh import weigh
from service.partnerships.models import Preset, SharingLevel
from tests.factories.world import Member, Pair

WORDS = ("Walnut", "Orchid", "Harbour", "Quarzwerk", "Zephyr", "Kestrel", "Malachit", "Bergamot")
ENDS = ("Press", "Analytics", "Industries", "Bakery", "Systems", "Holdings")
COUNTRIES = ("DE", "FR", "UK", "")
STATUSES = ("Customer", "Prospect", "Open opportunity", "former")
CROWD = "walnut-group.com"
"""A domain that many accounts stand under, so that it comes and goes as a key."""
LEVELS = (SharingLevel.HIDDEN, SharingLevel.MATCHED, SharingLevel.OVERLAPPING, SharingLevel.ALL)
SHARED = ("quarz-group.com", "stayhaven.com", "harbour-brands.com")
"""Domains that several differently named accounts bear, some of them two."""
HEADER = "External ID,Company,Website,Other Domains,Country,City,Owner,Status"


def row(random: Random, external_id: int) -> str:
    name = f"{random.choice(WORDS)} {random.choice(ENDS)} {random.choice(('', 'AG', 'Nord', 'Süd', 'Ltd'))}".strip()
    if random.random() < 0.5:
        name = f"{name} {random.randrange(60)}"
    own = f"{name.split()[0].lower()}{random.randrange(4)}.com"
    domain = random.choice(("", CROWD, CROWD, CROWD, own, own, *SHARED))
    alias = random.choice(("", "", "", *SHARED))
    country, city = random.choice(COUNTRIES), random.choice(("Berlin", "Lyon", ""))
    status = random.choices(STATUSES, (6, 3, 2, 1))[0]
    return f"x{external_id},{name},{domain},{alias},{country},{city},{random.choice(('Ann', 'Bo'))},{status}"


class ChangingLists:
    """Both sides of a pair, and what may happen to them."""

    def __init__(self, pair: Pair, random: Random, *, most: int = 60) -> None:
        self.pair, self.random, self.most = pair, random, most
        self.parts = Parts(pair.world.database, pair.world.keystore, pair.world.clock, pair.world.ids)

    @property
    def member(self) -> Member:
        return self.random.choice((self.pair.left, self.pair.right))

    async def begin(self) -> None:
        """Lists of half the size each, met."""
        for member in (self.pair.left, self.pair.right):
            await self._upload(member, [*range(self.most // 2)], ImportMode.UPSERT)
        await self.pair.world.work()

    async def step(self) -> str:
        """Something that may happen, and what it was."""
        acts: list[tuple[int, Callable[[Member], Awaitable[object]]]] = [
            (5, self.merge), (1, self.send_whole), (8, self.edit), (2, self.remove), (1, self.share), (2, self.push_early),
            (1, self.meet_early), (2, self.judge_early), (1, self.publish_early), (2, self.die), (4, self.work),
        ]  # fmt: skip
        act = self.random.choices([a for _, a in acts], [w for w, _ in acts])[0]
        await act(self.member)
        return act.__name__

    async def merge(self, member: Member) -> None:
        count = self.random.choice((1, 2, 5, self.most // 2))
        await self._upload(member, self.random.sample(range(self.most), count), ImportMode.UPSERT)

    async def send_whole(self, member: Member) -> None:
        count = self.random.randint(1, self.most)
        await self._upload(member, self.random.sample(range(self.most), count), ImportMode.REPLACE)

    async def _upload(self, member: Member, ids: list[int], mode: ImportMode) -> None:
        text = "\n".join([HEADER, *(row(self.random, external_id) for external_id in ids), ""])
        await self.pair.world.upload(member, text, mode=mode, population=None, confirmed=True)

    async def edit(self, member: Member) -> None:
        """As a person would, one account at a time, and not by an import."""
        change = self.random.choice(
            (
                f"domain = '{CROWD}', website = '{CROWD}'", "domain = NULL, website = NULL, email = NULL", "city = 'Wien'",
                "city = 'Ulm', country = 'Brazil'", "populations = 1", "populations = 0", "name = 'Walnut ' || substr(id::text, 30)", "owner = 'Cy'",
            )
        )  # fmt: skip
        await self._sql(member, f"UPDATE account SET {change} WHERE org_id = $1 AND id IN ({_SOME})")

    async def remove(self, member: Member) -> None:
        await self._sql(member, f"DELETE FROM account WHERE org_id = $1 AND id IN ({_SOME})")

    async def _sql(self, member: Member, statement: str) -> None:
        async with self.pair.world.database.tenant(member.id) as session:
            await session.sql(statement, member.id, self.random.choice((1, 3, 10)), self.random.random())
        await push(self.parts, org_id=member.id, partnership_id=self.pair.partnership.id)

    async def share(self, member: Member) -> None:
        levels = {
            slug: self.random.choice(LEVELS) for slug in ("customers", "open_opportunities", "prospects")
        }
        preset = self.random.choice(list(Preset))
        await self.pair.world.share(member, self.pair.partnership, levels, preset)

    async def push_early(self, member: Member) -> None:
        await push(self.parts, org_id=member.id, partnership_id=self.pair.partnership.id)

    async def meet_early(self, _member: Member) -> None:
        await meet(self.parts, partnership_id=self.pair.partnership.id)

    async def judge_early(self, member: Member) -> None:
        """Whoever is asked answers, and answers again; the run may be scored for want of nothing, and once more."""
        async with self.pair.world.database.matcher(self.pair.partnership.id) as session:
            rows = await (await session.raw()).fetch("SELECT id FROM match_run ORDER BY id DESC LIMIT 1")
        for run in rows:
            place = {"partnership_id": self.pair.partnership.id, "run_id": run["id"]}
            for _ in range(2):
                await weigh(self.parts, org_id=member.id, **place)
                await score(self.parts, **place)

    async def publish_early(self, member: Member) -> None:
        await publish(self.parts, org_id=member.id, partnership_id=self.pair.partnership.id)

    async def die(self, member: Member) -> None:
        """A worker that is killed when all of a job's work is done but its commit."""
        parts = replace(self.parts, database=cast("Database", _Dying(self.parts.database)))
        place = {"partnership_id": self.pair.partnership.id}
        with suppress(_DiedError):
            await meet(parts, **place)
        for job in (push, publish):
            with suppress(_DiedError):
                await job(parts, org_id=member.id, **place)

    async def work(self, _member: Member) -> None:
        await self.pair.world.work()


class _DiedError(Exception):
    pass


class _Dying:
    """A database whose transactions never come to their commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Callable[..., AbstractAsyncContextManager[object]]:
        @asynccontextmanager
        async def dying(*given: object) -> AsyncIterator[object]:
            async with getattr(self._database, name)(*given) as session:
                yield session
                raise _DiedError

        return dying


_SOME = "SELECT id FROM account WHERE org_id = $1 ORDER BY md5(id::text || $3::float8::text) LIMIT $2"
