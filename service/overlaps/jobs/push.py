"""As the owner: the accounts that take part → tokens of one partnership, as a change of what stands there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import anyio.to_thread
import asyncpg
import numpy as np
import polars as pl

from service.accounts.following import (
    each_taking_part,
    forget_departed,
    fuller_domains,
    highest_number,
    many_changed,
    read_changed,
    read_departed,
    read_of_domains,
)
from service.accounts.store import read_families
from service.db.sessions import TenantSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.jobs import enqueue
from service.linking.columns import U64, References, TokenColumn
from service.linking.layers import Delta, difference
from service.matching import NORMALISER_VERSION
from service.matching.guards import CROWDED_UNTIL
from service.matching.kinds import Level
from service.organizations.operations import reference_key
from service.overlaps.decided import follow
from service.overlaps.jobs.parts import (
    MEET_JOB,
    PUSH_JOB,
    SWITCH_JOB,
    Parts,
    enqueue_judge,
    enqueue_relate,
    request_publish,
)
from service.overlaps.making import OWNERS, Listed, Maker, Standing
from service.overlaps.models import Part
from service.overlaps.stored import ACCOUNTS, Place, Stored, read_side
from service.overlaps.tokens import Beside, Newest, Step, newest_changes, sharing_domain, write_step
from service.partnerships.epochs import Opened, kept_keys
from service.partnerships.models import PartnershipStatus, SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rotation import enqueue_rotation
from service.partnerships.rules import bits_at

MOST_FOLLOWED = 100_000
"""Changes that are followed one by one: of more the whole list is read, part by part, which takes less memory and no more time."""
_FOLLOWED_BY_ALL = """
    SELECT min(seen) FROM (
        SELECT DISTINCT ON (partnership_id) seen FROM token_change WHERE org_id = $1 ORDER BY partnership_id, number DESC
    ) newest
"""


async def push_everywhere(parts: Parts, *, org_id: UUID) -> None:
    """The organization's accounts changed: its tokens in every partnership follow, in one that rests too, so that what goes goes."""
    async with parts.database.tenant(org_id) as session:
        for partnership in await Partnerships(session).everyone(living=True):
            await enqueue_push(session, partnership.id)


async def enqueue_push(session: TenantSession, partnership_id: UUID) -> None:
    place = {"org_id": str(session.org_id), "partnership_id": str(partnership_id)}
    await enqueue(session, PUSH_JOB, place, dedupe_key=f"{partnership_id}:{session.org_id}")


