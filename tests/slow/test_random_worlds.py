"""What each side is told, against a plain model of the rules, over random lists, rules and orders of events."""

from pathlib import Path
from random import Random

import pytest

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.partnerships.models import SharingLevel
from tests.factories.world import Pair, company_list, make_pair, make_world
from tests.slow.companies import company

pytestmark = pytest.mark.slow
LEVELS = [SharingLevel.HIDDEN, SharingLevel.MATCHED, SharingLevel.OVERLAPPING, SharingLevel.ALL]
ROUNDS = 60


def shows(levels: dict[str, SharingLevel]) -> bool:
    return levels["customers"] in {SharingLevel.OVERLAPPING, SharingLevel.ALL}


async def told(pair: Pair) -> list[set[str]]:
    return [
        {str(row["domain"]) for row in await pair.world.told(member, pair.partnership)}
        for member in (pair.left, pair.right)
    ]


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_each_side_is_told_what_the_other_shows_and_nothing_else(
    db: Database, tmp_path: Path, random: Random, round_: int
) -> None:
    pair = await make_pair(make_world(db, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids()))
    pool = [company(random) for _ in range(30)]
    lists = [random.sample(pool, random.randint(1, 20)) for _ in range(2)]
    levels = [{"customers": random.choice(LEVELS)} for _ in range(2)]
    steps = [
        *(
            (pair.world.upload, member, company_list(*rows))
            for member, rows in zip((pair.left, pair.right), lists, strict=True)
        ),
        *(
            (pair.world.share, member, pair.partnership, level)
            for member, level in zip((pair.left, pair.right), levels, strict=True)
        ),
    ]
    random.shuffle(steps)
    for act, *arguments in steps:
        await act(*arguments)  # type: ignore[operator]
        if random.random() < 0.5:
            await pair.world.work()
    await pair.world.work()

    takes_part = all(level["customers"] is not SharingLevel.HIDDEN for level in levels)
    common = {d for _, d in lists[0]} & {d for _, d in lists[1]} if takes_part else set()
    assert await told(pair) == [common if shows(levels[1]) else set(), common if shows(levels[0]) else set()]

    quiet = random.randrange(2)
    await pair.world.share(
        (pair.left, pair.right)[quiet], pair.partnership, {"customers": SharingLevel.MATCHED}
    )
    assert (await told(pair))[1 - quiet] == set()
