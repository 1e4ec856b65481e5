"""What an export says of a partnership: what its lists would tell at this moment, as rows of the tables.

Each statement is `View.sql`'s, with `OF_ONE` and the `levels` told above the company itself; `$1` to `$6` are `of_one`'s.
"""

from collections.abc import Mapping
from typing import Any, Final

from service.db.sessions import TenantReadSession
from service.overlaps.told import CONDITIONS, OF_ONE, PAIRS, RELATED, SAID, STATUS, TOLD, of_one
from service.overlaps.view import View
from service.partnerships.models import SharingLevel
from service.partnerships.rules import bits_at

OVERLAPS: Final = f"""
    SELECT (to_jsonb(o) || jsonb_build_object('status', {STATUS}))::text AS line {PAIRS} {SAID} {CONDITIONS}
"""
RELATED_PAIRS: Final = (
    f"SELECT (to_jsonb(o) - ARRAY['status', 'evidence', 'unmet_since'])::text AS line {RELATED}"
)
RECORDS: Final = f"""
    SELECT (to_jsonb(n) || jsonb_build_object('populations', n.populations & $3))::text AS line FROM shared_record n
    WHERE n.partnership_id = $2 AND n.viewer_org_id = $1 AND n.populations & $3 <> 0 AND (
        n.populations & {{whole}} <> 0 OR n.ref IN (SELECT o.{{partner}}_ref {TOLD}) OR n.ref IN (SELECT o.{{partner}}_ref {RELATED})
        OR ($5::boolean AND $4::bigint <> 0 AND n.ref IN (
            SELECT ref FROM link_proposal p WHERE p.partnership_id = $2 AND p.org_id = $1 AND NOT p.sent
        ))
    )
"""
"""Of accounts that stand in a told pair, are shown whole, or were proposed."""
PROPOSED: Final = """
    SELECT to_jsonb(p)::text AS line FROM link_proposal p
    JOIN shared_record s ON s.partnership_id = p.partnership_id AND s.owner_org_id = p.partner_org_id AND s.ref = p.ref
    WHERE p.partnership_id = $2 AND p.org_id = $1 AND NOT p.sent AND s.viewer_org_id = $1 AND s.populations & $3 <> 0
      AND $5::boolean AND $4::bigint <> 0 AND $6::bigint IS NOT NULL
"""
"""What was proposed to the organization; what it proposed itself is its own."""


def told_lines(session: TenantReadSession, view: View, statement: str) -> tuple[str, tuple[Any, ...]]:
    """One of the statements for the view, and its values."""
    levels = ", ".join(repr(level.value) for level in view.level.upto()[1:]) or "''"
    whole = bits_at(view.partner_rules, SharingLevel.ALL) & view.partner_bits
    words: Mapping[str, str] = {**OF_ONE, "levels": levels, "whole": str(whole)}
    return view.sql(statement, **words), of_one(session, view)
