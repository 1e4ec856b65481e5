"""Under which condition an organization is told of an overlap: one for every channel.

The partner's shared record stands, the partner's rule of this moment shows it, one's own account takes part, and the partnership is
active (`view.py` gives no bits otherwise); for a pair in review one's own rule shows the own account too, and both have reviews
switched on.
"""

from collections.abc import Mapping
from typing import Any, Final

from service.db.sessions import TenantReadSession
from service.overlaps.view import View

PAIRS: Final = """
    FROM {views}overlap o
    JOIN account_reference r ON r.org_id = $1 AND r.partnership_id = o.partnership_id AND r.ref = o.{own}_ref
    JOIN account a ON a.org_id = $1 AND a.id = r.account_id
    JOIN shared_record s ON s.partnership_id = o.partnership_id AND s.owner_org_id = o.{partner}_org_id AND s.ref = o.{partner}_ref
"""
SAID: Final = """
    LEFT JOIN decision w ON w.partnership_id = o.partnership_id AND w.lo_ref = o.lo_ref AND w.hi_ref = o.hi_ref AND w.org_id = $1
    LEFT JOIN decision v ON v.partnership_id = o.partnership_id AND v.lo_ref = o.lo_ref AND v.hi_ref = o.hi_ref
        AND v.org_id = o.{partner}_org_id AND v.open
"""
"""One's own word `w` on a pair, and the partner's `v` as far as it is for oneself."""
CONDITIONS: Final = """
    WHERE o.partnership_id = {partnership} AND s.viewer_org_id = $1 AND s.populations & {shown} <> 0
      AND (o.status <> 'review' OR (a.populations & {own_shown} <> 0 AND {reviews}::boolean)) AND a.populations & {matched} <> 0
"""
TOLD: Final = PAIRS + CONDITIONS
"""`$1` is the organization that asks; `View.sql` fills in the sides, `OF_ONE` or `OF_SEVERAL` the rest."""

RELATED: Final = (
    PAIRS.replace(
        "overlap o",
        "(SELECT *, 'auto' AS status, 0 AS evidence, NULL::timestamptz AS unmet_since FROM related_pair) o",
    )
    + CONDITIONS
    + """
      AND o.level IN ({levels}) AND NOT EXISTS (
        SELECT FROM overlap same WHERE same.partnership_id = o.partnership_id AND same.lo_ref = o.lo_ref AND same.hi_ref = o.hi_ref
          AND same.status IN ('auto', 'confirmed')
      )
"""
)
"""Pairs of one owner, at one of `levels`: under the same condition, and where the two aren't told as one company."""

STATUS: Final = """
    CASE WHEN w.word = 'reject' AND (o.status = 'review' OR (o.status = 'disputed' AND a.populations & {own_shown} = 0))
         THEN 'rejected' ELSE o.status END
"""
"""What the pair is to whoever asks, where `SAID` is joined: what one has rejected without the partner's knowing is rejected for oneself
alone."""

STANDS: Final = " AND (o.status <> 'review' OR o.scored IS NOT NULL)"
"""A pair that no key joins and that both no longer confirm is nothing to judge: it is about to go (`jobs/unlink.py`)."""

WAITS: Final = """
    ((o.status = 'review' AND v.word = 'offer') OR (o.status = 'disputed' AND v.decided_at > coalesce(w.decided_at, '-infinity')))
"""
"""Whoever asks is to speak next, where `SAID` is joined: the partner has offered its account, or has spoken last in a dispute."""

OF_ONE: Final[Mapping[str, str]] = {
    "views": "", "partnership": "$2", "shown": "$3", "own_shown": "$4", "reviews": "$5", "matched": "$6",
}  # fmt: skip
"""One partnership: its view stands in `$2` to `$6`, as `of_one` gives it."""

OF_SEVERAL: Final[Mapping[str, str]] = {
    "views": "views v JOIN partnership_side p ON p.partnership_id = v.partnership AND p.partner_org_id = $1, ",
    "partnership": "v.partnership", "shown": "v.shown", "own_shown": "v.own_shown", "reviews": "v.reviews", "matched": "v.matched",
}  # fmt: skip
"""Several partnerships: `views` is a relation with one row a view (`partnership`, `shown`, `own_shown`, `reviews`, `matched`), `p` the
partner's side of it."""


def of_one(session: TenantReadSession, view: View) -> tuple[Any, ...]:
    """`$1` to `$6`."""
    return session.org_id, *of_view(view)


def of_view(view: View) -> tuple[Any, ...]:
    """Partnership, shown, own_shown, reviews, matched."""
    return view.partnership_id, view.partner_bits, view.own_bits, view.reviews, view.matched_bits
