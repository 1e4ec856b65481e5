"""A change of one side's list, by the organization's own session: a fifth removed, two fifths renamed, two fifths added.

Of the added every second is a company of the other side's.
"""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from benchmarks.changes.ground import Ground
from service.db.database import Database
from service.kit.ids import UuidV7Ids

_SOME = "SELECT id FROM account TABLESAMPLE SYSTEM ($3) REPEATABLE ($4) WHERE org_id = $1 LIMIT $2"
_REMOVE = f"DELETE FROM account WHERE org_id = $1 AND id IN ({_SOME})"
_RENAME = (
    f"UPDATE account SET name = 'Nova ' || name, updated_at = now() WHERE org_id = $1 AND id IN ({_SOME})"
)
_THEIRS = """
    SELECT name, website, domain, country, city FROM account TABLESAMPLE BERNOULLI ($3) REPEATABLE ($4)
    WHERE org_id = $1 AND website IS NOT NULL AND domain IS NOT NULL LIMIT $2
"""
_ADD = """
    INSERT INTO account (org_id, id, identity, digest, populations, external_id, name, website, domain, country, city, created_by,
                         import_id, created_at, updated_at)
    SELECT $1, id, 'e:' || id, '\\x00', 1, id::text, name, website, domain, country, city, $1, $1, now(), now()
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS a (id, name, website, domain, country, city)
"""


@dataclass(frozen=True)
class Changed:
    removed: int
    renamed: int
    added: int


async def change(database: Database, ground: Ground, *, accounts: int, seed: int) -> Changed:
    """Commit a change of so many accounts of the lower side."""
    ids = UuidV7Ids()
    removed, renamed = accounts // 5, 2 * accounts // 5
    admin = await asyncpg.connect(ground.urls.admin)
    try:
        every = await admin.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'account'")
        share = min(100.0, 100.0 * 20 * accounts / max(every, 1))
        known = await admin.fetch(_THEIRS, ground.hi, (accounts - removed - renamed) // 2, share, seed)
    finally:
        await admin.close()
    fresh = accounts - removed - renamed - len(known)
    rows = [(ids.new(), *tuple(row)) for row in known]
    rows += [_company(ids.new(), seed, n) for n in range(fresh)]
    async with database.tenant(ground.lo) as session:
        driver = await session.raw()
        await driver.execute(_REMOVE, ground.lo, removed, share, seed)
        await driver.execute(_RENAME, ground.lo, renamed, share, seed + 1)
        await driver.execute(_ADD, ground.lo, *map(list, zip(*rows, strict=True)))
    return Changed(removed, renamed, len(rows))


def _company(number: UUID, seed: int, n: int) -> tuple[UUID, str, str, str, str, str]:
    domain = f"orchid-{seed}-{n}.com"
    return number, f"Orchid {seed} {n} Quarzwerk", f"https://{domain}", domain, "DE", "Ulm"
