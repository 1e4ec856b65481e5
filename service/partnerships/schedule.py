"""When a partnership's keys are rotated without anybody asking: some at a time, those first that need it most."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from service.crypto import SecretName
from service.db.sessions import WriteSession
from service.jobs import enqueue
from service.matching import NORMALISER_VERSION
from service.organizations.repository import Directory
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


class Need(IntEnum):
    """Why keys are to be rotated, the most pressing first."""

    SECRETS_GONE = 1
    """A restored keystore has no secret of an epoch: no token can be made."""
    OTHER_NORMALISER = 2
    """The epoch fixes other rules than today's: no token is made, so that two rules are never mixed."""
    AGE = 3


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is to be done for all partnerships."""

    going: list[Partnership]
    due: list[tuple[Need, Partnership]]
    left: list[Partnership]
    """Secrets of ended epochs are there still: the job that deletes them was lost."""


async def plan(session: WriteSession, *, delay: timedelta | None = None) -> None:
    """Have the next round run, unless one waits already."""
    await enqueue(session, ROUND_JOB, {"again": 1}, dedupe_key="hourly", delay=delay)


async def look_round(parts: RotationParts) -> None:
    """Begin the rotations that are due, as many as may be under way; what is under way is taken up where it stands."""
    seen = await _seen(parts)
    due = sorted(seen.due, key=lambda one: (one[0], one[1].epoch_since))
    begun = [partnership for _, partnership in due[: max(0, AT_ONCE - len(seen.going))]]
    async with parts.database.directory() as session:
        for partnership in sorted(seen.going + begun, key=lambda one: one.id):
            await enqueue_rotation(session, partnership)
        for partnership in seen.left:
            for side in (partnership.lo_org_id, partnership.hi_org_id):
                place = {"org_id": str(side), "partnership_id": str(partnership.id)}
                await enqueue(session, EPOCH_ENDED_JOB, place)


async def _seen(parts: RotationParts) -> _Seen:
    kept: dict[str | None, set[SecretName]] = {}
    for name in parts.keystore.names():
        kept.setdefault(name.partnership, set()).add(name)
    seen = _Seen([], [], [])
    async with parts.database.directory() as session:
        directory = Directory(session)
        everyone = [*await directory.everyone(), *await directory.everyone(sandbox=True)]
    for organization in everyone:
        async with parts.database.tenant_read(organization.id) as session:
            for partnership in await Partnerships(session).everyone(status=PartnershipStatus.ACTIVE):
                if partnership.lo_org_id == organization.id:
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
