"""SQL of an organization's end, as the tables' owner."""

from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select

from service.db.sessions import DutySession, PersonWriteSession
from service.organizations.models import Membership, Organization
from service.organizations.people_repository import Persons, places

_ROWS = (
    "DELETE FROM member_invitation WHERE org_id = $1",
    "DELETE FROM session WHERE org_id = $1",
    "DELETE FROM api_key WHERE org_id = $1",
)
_NO_QUOTAS = """
UPDATE organization_standing SET max_accounts = NULL, max_upload_bytes = NULL, max_members = NULL, max_partnerships = NULL
 WHERE org_id = $1
"""
_LOG_AND_NAME = (
    "DELETE FROM audit_checkpoint WHERE org_id = $1",
    "DELETE FROM audit_entry WHERE org_id = $1",
    _NO_QUOTAS,
    "DELETE FROM organization WHERE id = $1",
)


async def belonging_to(session: DutySession) -> list[UUID]:
    """The sandbox of the session's organization, and the made-up partners of a sandbox."""
    of, org_id = col(Organization.sandbox_of), session.org_id
    wanted = select(Organization.id).where(or_(of == org_id, col(Organization.fictional_for) == org_id))
    return list(await session.scalars(wanted))


async def members(session: DutySession) -> list[UUID]:
    return list(
        await session.scalars(select(Membership.person_id).where(Membership.org_id == session.org_id))
    )


async def forget_member(session: DutySession, person_id: UUID) -> None:
    await session.sql(
        "DELETE FROM membership WHERE org_id = $1 AND person_id = $2", session.org_id, person_id
    )


async def forget_person(session: PersonWriteSession, *, but_for: UUID) -> None:
    """Remove the session's person if they belong nowhere but there, with their sessions, links, codes and identities.

    Their row is locked before the look: whoever joins elsewhere has joined by then, or finds nobody.
    """
    if await Persons(session).by_id(session.person_id, lock=True) is None:
        return
    if all(place.organization.id == but_for for place in await places(session)):
        await session.sql("DELETE FROM person WHERE id = $1", session.person_id)


async def forget_rows(session: DutySession) -> None:
    for statement in _ROWS:
        await session.sql(statement, session.org_id)


async def forget_log_and_name(session: DutySession) -> None:
    """The last step: its audit log, and its place in the directory. That it was erased, and when, stays with its id."""
    for statement in _LOG_AND_NAME:
        await session.sql(statement, session.org_id)
