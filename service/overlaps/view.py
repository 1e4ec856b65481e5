"""How one side may look at its partnerships at this moment: one statement, asked before every list and count."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from service.db.sessions import TenantReadSession
from service.matching.kinds import Level, nearer
from service.partnerships.errors import PartnershipEndedError, PartnershipPausedError, UnknownPartnershipError
from service.partnerships.models import PartnershipStatus, Preset, SharingLevel
from service.partnerships.rules import bits_at

_VIEW = """
    SELECT p.id, p.lo_org_id, p.status, p.normaliser,
           (SELECT coalesce(bool_and(reviews), false) FROM partnership_side WHERE partnership_id = p.id) AS reviews,
           (SELECT array_agg(hierarchy) FROM partnership_side WHERE partnership_id = p.id) AS levels,
           (SELECT coalesce(json_agg(json_build_object('owner', owner_org_id, 'bit', bit, 'population', population, 'level', level,
                                                       'preset', preset, 'version', version, 'shows', awaits IS NULL) ORDER BY bit), '[]')::text
            FROM sharing_rule WHERE partnership_id = p.id AND (ends_at IS NULL OR ends_at > now())) AS rules,
           (SELECT coalesce(json_agg(json_build_object('bit', bit, 'slug', slug) ORDER BY bit), '[]')::text
            FROM population WHERE org_id = $1 AND removed_at IS NULL) AS populations
    FROM partnership p WHERE (p.lo_org_id = $1 OR p.hi_org_id = $1)
"""
"""A rule past its end counts for nothing; one that awaits its population's filter shows nothing of its owner's."""
_ONE = f"{_VIEW} AND p.id = $2"
_ACTIVE = f"{_VIEW} AND p.status = 'active' ORDER BY p.id"


class Segment(msgspec.Struct, frozen=True):
    """One of one's own populations."""

    bit: int
    slug: str


class RuleInForce(msgspec.Struct, frozen=True):
    """A sharing rule as far as reading needs it."""

    owner: UUID
    bit: int
    population: str
    level: SharingLevel
    preset: Preset
    version: int
    shows: bool


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One partnership as one side may see it. Bits are those of the populations that show overlaps; `matched_bits` those
    of one's own that take part at all: to see one must take part.
    """

    partnership_id: UUID
    populations: Sequence[Segment]
    own_rules: Sequence[RuleInForce]
    partner_rules: Sequence[RuleInForce]
    own_bits: int
    partner_bits: int
    matched_bits: int
    reviews: bool
    level: Level
    """How far up both sides let their accounts meet."""
    rests: bool
    """Paused: nothing is shown until it goes on."""
    normaliser: str
    """Under which the two sides' keys are made."""
    side: str

    @property
    def status(self) -> PartnershipStatus:
        return PartnershipStatus.PAUSED if self.rests else PartnershipStatus.ACTIVE

    @property
    def tells_of_proposals(self) -> bool:
        """As of pairs in review: where both sides show their overlaps and have reviews switched on."""
        return bool(self.reviews and self.own_bits and self.partner_bits)

    def require_active(self) -> None:
        """PartnershipPausedError: nothing is said of what isn't shown."""
        if self.rests:
            raise PartnershipPausedError

    def sql(self, template: str, **words: str) -> str:
        return on_side(self.side, template, **words)


def on_side(side: str, template: str, **words: str) -> str:
    """`template` as the side `lo` or `hi` asks it."""
    return template.format(own=side, partner="hi" if side == "lo" else "lo", **words)


_rules = msgspec.json.Decoder(list[RuleInForce])
_segments = msgspec.json.Decoder(list[Segment])


async def view_of(session: TenantReadSession, partnership_id: UUID) -> View:
    """How the session's organization may look at the partnership now; at one that rests it sees nothing.

    UnknownPartnershipError, also when it is somebody else's; PartnershipEndedError.
    """
    driver: asyncpg.Connection = await session.raw()
    row = await driver.fetchrow(_ONE, session.org_id, partnership_id)
    if row is None:
        raise UnknownPartnershipError
    if row["status"] == PartnershipStatus.ENDED:
        raise PartnershipEndedError
    return _read(session.org_id, row)


async def active_views(session: TenantReadSession) -> list[View]:
    """The same for each active partnership of the session's organization, in one statement."""
    driver: asyncpg.Connection = await session.raw()
    return [_read(session.org_id, row) for row in await driver.fetch(_ACTIVE, session.org_id)]


def _read(org_id: UUID, row: Any) -> View:
    said = _Said(*row)
    return _view(org_id, said._replace(levels=tuple(said.levels)))


class _Said(NamedTuple):
    """A row of `_VIEW`."""

    partnership_id: UUID
    lo_org_id: UUID
    status: str
    normaliser: str
    reviews: bool
    levels: tuple[str, ...]
    rules: str
    populations: str


@lru_cache(maxsize=1024)
def _view(org_id: UUID, said: _Said) -> View:
    """What the row says, which was read just now: only the work of putting it into words is kept."""
    rules = _rules.decode(said.rules)
    own = [rule for rule in rules if rule.owner == org_id]
    theirs = [rule for rule in rules if rule.owner != org_id and rule.shows]
    active, least = said.status == PartnershipStatus.ACTIVE, SharingLevel.OVERLAPPING
    return View(
        partnership_id=said.partnership_id, populations=_segments.decode(said.populations), own_rules=own, partner_rules=theirs,
        own_bits=bits_at((rule for rule in own if rule.shows), least) if active else 0, partner_bits=bits_at(theirs, least) if active else 0,
        matched_bits=bits_at(own, SharingLevel.MATCHED), reviews=said.reviews,
        level=nearer(*map(Level, said.levels)), rests=not active, normaliser=said.normaliser,
        side="lo" if said.lo_org_id == org_id else "hi",
    )  # fmt: skip
