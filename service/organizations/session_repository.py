"""SQL of what stands before a tenant: sessions, links and failed attempts. Every look-up is by a digest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.db.sessions import ReadSession, WriteSession
from service.organizations.models import (
    LinkPurpose,
    LoginAttempt,
    Membership,
    Person,
    PersonLink,
    PersonSession,
    Role,
    Standing,
)
from service.organizations.rules import FORGOTTEN_AFTER, IDLE, KEEP_ENDED, BackOff

_SWEPT_AT_ONCE = 200
"""Rows that one sign-in clears away: each brings few, so the tables stay bounded."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A session that is good now, whose it is, and what they are in its organization."""

    session: PersonSession
    person: Person
    role: Role | None
    standing: Standing | None = None
    """How the organization stands, where the operator has said anything of it."""


class Sessions:
    """Sessions of people."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def signed(self, digest: bytes, now: datetime) -> Signed | None:
        """Who bears the token of this digest; None if it or the person may no longer be here."""
        found = await self._session.execute(
            select(PersonSession, Person, Membership.role, Standing)
            .join(Person, col(Person.id) == col(PersonSession.person_id))
            .outerjoin(
                Membership,
                (col(Membership.org_id) == col(PersonSession.org_id))
                & (col(Membership.person_id) == col(PersonSession.person_id)),
            )
            .outerjoin(Standing, col(Standing.org_id) == col(PersonSession.org_id))
            .where(
                or_(
                    col(PersonSession.digest) == digest,
                    (col(PersonSession.previous_digest) == digest)
                    & (col(PersonSession.previous_until) > now),
                ),
                *_live(now),
                col(Person.disabled_at).is_(None),
            )
        )
        row = found.one_or_none()
        return (
            None if row is None else Signed(row[0], row[1], None if row[2] is None else Role(row[2]), row[3])
        )

    async def of_person(
        self, person_id: UUID, now: datetime, *, before: UUID | None = None, limit: int | None = None
    ) -> list[PersonSession]:
        """Up to `limit`, the newest first, older than `before`."""
        found = select(PersonSession).where(PersonSession.person_id == person_id, *_live(now))
        if before is not None:
            found = found.where(col(PersonSession.id) < before)
        return list(await self._session.scalars(found.order_by(col(PersonSession.id).desc()).limit(limit)))

    async def one_of(self, person_id: UUID, session_id: UUID, now: datetime) -> PersonSession | None:
        return await self._session.scalar(
            select(PersonSession).where(
                PersonSession.person_id == person_id, PersonSession.id == session_id, *_live(now)
            )
        )

    async def knows(self, person_id: UUID, origin: bytes) -> bool:
        """Whether the person was ever signed in from there, as far as that is kept."""
        found = select(PersonSession.id).where(
            PersonSession.person_id == person_id, PersonSession.origin == origin
        )
        return await self._session.scalar(found.limit(1)) is not None

    async def any_before(self, person_id: UUID) -> bool:
        found = select(PersonSession.id).where(PersonSession.person_id == person_id)
        return await self._session.scalar(found.limit(1)) is not None

    async def seen(self, session_id: UUID, now: datetime) -> None:
        await self._update(PersonSession.id == session_id, last_seen_at=now)

    async def renew(
        self,
        old: bytes,
        new: bytes,
        *,
        until: datetime | None,
        renew_at: datetime,
        org_id: UUID | None = None,
    ) -> bool:
        """Give the session a new token; whether it still had the old one, which serves along `until` then.

        With `org_id` it acts in that organization from here on.
        """
        moved = {} if org_id is None else {"org_id": org_id}
        changed = await self._update(
            PersonSession.digest == old, digest=new, previous_digest=old if until else None,
            previous_until=until, renew_at=renew_at, **moved,
        )  # fmt: skip
        return changed > 0

    async def end(
        self,
        person_id: UUID,
        now: datetime,
        *,
        only: UUID | None = None,
        but: UUID | None = None,
        org_id: UUID | None = None,
    ) -> int:
        """End the person's sessions: one, all but one, or those in one organization. How many."""
        chosen = [PersonSession.person_id == person_id, *_live(now)]
        if only is not None:
            chosen.append(PersonSession.id == only)
        if but is not None:
            chosen.append(PersonSession.id != but)
        if org_id is not None:
            chosen.append(PersonSession.org_id == org_id)
        return await self._update(*chosen, ended_at=now)

    async def end_in(self, org_id: UUID, now: datetime) -> None:
        """End everybody's sessions in one organization."""
        await self._update(PersonSession.org_id == org_id, *_live(now), ended_at=now)

    async def renew_soon(self, person_id: UUID, org_id: UUID, now: datetime) -> None:
        """Have each of the person's sessions there get a new token when it is next used."""
        chosen = PersonSession.person_id == person_id, PersonSession.org_id == org_id
        await self._update(*chosen, renew_at=now)

    async def sweep(self, now: datetime) -> None:
        old = select(PersonSession.digest).where(col(PersonSession.expires_at) < now - KEEP_ENDED)
        await self._session.execute(
            delete(PersonSession).where(col(PersonSession.digest).in_(old.limit(_SWEPT_AT_ONCE)))
        )

    async def _update(self, *chosen: Any, **values: Any) -> int:
        statement = update(PersonSession).where(*chosen).values(**values)
        done = await self._session.execute(
            statement.execution_options(synchronize_session=False).returning(col(PersonSession.id))
        )
        return len(done.all())


