"""A partnership's keys are made anew: another epoch is opened beside the present one, and takes its place later.

    asked for, or due → rotate (here: statements, secrets) → each side's tokens under both epochs → switch → purge   (overlaps)

Each step is one transaction and finds out by itself what is left to do, so that it may be killed, repeated or asked for twice.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from service.audit import record
from service.audit.repository import AuditLog, Wanted
from service.audit.rules import Detail
from service.crypto import Keystore
from service.crypto.errors import SecretMissingError
from service.db.database import Database
from service.db.sessions import TenantSession, WriteSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.jobs import enqueue
from service.kit.clock import Clock
from service.matching import NORMALISER_VERSION
from service.partnerships.epochs import Opened, open_epoch, pinned, secrets_of
from service.partnerships.errors import PartnershipPausedError, RotatedLatelyError
from service.partnerships.models import Partnership, PartnershipStatus
from service.partnerships.repository import Partnerships

ROTATE_JOB: Final = "partnerships.rotate"
EPOCH_OPENED_JOB: Final = "partnerships.epoch_opened"
"""Enqueued by name for whoever makes tokens: {org_id, partnership_id}, once a side."""
EPOCH_ENDED_JOB: Final = "overlaps.purge_epoch"
"""The same for whoever keeps something of an epoch that has ended: {org_id, partnership_id}."""
ROUND_JOB: Final = "partnerships.epochs"
AT_MOST_EVERY: Final = timedelta(days=1)
REQUESTED: Final = "partnership.rotation_requested"
ROTATED: Final = "partnership.epoch_changed"


@dataclass(frozen=True, slots=True)
class RotationParts:
    database: Database
    keystore: Keystore
    clock: Clock
    age: timedelta | None = None
    """After so long an epoch is due; None for never."""


async def ask_for_rotation(session: TenantSession, clock: Clock, partnership_id: UUID) -> Partnership:
    """Have the partnership's keys made anew; one that is under way already is the one asked for.

    UnknownPartnershipError, PartnershipEndedError, PartnershipPausedError, RotatedLatelyError.
    """
    partnership = await Partnerships(session).living(partnership_id)
    if partnership.status is PartnershipStatus.PAUSED:
        raise PartnershipPausedError
    again_from = partnership.epoch_since + AT_MOST_EVERY
    if partnership.next_epoch is None and partnership.epoch > 1 and clock.now() < again_from:
        raise RotatedLatelyError(partnership.epoch, partnership.epoch_since, again_from)
    await enqueue_rotation(session, partnership)
    await record(session, clock, REQUESTED, target=f"partnership:{partnership_id}")
    return partnership


async def enqueue_rotation(session: WriteSession, partnership: Partnership) -> None:
    place = {"org_id": str(partnership.lo_org_id), "partnership_id": str(partnership.id)}
    await enqueue(session, ROTATE_JOB, place, dedupe_key=str(partnership.id))


async def rotate(parts: RotationParts, *, org_id: UUID, partnership_id: UUID) -> None:
    """Open the next epoch, unless one is open that will do; each side states it, and then makes its tokens under it."""
    for step in (_open, _answer):
        async with parts.database.tenant(org_id) as session:
            await take_turn(session, Turn.EPOCH, partnership_id, wait=PATIENCE)
            opened = await Partnerships(session).opened(partnership_id)
            if opened.partnership.status is not PartnershipStatus.ACTIVE:
                return
            await step(session, parts, opened)
        org_id = opened.partnership.partner_of(org_id)


async def _open(session: TenantSession, parts: RotationParts, opened: Opened) -> None:
    """An epoch is never opened twice: where the one that was opened won't do, it is the one after it."""
    partnership = opened.partnership
    if not _will_do(parts.keystore, partnership):
        partnership.next_epoch = (partnership.next_epoch or partnership.epoch) + 1
        partnership.next_normaliser, partnership.next_since = NORMALISER_VERSION, parts.clock.now()
    await _state(session, parts.keystore, opened)


async def _answer(session: TenantSession, parts: RotationParts, opened: Opened) -> None:
    partnership = opened.partnership
    if partnership.next_epoch is None:
        return
    await _state(session, parts.keystore, opened)
    for side in (partnership.lo_org_id, partnership.hi_org_id):
        place = {"org_id": str(side), "partnership_id": str(partnership.id)}
        await enqueue(session, EPOCH_OPENED_JOB, place, dedupe_key=f"{partnership.id}:{side}")


def _will_do(keystore: Keystore, partnership: Partnership) -> bool:
    number = partnership.next_epoch
    is_of_today = partnership.next_normaliser == NORMALISER_VERSION
    return number is not None and is_of_today and has_secrets(keystore, partnership, number)


async def _state(session: TenantSession, keystore: Keystore, opened: Opened) -> None:
    """Publish the session's side's word on the epoch to come; the same as before, if it was published already."""
    partnership, own = opened.partnership, opened.side(session.org_id)
    number = int(partnership.next_epoch or 0)
    parties = {"lo": pinned(opened.lo), "hi": pinned(opened.hi)}
    lo, hi = open_epoch(keystore, partnership.id, number, **parties, coded=partnership.coded)
    said = lo if own is opened.lo else hi
    own.next_statement = said.signed.text.decode("ascii")
    own.next_signature, own.next_confirm = said.signed.signature, said.confirm
    await session.flush()


def has_secrets(keystore: Keystore, partnership: Partnership, epoch: int) -> bool:
    try:
        for name in secrets_of(partnership, epoch):
            keystore.get(name)
    except SecretMissingError:
        return False
    return True


async def end_others(
    session: TenantSession, keystore: Keystore, clock: Clock, partnership: Partnership
) -> None:
    """Delete the secrets of every epoch but those that live, which nothing brings back, and note the present one in the side's log."""
    place = str(partnership.id)
    kept = {name.epoch for name in keystore.names() if name.partnership == place and name.epoch is not None}
    for ended in sorted(kept.difference(partnership.epochs)):
        keystore.delete_epoch(place, ended)
    details: dict[str, Detail] = {"epoch": partnership.epoch, "normaliser": partnership.normaliser}
    target = f"partnership:{place}"
    noted = await AuditLog(session).page(limit=1, wanted=Wanted(action=ROTATED, target=target))
    if partnership.epoch > 1 and (not noted or noted[0].details != details):
        await record(session, clock, ROTATED, target=target, details=details)
    # another may begin
    await enqueue(session, ROUND_JOB, {}, dedupe_key="next")
