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
from service.linking.columns import U64, References
from service.linking.layers import Delta
from service.matching import NORMALISER_VERSION
from service.matching.guards import CROWDED_UNTIL
from service.matching.kinds import Level
from service.organizations.operations import reference_key
from service.overlaps.decided import follow
from service.overlaps.jobs.parts import MEET_JOB, PUSH_JOB, Parts, enqueue_relate
from service.overlaps.making import Listed, Maker
from service.overlaps.models import Part
from service.overlaps.stored import ACCOUNTS, Place, Stored, read_side
from service.overlaps.tokens import Step, newest_changes, write_step
from service.partnerships.epochs import link_keys
from service.partnerships.models import PartnershipStatus, SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rules import bits_at

MOST_FOLLOWED = 100_000
"""Changes that are followed one by one: of more the whole list is read, part by part, which takes less memory and no more time."""
_FOLLOWED_BY_ALL = """
    SELECT min(seen) FROM (
        SELECT DISTINCT ON (partnership_id) seen FROM token_change WHERE org_id = $1 ORDER BY partnership_id, number DESC
    ) newest
"""


async def push_everywhere(parts: Parts, *, org_id: UUID) -> None:
    """The organization's accounts changed: its tokens in every active partnership follow."""
    async with parts.database.tenant(org_id) as session:
        for partnership in await Partnerships(session).everyone(status=PartnershipStatus.ACTIVE):
            await enqueue_push(session, partnership.id)


async def enqueue_push(session: TenantSession, partnership_id: UUID) -> None:
    place = {"org_id": str(session.org_id), "partnership_id": str(partnership_id)}
    await enqueue(session, PUSH_JOB, place, dedupe_key=f"{partnership_id}:{session.org_id}")


async def push(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Bring the organization's tokens in the partnership up to its accounts; an account of no shared population has none.

    What changed since the last push is made anew, and all where anything but accounts changed since: the rules, the epoch,
    the normaliser. Both leave the same columns, and write what differs.
    """
    async with parts.database.tenant(org_id) as session:
        # so that of two pushes of a side the newest list is the one that stays
        await take_turn(session, Turn.PUSH, partnership_id, session.org_id, wait=PATIENCE)
        partnerships = Partnerships(session)
        opened = await partnerships.opened(partnership_id)
        if opened.partnership.status is not PartnershipStatus.ACTIVE:
            return
        bits = bits_at(await partnerships.rules(partnership_id, of=org_id), SharingLevel.MATCHED)
        link, epoch = link_keys(parts.keystore, opened, org_id), opened.partnership.epoch
        maker = Maker(str(partnership_id), link, reference_key(parts.keystore, org_id))
        work = _Push(
            await session.raw(), org_id, bits, opened.level, maker, _terms(epoch, link.normaliser, bits, opened.level),
            await read_side(session, partnership_id, epoch=epoch, warm=parts.warm),
        )  # fmt: skip
        newest = (await newest_changes(session, partnership_id)).get(org_id)
        step = await work.step(newest.seen if newest and newest.terms == work.terms else None)
        if step is None:
            return
        owners = await work.owners()
        step = replace(step, deltas={**step.deltas, **owners})
        await write_step(session, partnership_id, work.stored, step, epoch=epoch)
        if ACCOUNTS in step.deltas:
            await follow(session, opened.partnership, step.deltas[ACCOUNTS], maker.own)
        await forget_departed(work.driver, org_id, await work.driver.fetchval(_FOLLOWED_BY_ALL, org_id))
        await enqueue(
            session, MEET_JOB, {"partnership_id": str(partnership_id)}, dedupe_key=str(partnership_id)
        )
        if owners or opened.level is not Level.SAME_COMPANY:
            await enqueue_relate(session, partnership_id)


def _terms(epoch: int, normaliser: str, bits: int, level: Level) -> str:
    looks_up = "" if level is Level.SAME_COMPANY else f"|{level.value}"
    return f"{epoch}|{normaliser}|{NORMALISER_VERSION}|{bits}{looks_up}"


@dataclass(frozen=True, slots=True)
class _Push:
    """One side's way from what is stored of it to what its accounts say."""

    driver: asyncpg.Connection
    org_id: UUID
    bits: int
    level: Level
    maker: Maker
    terms: str
    stored: Stored

    async def step(self, followed: int | None) -> Step | None:
        """From the number `followed` on, or whole where there is none to go by; None where nothing was written since."""
        seen = await highest_number(self.driver, self.org_id, at_least=followed or 0)
        if followed is None:
            return await self._whole(seen)
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

    async def _whole(self, seen: int) -> Step:
        parts: list[Listed] = []

        async def take(accounts: pl.DataFrame) -> None:
            parts.append(await anyio.to_thread.run_sync(self.maker.listed, accounts))

        await each_taking_part(self.driver, self.org_id, self.bits, take)
        stands = all(part.stands for part in parts)
        deltas = await anyio.to_thread.run_sync(self.maker.whole, parts, self.stored)
        return Step(deltas, self.terms if stands else f"{self.terms}|domains differ", seen, None)

    async def _changes(self, followed: int, seen: int) -> Step | None:
        """None if accounts can't be looked up by their domains, so that nobody knows whom a guard concerns."""
        driver, org_id, bits = self.driver, self.org_id, self.bits
        changed = await read_changed(driver, org_id, followed)
        departed = await read_departed(driver, org_id, followed)
        aliases = changed["alias_domains"].str.split(";").explode().alias("domain")
        domains = pl.concat([changed["domain"], departed["domain"], aliases]).drop_nulls().unique()
        off = await anyio.to_thread.run_sync(self.maker.off, domains, self.stored)
        full = await fuller_domains(driver, org_id, bits, domains.to_list(), than=CROWDED_UNTIL)
        under = await read_of_domains(driver, org_id, bits, sorted({*off, *full}))
        taking_part = changed.filter(pl.col("populations") & bits != 0)
        accounts = pl.concat([taking_part, under]).unique("id", keep="last", maintain_order=True)
        listed = await anyio.to_thread.run_sync(self.maker.listed, accounts)
        if not listed.stands:
            return None
        others = pl.concat([changed["id"], departed["id"]]).unique()

        def made() -> Step:
            deltas = self.maker.changed(listed, others, off, self.stored)
            return Step(deltas, self.terms, seen, self._touched(self.maker.refs(others), deltas))

        return await anyio.to_thread.run_sync(made)

    def _touched(self, refs: U64, deltas: Mapping[Place, Delta]) -> U64:
        """The changed accounts that take part, or did; and those whose tokens changed for another's sake."""
        before, change = self.stored.of(ACCOUNTS).of_refs(References(refs)), deltas[ACCOUNTS]
        here = refs[np.isin(refs, before.refs) | np.isin(refs, change.added.refs)]
        moved = [
            column.refs
            for (part, _), delta in deltas.items()
            if part is Part.SENT
            for column in (delta.added, delta.removed)
        ]
        return np.unique(np.concatenate([here, *moved]))
