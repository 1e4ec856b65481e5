"""Which overlaps one's own accounts stand in, over all partnerships at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from service.db.sessions import TenantReadSession
from service.overlaps.told import OF_SEVERAL, TOLD, of_view
from service.overlaps.view import View

_VIEWS = """
    WITH views AS (
        SELECT * FROM unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::boolean[], $7::bigint[], $8::text[])
        AS v (partnership, shown, own_shown, reviews, matched, side)
    )
"""
_OVERLAPS = (
    """
    SELECT r.account_id, o.partnership_id, o.id, o.status, o.confidence, o.kinds, o.found_at, o.updated_at,
           p.org_id AS partner_id, p.name AS partner_name, p.handle AS partner_handle, p.mode AS partner_mode,
           s.fields::text AS partner_fields, s.populations & v.shown AS partner_populations
"""
    + TOLD
    + " AND v.side = '{own}' AND o.status IN ('auto', 'confirmed') AND r.account_id = ANY($2::uuid[])"
)
_BOTH_SIDES = (
    _VIEWS
    + " UNION ALL ".join(
        _OVERLAPS.format(own=own, partner=partner, **OF_SEVERAL)
        for own, partner in (("lo", "hi"), ("hi", "lo"))
    )
    + " ORDER BY confidence DESC, id DESC"
)


async def overlaps_of(
    session: TenantReadSession, views: Sequence[View], account_ids: Sequence[UUID]
) -> list[Mapping[str, Any]]:
    """What the views tell of these own accounts: pairs that count, surest first."""
    driver: asyncpg.Connection = await session.raw()
    given = [(*of_view(view), view.side) for view in views]
    columns = zip(*given, strict=True) if given else [()] * 6
    rows: list[Mapping[str, Any]] = await driver.fetch(_BOTH_SIDES, session.org_id, account_ids, *columns)
    return rows
