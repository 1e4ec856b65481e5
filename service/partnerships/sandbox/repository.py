"""SQL that takes a sandbox away: a job of its own on the duty `wipe`, which policies let touch nothing live."""

from typing import Final
from uuid import UUID

from service.db.sessions import DutySession, MatcherSession
from service.db.turns import PATIENCE, Turn, take_turn

OF_ONE_SIDE: Final = (
    ("partner_invitation", "org_id"),
    ("received_invitation", "org_id"),
    ("partnership_profile", "org_id"),
    ("overlap_comment", "org_id"),
    ("overlap_assignee", "org_id"),
    ("account_reference", "org_id"),
    ("decision", "org_id"),
    ("link_proposal", "org_id"),
    ("decided_account", "org_id"),
    ("event_bookmark", "org_id"),
    ("token_segment", "org_id"),
    ("token_change", "org_id"),
    ("publish_request", "org_id"),
    ("shared_record", "owner_org_id"),
    ("sharing_rule", "owner_org_id"),
    ("import_reject", "org_id"),
    ("import_error", "org_id"),
    ("import", "org_id"),
    ("record_history", "org_id"),
    ("contact", "org_id"),
    ("opportunity_stage", "org_id"),
    ("opportunity", "org_id"),
    ("account_alias", "org_id"),
    ("account", "org_id"),
    ("account_departure", "org_id"),
    ("account_footprint", "org_id"),
    ("account_merge", "org_id"),
    ("account_duplicate", "org_id"),
    ("account_distinct", "org_id"),
    ("account_duplicate_search", "org_id"),
    ("account_attribute", "org_id"),
)
"""What an organization has brought and shown, in the order in which it can go: table and the column of the owner."""
OF_ITSELF: Final = (
    ("population", "org_id"),
    ("import_mapping", "org_id"),
    ("idempotency_record", "org_id"),
    ("rate_budget", "org_id"),
    ("api_key", "org_id"),
)
"""What it goes on with after a reset. Members, invitations, sessions and its log go with its row in the directory."""
_OF_A_PAIR: Final = ("partnership_event", "partnership_side", "partnership")


async def forget_matches(session: MatcherSession) -> None:
    """End the session's partnership, so that no job begins on it again, and take away what the matcher has found in it."""
    partnership = session.partnership_id
    await take_turn(session, Turn.MATCH, partnership, wait=PATIENCE)
    await session.sql("UPDATE partnership SET status = 'ended', ended_at = now() WHERE id = $1", partnership)
    for table in ("match_run", "overlap", "related_pair"):
        await session.sql(f"DELETE FROM {table} WHERE partnership_id = $1", partnership)


async def forget_own(session: DutySession, *, whole: bool) -> None:
    """Delete everything of the session's organization; `whole` also what it would go on with."""
    for table, column in OF_ONE_SIDE + (OF_ITSELF if whole else ()):
        await session.sql(f'DELETE FROM "{table}" WHERE {column} = $1', session.org_id)


async def forget_partnerships(session: DutySession, partnerships: list[UUID]) -> None:
    """Delete partnerships of the session's organization of which nothing else is left."""
    for table in _OF_A_PAIR:
        column = "id" if table == "partnership" else "partnership_id"
        await session.sql(f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])", partnerships)


async def forget_organizations(session: DutySession, org_ids: list[UUID]) -> None:
    """Delete organizations, partners before the sandbox that they were made up for."""
    for org_id in org_ids:
        await session.sql("DELETE FROM organization WHERE id = $1", org_id)
