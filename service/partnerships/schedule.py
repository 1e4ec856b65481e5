"""When a partnership's keys are rotated without anybody asking: some at a time, those first that need it most."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

from service.crypto import SecretName
from service.db.sessions import WriteSession
from service.jobs import enqueue
from service.matching import NORMALISER_VERSION
from service.organizations.repository import Directory
from service.organizations.standing import standing_of
from service.partnerships.epochs import secrets_of
from service.partnerships.models import Partnership, PartnershipStatus
from service.partnerships.repository import Partnerships
from service.partnerships.rotation import (
    EPOCH_ENDED_JOB,
    ROUND_JOB,
    RotationParts,
    enqueue_rotation,
)

EVERY: Final = timedelta(hours=1)
AT_ONCE: Final = 4
"""Rotations under way in all partnerships: each makes both sides' tokens anew, and other jobs want their turn."""


STUCK_AFTER: Final = timedelta(hours=6)
"""A rotation that has been under way for so long takes nobody's place."""


class Need(IntEnum):
    """Why keys are to be rotated, the most pressing first."""

    SECRETS_GONE = 1
    """A restored keystore has no secret of an epoch: no token can be made."""
    OTHER_NORMALISER = 2
    """The epoch fixes other rules than today's: no token is made, so that two rules are never mixed."""
    AGE = 3


@dataclass(slots=True)
class Waiting:
    """What was due when all partnerships were last looked through, as (organization, partnership) by need; None before that."""

    places: list[tuple[UUID, UUID]] | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is to be done for the partnerships looked at."""

    going: list[Partnership]
    due: list[tuple[Need, Partnership]]
    left: list[Partnership]
    """Secrets of ended epochs are there still: the job that deletes them was lost."""


async def plan(session: WriteSession, *, delay: timedelta | None = None) -> None:
    """Have the next round run, unless one waits already."""
    await enqueue(session, ROUND_JOB, {"again": 1}, dedupe_key="hourly", delay=delay)


async def look_round(parts: RotationParts, waiting: Waiting | None = None) -> None:
    """Begin the rotations that are due, as many as may be under way; what is under way is taken up where it stands."""
    seen = await _seen(parts)
    due = [partnership for _, partnership in sorted(seen.due, key=lambda one: (one[0], one[1].epoch_since))]
    begun = due[: _room(seen, parts)]
    if waiting is not None:
        waiting.places = [(one.lo_org_id, one.id) for one in seen.going + due]
    async with parts.database.directory() as session:
        for partnership in sorted(seen.going + begun, key=lambda one: one.id):
            await enqueue_rotation(session, partnership)
        for partnership in seen.left:
            for side in (partnership.lo_org_id, partnership.hi_org_id):
                place = {"org_id": str(side), "partnership_id": str(partnership.id)}
                await enqueue(session, EPOCH_ENDED_JOB, place)


async def begin_next(parts: RotationParts, waiting: Waiting) -> None:
    """One has ended: begin what waits for its place, of what the last round saw. Only the first few are looked at."""
    if waiting.places is None:
        await look_round(parts, waiting)
        return
    kept, seen, at = _kept(parts), _Seen([], [], []), 0
    still: list[tuple[UUID, UUID]] = []
    for org_id, partnership_id in waiting.places:
        if len(seen.due) >= _room(seen, parts):
            break
        at += 1
        before = len(seen.going) + len(seen.due)
        async with parts.database.tenant_read(org_id) as session:
            found = await Partnerships(session).everyone(status=PartnershipStatus.ACTIVE, only=partnership_id)
        for partnership in found:
            _put(seen, partnership, kept.get(str(partnership.id), set()), parts)
        if len(seen.going) + len(seen.due) > before:
            still.append((org_id, partnership_id))
    waiting.places = still + waiting.places[at:]
    async with parts.database.directory() as session:
        for _, partnership in sorted(seen.due, key=lambda one: one[1].id):
            await enqueue_rotation(session, partnership)


def _room(seen: _Seen, parts: RotationParts) -> int:
    """How many may be begun. What has been under way for hours waits for somebody, and keeps nobody from its turn."""
    since = parts.clock.now() - STUCK_AFTER
    going = [one for one in seen.going if one.next_since is not None and one.next_since > since]
    return max(0, AT_ONCE - len(going))


def _kept(parts: RotationParts) -> dict[str | None, set[SecretName]]:
    kept: dict[str | None, set[SecretName]] = {}
    for name in parts.keystore.names():
        kept.setdefault(name.partnership, set()).add(name)
    return kept


async def _seen(parts: RotationParts) -> _Seen:
    """Of partnerships both of whose sides may go on: jobs of the others would wait."""
    kept, seen = _kept(parts), _Seen([], [], [])
    async with parts.database.directory() as session:
        directory = Directory(session)
        everyone = [*await directory.everyone(), *await directory.everyone(sandbox=True)]
    suspended: set[UUID] = set()
    active: list[Partnership] = []
    for organization in everyone:
        async with parts.database.tenant_read(organization.id) as session:
            if (await standing_of(session)).suspended_at is not None:
                suspended.add(organization.id)
            found = await Partnerships(session).everyone(status=PartnershipStatus.ACTIVE)
            active += [one for one in found if one.lo_org_id == organization.id]
    for partnership in active:
        if suspended.isdisjoint((partnership.lo_org_id, partnership.hi_org_id)):
            _put(seen, partnership, kept.get(str(partnership.id), set()), parts)
    return seen


def _put(seen: _Seen, partnership: Partnership, kept: set[SecretName], parts: RotationParts) -> None:
    if any(name.epoch is not None and name.epoch < partnership.epoch for name in kept):
        seen.left.append(partnership)
    need = _need(partnership, kept, parts)
    if partnership.next_epoch is not None:
        seen.going.append(partnership)
    elif need is not None:
        seen.due.append((need, partnership))


def _need(partnership: Partnership, kept: set[SecretName], parts: RotationParts) -> Need | None:
    if not kept.issuperset(secrets_of(partnership, partnership.epoch)):
        return Need.SECRETS_GONE
    if partnership.normaliser != NORMALISER_VERSION:
        return Need.OTHER_NORMALISER
    is_old = parts.age is not None and parts.clock.now() - partnership.epoch_since >= parts.age
    return Need.AGE if is_old else None
