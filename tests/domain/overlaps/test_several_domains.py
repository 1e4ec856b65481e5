"""Accounts that bear several domains: a change at one of them says nothing wrong of the others."""

import asyncpg

from service.matching.guards import CROWDED_FROM, CROWDED_UNTIL
from tests.factories.world import Pair
from tests.support.whole_run import OVERLAPS, unlike_a_whole_run

HEADER = "External ID,Company,Website,Other Domains,City"


def listed(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


async def test_a_pair_at_a_second_domain_is_judged_by_all_who_bear_it(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    brands = listed(
        "1,Foobarix Works,dquarz.com,equarz.com,Ulm", "2,Barolotti Press,dquarz.com,,Ulm", "3,Bazintra Bakery,equarz.com,,Ulm"
    )  # fmt: skip
    await pair.world.upload(pair.left, brands)
    await pair.world.upload(pair.right, listed("1,Quxomat Systems,dquarz.com,equarz.com,Ulm"))
    await pair.world.work()
    before = await superuser.fetch(OVERLAPS, pair.partnership.id)
    assert {row["status"] for row in before} == {"review"}
    await pair.world.upload(pair.left, brands.replace("dquarz.com,,Ulm", "dquarz.com,,Wien"))
    await pair.world.work()
    after = await superuser.fetch(OVERLAPS, pair.partnership.id)
    assert sorted(row["status"] for row in after) == sorted(row["status"] for row in before)
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_a_crowded_domain_stays_off_when_something_changes_at_another_of_its_bearers(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    crowd = [f"c{n},Malachit {n} Press,walnut.com,,Ulm" for n in range(CROWDED_FROM)]
    both = "b,Kestrel Hafen,stayhaven.com,walnut.com,Ulm"
    near = [f"n{n},Orchid {n} Quarzwerk,stayhaven.com,,Ulm" for n in range(CROWDED_UNTIL + 1)]
    await pair.world.upload(pair.left, listed(*crowd, both, *near))
    await pair.world.upload(pair.right, listed("1,Walnut Group,walnut.com,,Ulm"))
    await pair.world.work()
    assert await superuser.fetch(OVERLAPS, pair.partnership.id) == []
    await pair.world.upload(pair.left, listed("n0,Orchid Neu Quarzwerk,stayhaven.com,,Ulm"))
    await pair.world.work()
    assert await unlike_a_whole_run(pair, superuser) == []
    assert await superuser.fetch(OVERLAPS, pair.partnership.id) == []


async def test_a_pair_that_names_keep_apart_stays_none_when_something_changes_at_another_domain(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    brands = listed(
        "1,Foobarix Works,dquarz.com,equarz.com,Ulm", "2,Barolotti Press,dquarz.com,,Ulm", "3,Quxomat Systems,equarz.com,,Ulm"
    )  # fmt: skip
    await pair.world.upload(pair.left, brands)
    await pair.world.upload(
        pair.right, listed("1,Quxomat Systems,equarz.com,,Ulm", "2,Foobarix Works,equarz.com,,Ulm")
    )
    await pair.world.work()
    before = await superuser.fetch(OVERLAPS, pair.partnership.id)
    assert [row["status"] for row in before] == ["auto", "auto"]
    await pair.world.upload(pair.left, brands.replace("dquarz.com,,Ulm", "dquarz.com,,Wien"))
    await pair.world.work()
    assert await superuser.fetch(OVERLAPS, pair.partnership.id) == before
