"""Beginning a partnership, and saying what one shares in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.accounts.repository import Populations, live_population
from service.audit import record
from service.crypto import Keystore, Party
from service.db.sessions import TenantSession
from service.db.turns import Turn, take_turn
from service.jobs import enqueue
from service.kit.clock import Clock
from service.matching import NORMALISER_VERSION
from service.organizations.models import Organization
from service.organizations.standing import Quota, is_limited, require_room
from service.partnerships.epochs import Opened, Published, open_epoch
from service.partnerships.errors import (
    AlreadyPartnersError,
    DifferentWorldsError,
    LevelNotOfferedError,
    SamePartnerError,
    UnknownPopulationError,
)
from service.partnerships.models import (
    Partnership,
    PartnershipSide,
    PartnershipStatus,
    Preset,
    SharingLevel,
    SharingRule,
)
from service.partnerships.repository import Partnerships, rule_alone
from service.partnerships.rules import of_one_world

RULES_CHANGED_JOB = "sharing_rules.changed"
"""Enqueued by name for whoever derives something from the rules: {org_id, partnership_id}."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one side says of one of its populations, named by its slug."""

    population: str
    level: SharingLevel
    preset: Preset
    ends_at: datetime | None = None


async def create_partnership(
    session: TenantSession,
    keystore: Keystore,
    clock: Clock,
    *,
    partnership_id: UUID,
    own: Organization,
    partner: Organization,
    coded: bool = False,
) -> Partnership:
    """An active partnership of two hosted organizations, its first epoch opened and confirmed by both.

    The session's tenant is `own`; the caller has the other side's log told. Of two at once for one pair the second finds the first.
    SamePartnerError, DifferentWorldsError, AlreadyPartnersError, QuotaExceededError.
    """
    if own.id == partner.id:
        raise SamePartnerError
    if not of_one_world(own, partner):
        raise DifferentWorldsError
    (lo, hi), now = sorted((own, partner), key=lambda o: o.id), clock.now()
    for side in (lo, hi):
        await take_turn(session, Turn.PARTNERSHIPS, side.id)
    if await Partnerships(session).with_partner(partner.id):
        raise AlreadyPartnersError
    await require_room_for_one(session, now)
    partnership = Partnership(
        id=partnership_id, lo_org_id=lo.id, hi_org_id=hi.id, status=PartnershipStatus.ACTIVE, epoch=1,
        normaliser=NORMALISER_VERSION, epoch_since=now, created_at=now, ended_at=None, sandbox=own.sandbox, coded=coded,
    )  # fmt: skip
    session.add(partnership)
    await session.flush()
    said = open_epoch(keystore, partnership_id, 1, lo=_party(lo), hi=_party(hi), coded=coded)
    session.add_all(_side(partnership, *each) for each in zip((lo, hi), said, strict=True))
    await session.flush()
    await note_created(session, clock, partnership_id)
    return partnership


async def require_room_for_one(session: TenantSession, now: datetime, *, but: UUID | None = None) -> None:
    """QuotaExceededError if the session's organization may have no further partnership.

    Open invitations count: whoever accepts one finds room. `but` leaves one of them out.
    """
    if await is_limited(session, Quota.PARTNERSHIPS):
        partnerships = Partnerships(session)
        living = await partnerships.everyone(living=True)
        offered = await partnerships.offered(now, but=but)
        await require_room(session, Quota.PARTNERSHIPS, len(living) + offered + 1)


async def note_created(session: TenantSession, clock: Clock, partnership_id: UUID) -> None:
    """Write the partnership's beginning into the log of the session's organization."""
    await record(session, clock, "partnership.created", target=f"partnership:{partnership_id}")


def _party(organization: Organization) -> Party:
    return Party(str(organization.id), organization.mode, organization.identity)


def _side(partnership: Partnership, own: Organization, said: Published) -> PartnershipSide:
    return PartnershipSide(
        partnership_id=partnership.id, org_id=own.id, lo_org_id=partnership.lo_org_id, hi_org_id=partnership.hi_org_id,
        name=own.name, handle=own.handle, mode=own.mode, identity=own.identity,
        statement=said.signed.text.decode("ascii"), signature=said.signed.signature, confirm=said.confirm,
    )  # fmt: skip


async def share(
    session: TenantSession,
    clock: Clock,
    *,
    partnership_id: UUID,
    said: Share,
    meets: Callable[[SharingRule | None], None] = lambda _: None,
) -> SharingRule:
    """Set the session's rule for one population; it holds from this commit on.

    UnknownPartnershipError, PartnershipEndedError, UnknownPopulationError, LevelNotOfferedError.
    `meets` raises unless the rule that stands, which nobody else changes meanwhile, is as the caller expects.
    """
    if said.level is SharingLevel.COUNTS_ONLY:
        raise LevelNotOfferedError
    partnership = await Partnerships(session).living(partnership_id)
    # a rule on one that is being removed would outlive it, and hold for the next that gets its bit
    population = await live_population(session, said.population)
    if population is None:
        raise UnknownPopulationError(said.population, [p.slug for p in await Populations(session).everyone()])
    rule = await rule_alone(session, partnership_id, population.bit)
    meets(rule)
    if rule is None:
        rule = SharingRule(
            partnership_id=partnership_id, owner_org_id=session.org_id, bit=population.bit, partner_org_id=partnership.partner_of(session.org_id),
            population=population.slug, population_name=population.name, level=said.level, preset=said.preset,
            version=0, ends_at=said.ends_at, changed_at=clock.now(),
        )  # fmt: skip
        session.add(rule)
    rule.level, rule.preset, rule.ends_at = said.level, said.preset, said.ends_at
    rule.version, rule.changed_at = rule.version + 1, clock.now()
    if population.settled != population.version:
        rule.awaits = population.version
    await session.flush()
    place = {"org_id": str(session.org_id), "partnership_id": str(partnership_id)}
    await enqueue(session, RULES_CHANGED_JOB, place, dedupe_key=f"{partnership_id}:{session.org_id}")
    details = {
        "population": said.population, "level": said.level.value, "preset": said.preset.value, "version": rule.version,
        "ends_at": None if said.ends_at is None else said.ends_at.isoformat(),
    }  # fmt: skip
    await record(
        session, clock, "sharing_rule.changed", target=f"partnership:{partnership_id}", details=details
    )
    if said.ends_at is not None:
        await enqueue(session, RULES_CHANGED_JOB, place, delay=max(said.ends_at - clock.now(), timedelta()))
    return rule


async def switch_reviews(
    session: TenantSession,
    clock: Clock,
    *,
    partnership_id: UUID,
    on: bool,
    meets: Callable[[Opened], None] = lambda _: None,
) -> Opened:
    """Say whether one's people judge pairs in review; they are told of any only where both sides do.

    UnknownPartnershipError, PartnershipEndedError. `meets` raises unless what stands is as the caller expects.
    """
    await Partnerships(session).living(partnership_id)
    opened = await Partnerships(session).opened(partnership_id)
    meets(opened)
    side = opened.side(session.org_id)
    if side.reviews is not on:
        side.reviews = on
        await session.flush()
        details = {"reviews": on}
        await record(
            session,
            clock,
            "partnership.reviews_switched",
            target=f"partnership:{partnership_id}",
            details=details,
        )
    return opened
