"""The report over an organization's stored accounts, read page by page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.accounts.quality.digest import Digest
from service.accounts.quality.findings import Fresh, Quality, judge
from service.accounts.repository import Populations
from service.accounts.staging import parsed
from service.db.sessions import TenantReadSession
from service.imports.models import ImportMode
from service.matching.records import KEY_FIELDS

PAGE_ROWS: Final = 50_000
COLUMNS: Final[Mapping[str, type[pl.DataType]]] = {
    "id": pl.String, "populations": pl.Int64, "written_at": pl.Int64, **dict.fromkeys(KEY_FIELDS, pl.String),
}  # fmt: skip
_PAGE = f"""
    SELECT id, populations, extract(epoch FROM updated_at)::bigint, {", ".join(KEY_FIELDS)} FROM account
    WHERE org_id = $1 AND id > $2 AND ($3::bigint = 0 OR populations & $3 <> 0) ORDER BY id LIMIT $4
"""  # column names of ours
_IMPORTS = """
    SELECT mode, population, created + updated + unchanged AS accounts FROM import i
    WHERE org_id = $1 AND kind = 'accounts' AND status = 'completed' AND NOT dry_run AND rollback_of IS NULL AND finished_at >= $2
      AND NOT EXISTS (SELECT FROM import u WHERE u.org_id = $1 AND u.rollback_of = i.id AND u.status = 'completed')
    ORDER BY id DESC
"""
_NAMES = "SELECT id::text, name FROM account WHERE org_id = $1 AND id = ANY($2::uuid[])"


async def quality_of(
    session: TenantReadSession,
    now: datetime,
    *,
    stale_after: timedelta,
    bits: int = 0,
    page_rows: int = PAGE_ROWS,
) -> Quality:
    """What there is to say of the accounts of any population in `bits`, of all if 0.

    One page of texts is in memory at a time, beside the digest of every account; all that is heavy runs in threads.
    """
    parts, after, more = [], UUID(int=0), True
    while more:
        rows = await _page(session, after, bits, page_rows)
        parts.append(await anyio.to_thread.run_sync(Digest.of, rows))
        more = rows.height == page_rows
        after = UUID(rows["id"][-1]) if more else after
    digest = Digest.together(parts)
    fresh = await _fresh(session, now - stale_after, bits=bits, accounts=digest.accounts.height)
    return await anyio.to_thread.run_sync(judge, digest, fresh)


async def names_of(session: TenantReadSession, quality: Quality) -> Mapping[str, str | None]:
    """Id → name of every account in an example."""
    ids = {one for finding in quality.findings for example in finding.examples for one in example.ids}
    driver = await session.raw()
    return dict(await driver.fetch(_NAMES, session.org_id, sorted(ids)))


async def _page(session: TenantReadSession, after: UUID, bits: int, limit: int) -> pl.DataFrame:
    driver, buffer = await session.raw(), BytesIO()
    await driver.copy_from_query(_PAGE, session.org_id, after, bits, limit, output=buffer, format="csv")
    return await parsed(buffer, COLUMNS)


async def _fresh(session: TenantReadSession, since: datetime, *, bits: int, accounts: int) -> Fresh:
    """An import writes only what has changed. What it found unchanged is told by its mode: after `replace` nothing else is left in its
    population; and the newest with as many rows as there are accounts had them all.
    """
    driver = await session.raw()
    imports = await driver.fetch(_IMPORTS, session.org_id, since)
    # one that is gone is nobody's; None stands for every population
    known = {p.slug: 1 << p.bit for p in await Populations(session).everyone()} | {None: 0}
    replaced = {known.get(row["population"], -1) for row in imports if row["mode"] == ImportMode.REPLACE} - {
        -1
    }
    newest = [row for row in imports[:1] if bits in {0, known.get(row["population"], -1)}]
    whole = 0 in replaced or any(row["accounts"] == accounts for row in newest)
    return Fresh(int(since.timestamp()), sum(replaced), whole=whole)