async def push(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Bring the organization's tokens in the partnership up to its accounts; an account of no shared population has none.

    What changed since the last push is made anew, and all where anything but accounts changed since: the rules, the
    normaliser. Both leave the same columns, and write what differs. While another epoch is prepared, each change is written
    under both in one transaction, so that neither is ever behind the other.
    """
    async with parts.database.tenant(org_id) as session:
        # so that of two pushes of a side the newest list is the one that stays
        await take_turn(session, Turn.PUSH, partnership_id, session.org_id, wait=PATIENCE)
        partnerships = Partnerships(session)
        opened = await partnerships.opened(partnership_id)
        if opened.partnership.status is PartnershipStatus.ENDED:
            return
        rules = await partnerships.rules(partnership_id, of=org_id)
        bits, shown = (bits_at(rules, level) for level in (SharingLevel.MATCHED, SharingLevel.OVERLAPPING))
        works = await _works(session, parts, opened, bits, shown)
        if works.lack_an_epoch or (works.coming is None and opened.next is not None):
            await enqueue_rotation(session, opened.partnership)
        newest = (await newest_changes(session, partnership_id)).get(org_id)
        made = await _made(works, newest)
        if made is not None:
            came = await _came(session, opened, made, newest)
            await write_step(session, partnership_id, *made.columns, epoch=made.epoch, beside=made.beside)
            said = await follow(session, opened.partnership, came, reference_key(parts.keystore, org_id))
            if len(said):
                await request_publish(session, parts.ids, opened.partnership, org_id, said)
                await enqueue_judge(session, partnership_id)
            driver = await session.raw()
            await forget_departed(driver, org_id, await driver.fetchval(_FOLLOWED_BY_ALL, org_id))
            await enqueue(
                session, MEET_JOB, {"partnership_id": str(partnership_id)}, dedupe_key=str(partnership_id)
            )
            if _relates(opened.level, made.columns[1].deltas):
                await enqueue_relate(session, partnership_id)
        if works.coming is not None:
            place = {"partnership_id": str(partnership_id)}
            await enqueue(session, SWITCH_JOB, place, dedupe_key=str(partnership_id))


def _relates(level: Level, deltas: Mapping[Place, Delta]) -> bool:
    """Whether other accounts may belong to one owner now: tokens changed, and somebody looks at owners, or did."""
    changed = {part for (part, _), delta in deltas.items() if len(delta)}
    return bool(changed & OWNERS) or (Part.SENT in changed and level is not Level.SAME_COMPANY)


@dataclass(frozen=True, slots=True)
class _Works:
    """What tokens are made under: the present epoch and the next, each None where they can't be made under it. `before` is how the
    side stands under the present one, though it may fix the rules of another normaliser; None where its secrets are gone.
    """

    present: "_Push | None"
    coming: "_Push | None"
    before: Standing | None

    @property
    def lack_an_epoch(self) -> bool:
        return self.present is None and self.coming is None


async def _works(session: TenantSession, parts: Parts, opened: Opened, bits: int, shown: int) -> _Works:
    own, place = reference_key(parts.keystore, session.org_id), opened.partnership.id
    standings: list[Standing | None] = []
    works: list[_Push | None] = []
    for epoch in (opened.present, opened.next):
        link = kept_keys(parts.keystore, opened, session.org_id, epoch) if epoch else None
        if epoch is None or link is None:
            standings.append(None)
            works.append(None)
            continue
        stored = await read_side(session, place, epoch=epoch.number, warm=parts.warm)
        standing = Standing(Maker(str(place), link, own), stored)
        work = _Push(await session.raw(), session.org_id, bits, shown, opened.level, standing, epoch.number)
        standings.append(standing)
        works.append(work if epoch.is_of_today else None)
    return _Works(works[0], works[1], standings[0])


@dataclass(frozen=True, slots=True)
class _Made:
    """A change under `epoch`, and the same one `beside` it under the next."""

    columns: tuple[Stored, Step]
    epoch: int
    beside: Beside | None


async def _made(works: _Works, newest: Newest | None) -> _Made | None:
    """What is to be written; None where nothing changed."""
    present, coming = works.present, works.coming
    first = present or coming
    if first is None:
        return None
    step = await first.step(first.followed(newest), works.before)
    if present is None or coming is None:
        return None if step is None else _Made((first.standing.stored, step), first.epoch, None)
    other = await coming.step(coming.followed(newest), works.before)
    if step is None:
        if other is None or newest is None:
            return None
        # nothing changed but that the tokens stand under the next epoch too
        step = Step({}, newest.terms, newest.seen, np.empty(0, dtype=np.uint64))
    beside = Beside(coming.epoch, coming.standing.stored, other.deltas if other else {})
    return _Made((present.standing.stored, step), present.epoch, beside)


async def _came(session: TenantSession, opened: Opened, made: _Made, newest: Newest | None) -> Delta:
    """The accounts that come to take part by the change, and those that cease to."""
    (stored, step), none = made.columns, Delta(TokenColumn.empty(), TokenColumn.empty())
    change = step.deltas.get(ACCOUNTS, none)
    if made.epoch in {opened.present.number, *(newest.epochs if newest else ())}:
        return change
    # the first tokens of an epoch whose forerunner can't be written to any more: it knows who took part till now
    before = await read_side(
        session, opened.partnership.id, epoch=opened.present.number, parts=[Part.ACCOUNTS]
    )
    return difference(before.whole(ACCOUNTS), stored.after(ACCOUNTS, change))


@dataclass(frozen=True, slots=True)
class _Push:
    """One side's way from what is stored of it in an epoch to what its accounts say."""

    driver: asyncpg.Connection
    org_id: UUID
    bits: int
    shown: int
    level: Level
    standing: Standing
    epoch: int

    @property
    def terms(self) -> str:
        looks_up = "" if self.level is Level.SAME_COMPANY else f"|{self.level.value}"
        return f"{NORMALISER_VERSION}|{self.bits}|{self.shown}{looks_up}"

    @property
    def maker(self) -> Maker:
        return self.standing.maker

    @property
    def stored(self) -> Stored:
        return self.standing.stored

    def followed(self, newest: Newest | None) -> int | None:
        """Up to which number the epoch's tokens followed the accounts; None where there is nothing to go by."""
        stands = newest is not None and newest.terms == self.terms and self.epoch in newest.epochs
        return newest.seen if newest and stands else None

    async def step(self, followed: int | None, before: Standing | None = None) -> Step | None:
        """What changed of the accounts, and with them of the companies above; None where nothing was written since."""
        step = await self._step(followed, before)
        return None if step is None else replace(step, deltas={**step.deltas, **await self.owners()})

    async def _step(self, followed: int | None, before: Standing | None) -> Step | None:
        """From the number `followed` on, or whole where there is none to go by; None where nothing was written since."""
        seen = await highest_number(self.driver, self.org_id, at_least=followed or 0)
        if followed is None:
            return await self._whole(seen, before)
        if seen == followed:
            return None
        if await many_changed(self.driver, self.org_id, followed, than=MOST_FOLLOWED):
            return await self._whole(seen)
        return await self._changes(followed, seen) or await self._whole(seen)

    async def owners(self) -> Mapping[Place, Delta]:
        """What changed of the companies above the accounts. They are all looked up anew: who is above whom goes through many accounts."""
        accounts = pl.DataFrame()
        if self.level is not Level.SAME_COMPANY:
            accounts = await read_families(self.driver, self.org_id, self.bits)
        return await anyio.to_thread.run_sync(self.maker.owners, accounts, self.level, self.stored)

    async def _whole(self, seen: int, before: Standing | None = None) -> Step:
        parts: list[Listed] = []

        async def take(accounts: pl.DataFrame) -> None:
            parts.append(await anyio.to_thread.run_sync(self.maker.listed, accounts))

        await each_taking_part(self.driver, self.org_id, self.bits, take)
        stands = all(part.stands for part in parts)
        deltas = await anyio.to_thread.run_sync(self.maker.whole, parts, self.stored, before)
        return Step(deltas, self.terms if stands else f"{self.terms}|domains differ", seen, None)

    async def _changes(self, followed: int, seen: int) -> Step | None:
        """None if accounts can't be looked up by their domains, so that nobody knows whom a guard concerns."""
        driver, org_id, bits = self.driver, self.org_id, self.bits
        changed = await read_changed(driver, org_id, followed)
        departed = await read_departed(driver, org_id, followed)
        domains = pl.concat([_domains_of(changed), departed["domain"]]).drop_nulls().unique()
        off = await anyio.to_thread.run_sync(self.maker.off, domains, self.stored)
        full = await fuller_domains(driver, org_id, bits, domains.to_list(), than=CROWDED_UNTIL)
        under = await read_of_domains(driver, org_id, bits, sorted({*off, *full}))
        taking_part = changed.filter(pl.col("populations") & bits != 0)
        accounts = pl.concat([taking_part, under]).unique("id", keep="last", maintain_order=True)
        listed = await anyio.to_thread.run_sync(self.maker.listed, accounts)
        if not listed.stands:
            return None
        others = pl.concat([changed["id"], departed["id"]]).unique()
        beside = _domains_of(under).drop_nulls().unique()
        still = await anyio.to_thread.run_sync(
            self.maker.off, beside.filter(~beside.is_in(domains.implode())), self.stored
        )

        def made() -> Step:
            deltas = self.maker.changed(listed, others, self.stored, off_before=off, off_still=still)
            return Step(deltas, self.terms, seen, self._touched(self.maker.refs(others), deltas))

        return await anyio.to_thread.run_sync(made)

    def _touched(self, refs: U64, deltas: Mapping[Place, Delta]) -> U64:
        """The changed accounts that take part, or did; those whose tokens changed for another's sake; and those that share a domain
        with either, which says more or less of them now.
        """
        before, change = self.stored.of(ACCOUNTS).of_refs(References(refs)), deltas[ACCOUNTS]
        here = refs[np.isin(refs, before.refs) | np.isin(refs, change.added.refs)]
        moved = [
            column.refs
            for (part, _), delta in deltas.items()
            if part is Part.SENT
            for column in (delta.added, delta.removed)
        ]
        touched = np.unique(np.concatenate([here, *moved]))
        return np.union1d(touched, sharing_domain(self.stored, deltas, touched))


def _domains_of(accounts: pl.DataFrame) -> pl.Series:
    """Each domain that one of `accounts` is stored under, by turns; null where there is none."""
    aliases = accounts["alias_domains"].str.split(";").explode()
    return pl.concat([accounts["domain"], aliases.alias("domain")])
