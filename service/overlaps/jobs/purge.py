"""As the owner: what stays of an epoch that has ended is removed, its keys for good."""

from uuid import UUID

from service.db.turns import PATIENCE, Turn, take_turn
from service.overlaps.jobs.parts import Parts
from service.overlaps.tokens import drop_epochs
from service.partnerships.repository import Partnerships
from service.partnerships.rotation import end_others


async def purge(parts: Parts, *, org_id: UUID, partnership_id: UUID) -> None:
    """One side's tokens of every epoch but those that live, and the secrets of both; the side's log says that it was rotated, once.

    Whoever pushes or publishes by the ended epoch is waited for: whoever begins now finds the next one.
    """
    async with parts.database.tenant(org_id) as session:
        await take_turn(session, Turn.EPOCH, partnership_id, wait=PATIENCE)
        await take_turn(session, Turn.PUSH, partnership_id, org_id, wait=PATIENCE)
        await take_turn(session, Turn.PUBLISH, partnership_id, wait=PATIENCE)
        partnership = await Partnerships(session).by_id(partnership_id)
        await drop_epochs(session, partnership_id, but=partnership.epochs)
        live = partnership.epochs
        parts.warm.drop(lambda name: name.partnership_id == partnership_id and name.epoch not in live)
        await end_others(session, parts.keystore, parts.clock, partnership)
