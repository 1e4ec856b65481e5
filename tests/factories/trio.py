"""Three organizations: a pair, and a third that has a partnership with one of the two.

Every protected table has rows of each, of both partnerships: what the product's own operations leave empty is filled up, so that
there is always something to hide.
"""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from service.partnerships.models import Partnership
from tests.factories.world import Member, Pair, World, company_list, make_pair
from tests.support.tables import Table, fill, protected_tables


@dataclass(frozen=True)
class Trio:
    """`pair.left` and `pair.right` are partners, and so are `pair.right` and `third`; `tables` are the protected ones."""

    pair: Pair
    third: Member
    other: Partnership
    tables: list[Table]

    @property
    def world(self) -> World:
        return self.pair.world

    @property
    def members(self) -> tuple[Member, Member, Member]:
        return self.pair.left, self.pair.right, self.third

    @property
    def outsiders(self) -> tuple[Member, Member]:
        """Those who are outside of one of the two partnerships."""
        return self.pair.left, self.third

    def partnerships_of(self, org_id: UUID) -> list[Partnership]:
        return [p for p in (self.pair.partnership, self.other) if org_id in {p.lo_org_id, p.hi_org_id}]


async def make_trio(world: World, admin: asyncpg.Connection) -> Trio:
    """`admin` is a superuser's connection to the same database."""
    pair = await make_pair(world)
    third = await world.organization("third")
    other = await world.partnership(pair.right, third)
    for member in (pair.right, third):
        await world.share(member, other)
    await world.upload(pair.left, company_list(("Siemens AG", "siemens.com"), ("Leftonly", "leftonly.com")))
    await world.upload(
        pair.right,
        company_list(("Siemens", "siemens.com"), ("Rightonly", "rightonly.com"), ("Bosch", "bosch.com")),
    )
    await world.upload(third, company_list(("Bosch GmbH", "bosch.com"), ("Thirdonly", "thirdonly.com")))
    await world.work()
    trio = Trio(pair, third, other, await protected_tables(admin))
    for owner, partner, partnership in (
        (pair.left, pair.right, pair.partnership),
        (pair.right, pair.left, pair.partnership),
        (pair.right, third, other),
        (third, pair.right, other),
    ):
        await fill(admin, _given(owner.id, partner.id, partnership))
    return trio


def _given(owner: UUID, partner: UUID, partnership: Partnership) -> dict[str, UUID]:
    return {
        "org_id": owner, "owner_org_id": owner, "viewer_org_id": partner, "partner_org_id": partner,
        "lo_org_id": partnership.lo_org_id, "hi_org_id": partnership.hi_org_id, "partnership_id": partnership.id,
        "inviter_org_id": partner,
    }  # fmt: skip
