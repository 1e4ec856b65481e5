"""What an answer about a partnership rests on, so that one given before is given again only while it still may be."""

import hashlib
from collections.abc import Collection
from uuid import UUID

import asyncpg
import msgspec

from service.db.sessions import TenantReadSession
from service.overlaps.proposed import Proposals
from service.overlaps.told import OF_ONE, TOLD, of_one
from service.overlaps.view import view_of
from service.partnerships.errors import PartnershipPausedError

_TOLD_OF = f"SELECT o.id {TOLD} AND o.id = ANY($7)"


async def grounds_of(session: TenantReadSession, partnership_id: UUID, named: Collection[UUID]) -> str:
    """SHA-256 in hexadecimals over both sides' rules and switches, and over which overlaps and received proposals of those
    `named` the session's organization is told of now, proposals with the populations that the partner's account is shown under.

    UnknownPartnershipError, PartnershipEndedError, PartnershipPausedError.
    """
    view = await view_of(session, partnership_id)
    if view.rests:
        raise PartnershipPausedError
    driver: asyncpg.Connection = await session.raw()
    ids = sorted(named)
    pairs = await driver.fetch(view.sql(_TOLD_OF, **OF_ONE), *of_one(session, view), ids) if ids else []
    received = await Proposals(session, view).received(ids) if ids else {}
    told = sorted(str(row["id"]) for row in pairs), sorted((str(one), bits) for one, bits in received.items())
    rules = view.own_rules, view.partner_rules, view.reviews, view.level
    return hashlib.sha256(msgspec.json.encode((rules, told))).hexdigest()
