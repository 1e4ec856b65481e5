"""Accounts leave a list by somebody's word: nobody is shown them under it from that commit on, and jobs do the rest.

What is shown is written by a job of the owner's; here its records are narrowed, in the same transaction as the list, and nothing of
them is told.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import anyio.to_thread
import numpy as np
import polars as pl

from service.accounts.lists import Changed, MemberStatus, change_members
from service.crypto import Keystore
from service.crypto.columns import references
from service.db.names import Duty
from service.db.sessions import TenantSession
from service.db.turns import Turn, take_turn
from service.imports.direct import Sent
from service.kit.clock import Clock
from service.organizations.operations import reference_key

_SHARED = """
    SELECT partnership_id FROM sharing_rule WHERE owner_org_id = $1 AND bit = $2 ORDER BY partnership_id
"""
_NARROW = """
    UPDATE shared_record SET populations = populations & ~$4::bigint
    WHERE partnership_id = $1 AND owner_org_id = $2 AND ref = ANY($3::bigint[]) AND populations & $4::bigint <> 0
"""


async def change_list(
    session: TenantSession,
    keystore: Keystore,
    clock: Clock,
    population_id: UUID,
    *,
    add: Sequence[UUID],
    remove: Sequence[UUID],
    sent: Sent,
) -> Changed:
    """As `change_members`; what was removed is shown under the list no more."""
    changed = await change_members(session, clock, population_id, add=add, remove=remove, sent=sent)
    left = changed.those(MemberStatus.REMOVED)
    if left:
        await _withdraw(session, keystore, changed.population.bit, left)
    return changed


async def _withdraw(session: TenantSession, keystore: Keystore, bit: int, accounts: Sequence[UUID]) -> None:
    driver, key = await session.raw(), reference_key(keystore, session.org_id)
    ids = pl.Series([str(one) for one in accounts])
    for (partnership_id,) in await driver.fetch(_SHARED, session.org_id, bit):
        # whoever publishes at this moment may have read the list of before
        await take_turn(session, Turn.PUBLISH, partnership_id)
        refs = await anyio.to_thread.run_sync(
            partial(references, str(partnership_id), ids, reference_key=key)
        )
        async with session.on_duty(Duty.PUBLISH):
            stored = refs.view(np.int64).tolist()
            await driver.execute(_NARROW, partnership_id, session.org_id, stored, 1 << bit)
