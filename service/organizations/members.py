"""Members of an organization: who they are, what they may do, and that an admin is always left."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.audit.operations import record
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.clock import Clock
from service.organizations.errors import LastAdminError, NotSignedInError, UnknownMemberError
from service.organizations.models import Membership, Person, Role, Scope
from service.organizations.people_repository import Members, Persons
from service.organizations.rules import ROLE_SCOPES, refuse_more
from service.organizations.session_repository import Sessions
from service.organizations.standing import Quota, is_limited, require_room


@dataclass(frozen=True, slots=True)
class Member:
    person: Person
    role: Role
    since: datetime


async def list_members(
    session: TenantReadSession, *, after: UUID | None = None, limit: int | None = None
) -> list[Member]:
    """Everybody in the session's organization, by id."""
    found = await Members(session).page(after=after, limit=limit)
    return [Member(person, of.role, of.created_at) for of, person in found]


async def get_member(session: TenantReadSession, person_id: UUID) -> Member:
    """UnknownMemberError."""
    of, person = await Members(session).of(person_id), await Persons(session).by_id(person_id)
    if of is None or person is None:
        raise UnknownMemberError
    return Member(person, of.role, of.created_at)


async def add_member(session: TenantSession, clock: Clock, person_id: UUID, role: Role) -> Membership:
    """Make a person a member; the caller has made sure that they aren't one yet.

    NotSignedInError if they were removed meanwhile; QuotaExceededError.
    """
    if not await Persons(session).keep(person_id):
        raise NotSignedInError
    if await is_limited(session, Quota.MEMBERS):
        members = Members(session)
        await members.take_turn()
        await require_room(session, Quota.MEMBERS, await members.count() + 1)
    made = Membership(org_id=session.org_id, person_id=person_id, role=role, created_at=clock.now())
    session.add(made)
    await session.flush()
    await record(
        session, clock, "member.added", target=f"membership:{person_id}", details={"role": role.value}
    )
    return made


async def change_role(
    session: TenantSession,
    clock: Clock,
    person_id: UUID,
    role: Role,
    *,
    held: Collection[Scope],
    meets: Callable[[Role], None] = lambda _: None,
) -> Role:
    """Give a member another role; it holds from the commit on. What it was before, which `meets` may refuse.

    `held` is what whoever asks may do.

    UnknownMemberError, LastAdminError, ScopesNotHeldError for a scope that is new to the member.
    """
    admins, member = await _locked(session, person_id)
    before = Role(member.role)
    meets(before)
    if before is role:
        return before
    refuse_more(ROLE_SCOPES[role] - ROLE_SCOPES[before], held)
    if role is not Role.ADMIN:
        _keep_an_admin(admins, person_id)
    member.role = role
    await session.flush()
    await Sessions(session).renew_soon(person_id, session.org_id, clock.now())
    details = {"before": before.value, "role": role.value}
    await record(session, clock, "member.role_changed", target=f"membership:{person_id}", details=details)
    return before


async def remove_member(session: TenantSession, clock: Clock, person_id: UUID) -> None:
    """End a membership, and with it the person's sessions in the organization. UnknownMemberError, LastAdminError.

    Who removes themselves leaves.
    """
    admins, member = await _locked(session, person_id)
    _keep_an_admin(admins, person_id)
    await session.delete(member)
    await session.flush()
    await Sessions(session).end(person_id, clock.now(), org_id=session.org_id)
    action = "member.left" if session.actor.id == person_id else "member.removed"
    await record(
        session, clock, action, target=f"membership:{person_id}", details={"role": Role(member.role).value}
    )


async def _locked(session: TenantSession, person_id: UUID) -> tuple[set[UUID], Membership]:
    """Admins first, then the member: two who demote each other at once come one after the other."""
    members = Members(session)
    admins = await members.lock_admins()
    member = await members.of(person_id, lock=True)
    if member is None:
        raise UnknownMemberError
    return admins, member


def _keep_an_admin(admins: set[UUID], person_id: UUID) -> None:
    if admins == {person_id}:
        raise LastAdminError
