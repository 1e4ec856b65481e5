"""As the owner: what the partner is shown of one's accounts, and which of one's own accounts the told overlaps are.

Two owners publish in turns: one's records let the other be told, so whoever changes what stands lets the other publish again.
"""

from uuid import UUID

import anyio.to_thread
import polars as pl

from service.accounts.store import read_participating
from service.crypto import references
from service.db.names import Duty
from service.db.sessions import DutySession
from service.organizations.operations import reference_key
from service.overlaps.jobs.parts import Parts, enqueue_publish
from service.overlaps.shown import own_pairs, records_of, told_references, write_references, write_shown
from service.partnerships.models import PartnershipStatus, SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rules import bits_at


async def publish(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Bring one side's shared records and references up to its rules and the overlaps as they are now."""
    async with parts.database.duty(org_id, Duty.PUBLISH) as session:
        await _take_turn(session, partnership_id)
        partnership = await Partnerships(session).by_id(partnership_id)
        if partnership.status is not PartnershipStatus.ACTIVE:
            return
        rules = await Partnerships(session).rules(partnership_id, of=org_id)
        pairs = await own_pairs(session, partnership)
        accounts = await _accounts(session, parts, partnership_id, bits_at(rules, SharingLevel.MATCHED))
        records = await anyio.to_thread.run_sync(records_of, accounts, pairs, rules)
        changed = await write_shown(session, partnership, records)
        told = told_references(await own_pairs(session, partnership))
        await write_references(
            session, partnership_id, accounts.select("ref", "id").join(told, on="ref", how="semi")
        )
        if changed:
            await enqueue_publish(session, partnership_id, partnership.partner_of(org_id))


async def _accounts(session: DutySession, parts: Parts, partnership_id: UUID, bits: int) -> pl.DataFrame:
    """Every account that takes part, with its reference `ref` (Int64, as stored)."""
    accounts = await read_participating(await session.raw(), session.org_id, bits)
    key = reference_key(parts.keystore, session.org_id)
    refs = await anyio.to_thread.run_sync(lambda: references(str(partnership_id), accounts["id"], key))
    return accounts.with_columns(pl.Series("ref", refs.view("int64"), dtype=pl.Int64))


async def _take_turn(session: DutySession, partnership_id: UUID) -> None:
    driver = await session.raw()
    await driver.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"publish:{partnership_id}")
