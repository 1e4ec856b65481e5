"""Signing in and out: who bears a session's token, and what they may do there."""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from service.audit.operations import record
from service.audit.rules import Detail
from service.db.sessions import ReadSession, TenantSession, WriteSession
from service.kit.actors import Actor, ActorKind
from service.organizations.errors import (
    CrossSiteError,
    NotSignedInError,
    UnknownOrganizationError,
    UnknownSessionError,
)
from service.organizations.letters import LetterKind, post
from service.organizations.models import Person, PersonSession
from service.organizations.operations import Caller
from service.organizations.people import Device, People
from service.organizations.people_repository import Members, Place, places
from service.organizations.rules import (
    LONGEST_SESSION,
    OLD_TOKEN_GRACE,
    RENEW_EVERY,
    ROLE_SCOPES,
    SEEN_EVERY,
    short_user_agent,
)
from service.organizations.session_repository import Links, Sessions, Signed
from service.organizations.standing import refuse_suspended
from service.organizations.throttle import network
from service.organizations.tokens import TenantToken, new_session_token


@dataclass(frozen=True, slots=True)
class Started:
    """A session that has just begun; its token is handed over once."""

    token: TenantToken = field(repr=False)
    session: PersonSession
    person: Person


async def places_of(people: People, person_id: UUID) -> list[Place]:
    """Where a person belongs, the oldest membership first."""
    async with people.database.person_read(person_id) as session:
        return await places(session)


async def start_session(
    people: People,
    person: Person,
    device: Device,
    *,
    how: str,
    org_id: UUID | None = None,
    second_factor: bool = False,
    request_id: str | None = None,
) -> Started:
    """Sign in a person whose password, code or identity provider has been checked already.

    The session acts in `org_id`, else in the organization that they have belonged to longest, or in none.
    `how` is a word for the audit log: "password", "oidc", "invitation", "sign_up". UnknownOrganizationError if they don't belong to `org_id`.
    """
    mine = await places_of(people, person.id)
    chosen = next((p.organization.id for p in mine if org_id in {None, p.organization.id}), None)
    if org_id is not None and chosen is None:
        raise UnknownOrganizationError(str(org_id))
    token, made = _new(people, person, device, chosen, second_factor=second_factor)
    async with acting(people, person.id, chosen, request_id) as session:
        await _begin(session, people, person, made)
        details: Mapping[str, Detail] = {"how": how, "second_factor": second_factor}
        await note(session, people, "session.started", f"session:{made.id}", details)
    return Started(token, made, person)


@asynccontextmanager
async def acting(
    people: People,
    person_id: UUID,
    org_id: UUID | None,
    request_id: str | None,
    *,
    actor: Actor | None = None,
) -> AsyncIterator[WriteSession]:
    """A transaction in which a person (or `actor` on them) acts in an organization, or in none."""
    if org_id is None:
        async with people.database.directory() as nowhere:
            yield nowhere
        return
    async with acting_in(people, person_id, org_id, request_id) as session:
        session.actor = actor or session.actor
        yield session


@asynccontextmanager
async def acting_in(
    people: People, person_id: UUID, org_id: UUID, request_id: str | None
) -> AsyncIterator[TenantSession]:
    """A transaction in which a person acts in an organization."""
    async with people.database.tenant(org_id) as session:
        session.actor, session.request_id = Actor(ActorKind.PERSON, person_id), request_id
        yield session


