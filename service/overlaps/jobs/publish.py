"""As the owner: what the partner is shown of one's accounts, and which of one's own accounts the told overlaps are.

Two owners publish in turns: one's records let the other be told, so whoever changes what stands lets the other publish again.
"""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import anyio.to_thread
import numpy as np
import polars as pl

from service.accounts.store import read_accounts, read_participating
from service.crypto.columns import references
from service.db.names import Duty
from service.db.turns import PATIENCE, Turn, take_turn
from service.linking.columns import U64
from service.organizations.operations import reference_key
from service.overlaps.decided import remember
from service.overlaps.jobs.announce import announce
from service.overlaps.jobs.parts import Parts, enqueue_judge, request_publish
from service.overlaps.repository import take_publish_requests
from service.overlaps.shown import (
    Within,
    own_pairs,
    records_of,
    stand_or_fall,
    told_references,
    write_references,
    write_shown,
)
from service.overlaps.stored import ids_named
from service.partnerships.models import PartnershipStatus, SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rules import Rule, bits_at

_SETTLED = (
    "SELECT bit, settled FROM population WHERE org_id = $1 AND filter IS NOT NULL AND removed_at IS NULL"
)
_SHOW_AGAIN = """
    UPDATE sharing_rule r SET awaits = NULL FROM unnest($3::integer[], $4::integer[]) AS s (bit, settled)
    WHERE r.partnership_id = $1 AND r.owner_org_id = $2 AND r.bit = s.bit AND r.awaits <= s.settled
"""


async def publish(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Bring one side's shared records and references up to its rules and the overlaps as they are now, where it was asked to."""
    async with parts.database.duty(org_id, Duty.PUBLISH) as session:
        await take_turn(session, Turn.PUBLISH, partnership_id, wait=PATIENCE)
        opened = await Partnerships(session).opened(partnership_id)
        partnership = opened.partnership
        if partnership.status is PartnershipStatus.ENDED:
            return
        asked = await take_publish_requests(session, partnership_id)
        within = Within(session, partnership, opened.level, asked)
        if within.refs is not None and not len(within.refs):
            return
        await within.begin()
        driver = await session.raw()
        # before the accounts are read: they are as these versions of the filters say, or newer ones
        settled = await driver.fetch(_SETTLED, org_id)
        rules = await Partnerships(session).rules(partnership_id, of=org_id)
        pairs = await own_pairs(within)
        own = reference_key(parts.keystore, org_id)
        name = partial(references, str(partnership_id), reference_key=own)
        accounts = await _accounts(parts, within, rules, pairs["ref"], name)
        records = await anyio.to_thread.run_sync(records_of, accounts, pairs, rules)
        retold = await write_shown(within, records)
        if await stand_or_fall(within):
            await enqueue_judge(session, partnership_id)
        told = told_references(await own_pairs(within))
        await remember(within, accounts, own)
        await write_references(within, accounts.select("ref", "id").join(told, on="ref", how="semi"))
        await request_publish(session, parts.ids, partnership, partnership.partner_of(org_id), retold)
        if within.refs is None:
            bits, versions = [row["bit"] for row in settled], [row["settled"] for row in settled]
            await driver.execute(_SHOW_AGAIN, partnership_id, org_id, bits, versions)
        await announce(parts, within)


async def _accounts(
    parts: Parts, within: Within, rules: Sequence[Rule], paired: pl.Series, name: Callable[[pl.Series], U64]
) -> pl.DataFrame:
    """The accounts that may have to be shown, with the reference `ref` (Int64, as stored) that `name` gives their ids.

    Those that take part and stand in a pair; every one that takes part where a population is shared whole.
    """
    session, bits = within.session, bits_at(rules, SharingLevel.MATCHED)
    driver, whole = await session.raw(), bits_at(rules, SharingLevel.ALL)
    if whole and within.refs is None:
        accounts = await read_participating(driver, session.org_id, bits)
    else:
        wanted = within.refs if whole else None
        in_pairs = np.unique(paired.to_numpy().view(np.uint64))
        named = in_pairs if wanted is None else wanted
        ids = await ids_named(session, within.partnership, named, parts.warm)
        accounts = await read_accounts(driver, session.org_id, ids)
        accounts = accounts.filter(pl.col("populations") & bits != 0)
    refs = await anyio.to_thread.run_sync(name, accounts["id"])
    return accounts.with_columns(_stored(refs).alias("ref"))


def _stored(refs: U64) -> pl.Series:
    """References as PostgreSQL keeps them: signed."""
    return pl.Series(refs.view("int64"), dtype=pl.Int64)