class Links:
    """Links that are good once."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def use(self, digest: bytes, purpose: LinkPurpose, now: datetime) -> PersonLink | None:
        """The link, used by this call and by no other; None if it isn't good."""
        found = await self._session.execute(
            update(PersonLink)
            .where(
                col(PersonLink.digest) == digest,
                col(PersonLink.purpose) == purpose,
                col(PersonLink.used_at).is_(None),
                col(PersonLink.expires_at) > now,
            )
            .values(used_at=now)
            .returning(PersonLink)
        )
        return found.scalar_one_or_none()

    async def look(self, digest: bytes, purpose: LinkPurpose, now: datetime) -> PersonLink | None:
        """As `use`, without using it."""
        return await self._session.scalar(
            select(PersonLink).where(
                PersonLink.digest == digest,
                PersonLink.purpose == purpose,
                col(PersonLink.used_at).is_(None),
                col(PersonLink.expires_at) > now,
            )
        )

    async def drop(self, person_id: UUID, purpose: LinkPurpose) -> None:
        """A newer link, or what it was for, makes the older ones worthless."""
        await self._session.execute(
            delete(PersonLink).where(
                col(PersonLink.person_id) == person_id, col(PersonLink.purpose) == purpose
            )
        )

    async def sweep(self, now: datetime) -> None:
        old = select(PersonLink.digest).where(col(PersonLink.expires_at) < now)
        await self._session.execute(
            delete(PersonLink).where(col(PersonLink.digest).in_(old.limit(_SWEPT_AT_ONCE)))
        )


class Attempts:
    """Failures that are slowed down."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def count(self, key: bytes, back_off: BackOff, now: datetime) -> datetime | None:
        """Count a failure before it has happened, so that those at once are counted too.

        None if it may be tried; else the moment from which on it may, and nothing is counted.
        """
        begun = insert(LoginAttempt).values(key=key, failures=0, expires_at=now + FORGOTTEN_AFTER)
        await self._session.execute(begun.on_conflict_do_nothing())
        attempt = (
            await self._session.scalars(select(LoginAttempt).where(LoginAttempt.key == key).with_for_update())
        ).one()
        if attempt.expires_at < now:
            attempt.failures, attempt.blocked_until = 0, None
        if attempt.blocked_until is not None and attempt.blocked_until > now:
            return attempt.blocked_until
        attempt.failures += 1
        wait = back_off.wait(attempt.failures)
        attempt.blocked_until = now + wait if wait else None
        if attempt.failures == 1 or not back_off.of_many:
            attempt.expires_at = now + FORGOTTEN_AFTER
        return None

    async def forget(self, key: bytes) -> None:
        await self._session.execute(delete(LoginAttempt).where(col(LoginAttempt.key) == key))

    async def take_back(self, key: bytes) -> None:
        """What was counted was no failure."""
        await self._session.execute(
            update(LoginAttempt)
            .where(col(LoginAttempt.key) == key, col(LoginAttempt.failures) > 0)
            .values(failures=LoginAttempt.failures - 1, blocked_until=None)
            .execution_options(synchronize_session=False)
        )

    async def sweep(self, now: datetime) -> None:
        old = select(LoginAttempt.key).where(col(LoginAttempt.expires_at) < now)
        await self._session.execute(
            delete(LoginAttempt).where(col(LoginAttempt.key).in_(old.limit(_SWEPT_AT_ONCE)))
        )


def _live(now: datetime) -> list[Any]:
    return [
        col(PersonSession.ended_at).is_(None),
        col(PersonSession.expires_at) > now,
        col(PersonSession.last_seen_at) > now - IDLE,
    ]