async def note(
    session: WriteSession,
    people: People,
    action: str,
    target: str,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """An entry in the log of the organization that the person acts in, if there is one."""
    if isinstance(session, TenantSession):
        await record(session, people.clock, action, target=target, details=details)


async def identify_session(session: ReadSession, token: TenantToken, people: People) -> Signed:
    """Who bears the token; NotSignedInError if it is unknown or its session has ended."""
    found = await Sessions(session).signed(token.digest, people.clock.now())
    if found is None or not _bears(found.session, token.digest):
        raise NotSignedInError
    return found


def caller_of(signed: Signed) -> Caller:
    """What they may do in the session's organization.

    NotSignedInError if they belong to it no more; OrganizationSuspendedError.
    """
    if signed.role is None or signed.session.org_id is None:
        raise NotSignedInError
    refuse_suspended(signed.standing)
    actor = Actor(ActorKind.PERSON, signed.person.id)
    return Caller(signed.session.org_id, actor, ROLE_SCOPES[signed.role])


def csrf_token(people: People, session_id: UUID) -> str:
    """The same for a session's whole life, so that pages that are open survive the renewal of its token."""
    return people.keyed("csrf", str(session_id)).hex()


def check_csrf(people: People, signed: Signed, given: str | None, fetch_site: str | None) -> None:
    """CrossSiteError unless a change was meant: its token is the session's, and no other site asked for it."""
    right = csrf_token(people, signed.session.id)
    matches = hmac.compare_digest(right.encode(), (given or "").encode())
    if fetch_site == "cross-site" or not matches:
        raise CrossSiteError


async def keep_up(people: People, signed: Signed, token: TenantToken) -> TenantToken | None:
    """Note that the session is used, and give it a new token when that is due: the new one, or None."""
    now, stored = people.clock.now(), signed.session
    if now >= stored.renew_at and hmac.compare_digest(stored.digest, token.digest):
        async with people.database.directory() as session:
            await Sessions(session).seen(stored.id, now)
            return await renew(session, people, signed)
    if now - stored.last_seen_at >= SEEN_EVERY:
        async with people.database.directory() as session:
            await Sessions(session).seen(stored.id, now)
    return None


async def renew(
    session: WriteSession, people: People, signed: Signed, *, at_once: bool = False
) -> TenantToken | None:
    """A new token for the session, None if another request was first. The old one ends `at_once` or after a moment's grace."""
    now, stored = people.clock.now(), signed.session
    token = new_session_token(stored.org_id)
    until = None if at_once else now + OLD_TOKEN_GRACE
    done = await Sessions(session).renew(stored.digest, token.digest, until=until, renew_at=now + RENEW_EVERY)
    return token if done else None


async def switch(people: People, signed: Signed, org_id: UUID, *, request_id: str | None) -> TenantToken:
    """Let the session act in another organization of the person's. UnknownOrganizationError."""
    token, now = new_session_token(org_id), people.clock.now()
    async with acting_in(people, signed.person.id, org_id, request_id) as session:
        if await Members(session).of(signed.person.id) is None:
            raise UnknownOrganizationError(str(org_id))
        moved = await Sessions(session).renew(
            signed.session.digest, token.digest, until=None, renew_at=now + RENEW_EVERY, org_id=org_id
        )
        if not moved:
            raise NotSignedInError
        await note(session, people, "session.switched", f"session:{signed.session.id}")
    return token


async def sessions_of(
    people: People, signed: Signed, *, before: UUID | None = None, limit: int | None = None
) -> list[PersonSession]:
    """Where the person is signed in now, the newest session first."""
    person_id, now = signed.person.id, people.clock.now()
    async with people.database.directory() as session:
        return await Sessions(session).of_person(person_id, now, before=before, limit=limit)


async def end_session(people: People, signed: Signed, session_id: UUID, *, request_id: str | None) -> None:
    """Sign out one of the person's own sessions, this or another. UnknownSessionError."""
    async with people.database.directory() as directory:
        found = await Sessions(directory).one_of(signed.person.id, session_id, people.clock.now())
    if found is None:
        raise UnknownSessionError
    async with acting(people, signed.person.id, found.org_id, request_id) as session:
        await Sessions(session).end(signed.person.id, people.clock.now(), only=session_id)
        await note(session, people, "session.ended", f"session:{session_id}")


async def end_other_sessions(people: People, signed: Signed, *, request_id: str | None) -> int:
    """Sign out everywhere else; how many sessions ended."""
    async with acting(people, signed.person.id, signed.session.org_id, request_id) as session:
        ended = await Sessions(session).end(signed.person.id, people.clock.now(), but=signed.session.id)
        details = {"sessions": ended}
        await note(session, people, "session.others_ended", f"person:{signed.person.id}", details)
    return ended


async def _begin(session: WriteSession, people: People, person: Person, made: PersonSession) -> None:
    """Store the session, clear away old ones, and tell the person if they were never seen on that device."""
    sessions, now = Sessions(session), people.clock.now()
    is_new = await sessions.any_before(person.id) and not await sessions.knows(person.id, made.origin)
    session.add(made)
    await sessions.sweep(now)
    await Links(session).sweep(now)
    if is_new and people.letters_leave:
        await post(session, LetterKind.NEW_SIGN_IN, made.id)


def _new(
    people: People, person: Person, device: Device, org_id: UUID | None, *, second_factor: bool
) -> tuple[TenantToken, PersonSession]:
    token, now = new_session_token(org_id), people.clock.now()
    user_agent = short_user_agent(device.user_agent)
    made = PersonSession(
        digest=token.digest, id=people.ids.new(), person_id=person.id, org_id=org_id, previous_digest=None,
        previous_until=None, renew_at=now + RENEW_EVERY, created_at=now, last_seen_at=now,
        expires_at=now + LONGEST_SESSION, ended_at=None, second_factor_at=now if second_factor else None,
        user_agent=user_agent,
        origin=people.keyed("origin", str(person.id), user_agent, network(device.address)),
    )  # fmt: skip
    return token, made


def _bears(stored: PersonSession, digest: bytes) -> bool:
    """The database found it by this digest; here it is compared in constant time, as every secret is."""
    known = stored.digest, stored.previous_digest or b""
    return any(hmac.compare_digest(one, digest) for one in known)
