"""Who belongs to the populations that filters decide: bits of accounts, written only where they differ. Those of lists stay as they are.

Whoever writes accounts settles those in the same transaction (`settle_since`); a filter that is new, changed or gone is applied to
all by a job (`settle`), which also clears the bit of a population that is gone. The database numbers each account that is written, so that what follows accounts follows their bits too.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from service.accounts.attributes import Attributes
from service.accounts.bits import STANDARD_BITS
from service.accounts.filter_sql import where
from service.accounts.filters import parse
from service.accounts.following import highest_number
from service.accounts.models import Population, PopulationKind
from service.accounts.repository import Populations
from service.accounts.staging import count_of
from service.db.sessions import TenantSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.imports.operations import CHANGED_JOB
from service.jobs import enqueue

SETTLE_JOB = "populations.settle"
SETTLED_JOB = "populations.settled"
"""Enqueued by name once filters are applied to every account: {org_id}."""
GONE_JOB = "populations.gone"
"""Enqueued by name once no account bears the bit of a population that was removed: {org_id}."""
_EVERY_BIT = (1 << 63) - 1
_SETTLED = "UPDATE population SET settled = $3 WHERE org_id = $1 AND id = $2"


async def request_settling(session: TenantSession) -> None:
    """Let the job apply what has changed of the filters."""
    org_id = str(session.org_id)
    await enqueue(session, SETTLE_JOB, {"org_id": org_id}, dedupe_key=org_id)


async def settle(session: TenantSession) -> int:
    """Apply every filter that isn't applied yet; how many accounts were written."""
    driver = await session.raw()
    await take_turn(session, Turn.STORING, session.org_id, wait=PATIENCE)
    due = [p for p in await Populations(session).custom() if p.settled != p.version]
    if not due:
        return 0
    kept = _EVERY_BIT & ~sum(1 << p.bit for p in due)
    changed = await _write(driver, session, due, kept, since=None)
    for population in due:
        await driver.execute(_SETTLED, session.org_id, population.id, population.version)
    org_id = str(session.org_id)
    if changed:
        await enqueue(session, CHANGED_JOB, {"org_id": org_id}, dedupe_key=org_id)
    for job, concerns in ((SETTLED_JOB, False), (GONE_JOB, True)):
        if any((p.removed_at is not None) is concerns for p in due):
            await enqueue(session, job, {"org_id": org_id}, dedupe_key=org_id)
    return changed


async def settle_since(session: TenantSession, since: int, *, restored: bool = False) -> int:
    """Let the filters decide of the accounts that were written after the number `since` in this transaction; how many were written
    once more for it. `restored` accounts may bear bits of populations that are gone.
    """
    populations = await Populations(session).custom()
    decided = [p for p in populations if p.kind is PopulationKind.FILTER or p.removed_at is not None]
    if not decided and not restored:
        return 0
    kept = STANDARD_BITS | bits_of_lists(populations)
    return await _write(await session.raw(), session, decided, kept, since=since)


def bits_of_lists(populations: Iterable[Population]) -> int:
    """Of those that are there."""
    lists = (p for p in populations if p.kind is PopulationKind.LIST and p.removed_at is None)
    return sum(1 << p.bit for p in lists)


async def number_before(session: TenantSession) -> int:
    """The highest number that an account has: what is written from now on has a higher one."""
    return await highest_number(await session.raw(), session.org_id)


async def _write(
    driver: asyncpg.Connection,
    session: TenantSession,
    populations: Sequence[Population],
    kept: int,
    *,
    since: int | None,
) -> int:
    """Accounts keep the bits `kept`, and have those of the populations that they belong to; no others."""
    values: list[Any] = [session.org_id]
    removed = await Attributes(session).removed()
    bits = [f"populations & {kept}::bigint"]
    for population in populations:
        if population.removed_at is None:
            belongs = where(parse(population.filter), values, removed=removed)
            bits.append(f"CASE WHEN {belongs} THEN {1 << population.bit}::bigint ELSE 0 END")
    wanted = " | ".join(f"({one})" for one in bits)
    written = ""
    if since is not None:
        values.append(since)
        written = f" AND change > ${len(values)}"
    statement = (
        f"UPDATE account SET populations = {wanted} WHERE org_id = $1{written} AND populations <> ({wanted})"
    )
    return count_of(await driver.execute(statement, *values))
