"""As the owner: evidence codes for one's own tokens that met."""

from uuid import UUID

import anyio.to_thread
import polars as pl

from service.accounts.store import read_accounts
from service.crypto.columns import references
from service.db.names import Duty
from service.jobs import enqueue
from service.linking.evidence import codes_for, with_shown
from service.linking.prepare import prepare
from service.organizations.operations import reference_key
from service.overlaps.blobs import open_frame, seal_frame
from service.overlaps.jobs.parts import SCORE_JOB, Parts
from service.overlaps.repository import EvidenceRequests
from service.overlaps.stored import ids_named
from service.partnerships.epochs import link_keys, rest_key_of
from service.partnerships.models import SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rules import bits_at


async def weigh(parts: Parts, *, org_id: UUID, partnership_id: UUID, run_id: UUID) -> None:
    """Answer the request of one run; nothing is left to do if it was dropped or answered."""
    async with parts.database.duty(org_id, Duty.WEIGH) as session:
        size = await EvidenceRequests(session).size(partnership_id, run_id)
    # nobody waits for a turn within a transaction
    async with parts.turn(size), parts.database.duty(org_id, Duty.WEIGH) as session:
        request = await EvidenceRequests(session).open(partnership_id, run_id)
        if request is None:
            return
        opened = await Partnerships(session).opened(partnership_id)
        if request.epoch != opened.partnership.epoch or not opened.present.is_of_today:
            # its epoch has ended, or fixes other rules than codes are made by today: the run is done over under the next
            return
        key = rest_key_of(parts.keystore, partnership_id, opened.partnership.epoch)
        place = {"org_id": org_id, "run_id": run_id}
        asked = await anyio.to_thread.run_sync(
            lambda: open_frame(request.asked, key, **place, column="asked")
        )
        driver = await session.raw()
        rules = await Partnerships(session).rules(partnership_id, of=org_id)
        bits, shown = (bits_at(rules, level) for level in (SharingLevel.MATCHED, SharingLevel.OVERLAPPING))
        own_references = reference_key(parts.keystore, org_id)
        link = link_keys(parts.keystore, opened, org_id)

        def codes(accounts: pl.DataFrame) -> bytes:
            refs = references(str(partnership_id), accounts["id"], own_references)
            told = refs[(accounts["populations"] & shown != 0).to_numpy()]
            found = with_shown(codes_for(asked, prepare(accounts), refs, link), told)
            return seal_frame(found, key, **place, column="codes")

        ids = await ids_named(session, opened.partnership, asked["ref"].to_numpy(), parts.warm)
        accounts = await read_accounts(driver, org_id, ids)
        accounts = accounts.filter(pl.col("populations") & bits != 0)
        sealed = await anyio.to_thread.run_sync(codes, accounts)
        if await EvidenceRequests(session).answer(partnership_id, run_id, sealed):
            await enqueue(session, SCORE_JOB, {"partnership_id": str(partnership_id), "run_id": str(run_id)})
