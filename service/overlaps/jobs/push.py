"""As the owner: the accounts that take part → tokens of one partnership."""

from uuid import UUID

import anyio.to_thread
import polars as pl

from service.accounts.store import read_participating
from service.crypto.columns import references
from service.db.sessions import TenantSession
from service.jobs import enqueue
from service.linking.columns import U64
from service.linking.keys import LinkKeys
from service.linking.meet import TokenSet
from service.linking.prepare import prepare
from service.linking.tokens import tokenise
from service.matching.records import KEY_FIELDS
from service.organizations.operations import reference_key
from service.overlaps.jobs.parts import MEET_JOB, PUSH_JOB, Parts
from service.overlaps.tokens import replace_tokens
from service.partnerships.epochs import link_keys
from service.partnerships.models import PartnershipStatus, SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rules import bits_at


async def push_everywhere(parts: Parts, *, org_id: UUID) -> None:
    """The organization's accounts changed: its tokens in every active partnership follow."""
    async with parts.database.tenant(org_id) as session:
        for partnership in await Partnerships(session).everyone(status=PartnershipStatus.ACTIVE):
            await enqueue_push(session, partnership.id)


async def enqueue_push(session: TenantSession, partnership_id: UUID) -> None:
    place = {"org_id": str(session.org_id), "partnership_id": str(partnership_id)}
    await enqueue(session, PUSH_JOB, place, dedupe_key=f"{partnership_id}:{session.org_id}")


async def push(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Replace the organization's tokens in the partnership; an account of no shared population has none."""
    async with parts.database.tenant(org_id) as session:
        await _take_turn(session, partnership_id)
        partnerships = Partnerships(session)
        opened = await partnerships.opened(partnership_id)
        if opened.partnership.status is not PartnershipStatus.ACTIVE:
            return
        bits = bits_at(await partnerships.rules(partnership_id, of=org_id), SharingLevel.MATCHED)
        accounts = await read_participating(await session.raw(), org_id, bits, fields=KEY_FIELDS)
        link = link_keys(parts.keystore, opened, org_id)
        own_references = reference_key(parts.keystore, org_id)

        def tokens() -> TokenSet:
            refs = references(str(partnership_id), accounts["id"], own_references)
            return _tokens(accounts, refs, link)

        made = await anyio.to_thread.run_sync(tokens)
        await replace_tokens(
            session,
            partnership_id=partnership_id,
            epoch=opened.partnership.epoch,
            tokens=made,
            accounts=accounts.height,
        )
        await enqueue(
            session, MEET_JOB, {"partnership_id": str(partnership_id)}, dedupe_key=str(partnership_id)
        )


def _tokens(accounts: pl.DataFrame, refs: U64, link: LinkKeys) -> TokenSet:
    return tokenise(prepare(accounts), refs, link)


async def _take_turn(session: TenantSession, partnership_id: UUID) -> None:
    """Pushes of one side wait for each other, so that the newest list is the one that stays."""
    driver = await session.raw()
    await driver.execute("SET LOCAL lock_timeout = '10min'")
    key = f"push:{partnership_id}:{session.org_id}"
    await driver.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
