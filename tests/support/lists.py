"""Random lists of three organizations, and what brute force says that each may learn of the others."""

from dataclasses import replace
from random import Random

from service.partnerships.models import SharingLevel
from tests.api.isolation.walking import Walk
from tests.factories.world import company_list

LEVELS = [SharingLevel.HIDDEN, SharingLevel.MATCHED, SharingLevel.OVERLAPPING, SharingLevel.ALL]
SYLLABLES = ("bra", "kel", "mon", "tar", "vel", "zor", "lin", "qua", "dex", "fir", "gol", "hup")


def company(random: Random) -> tuple[str, str]:
    name = "".join(random.choice(SYLLABLES) for _ in range(5))
    return name.title() + " Industries", f"{name}.com"


async def unlike_brute_force(walk: Walk, random: Random) -> list[str]:
    """Give all three random lists and rules; name what any route told one of them that it may not know."""
    left, right, third = walk.theirs.pair.left, walk.theirs.pair.right, walk.mine.pair.left
    pairs = {left.id: walk.theirs.pair.partnership, third.id: walk.mine.pair.partnership}
    pool = [company(random) for _ in range(24)]
    lists = {member.id: set(random.sample(pool, random.randint(1, 16))) for member in (left, right, third)}
    levels = {}
    for member in (left, third):
        for owner in (member, right):
            levels[member.id, owner.id] = random.choice(LEVELS)
            said = {"customers": levels[member.id, owner.id]}
            await walk.mine.pair.world.share(owner, pairs[member.id], said)
    for member in (left, right, third):
        await walk.mine.pair.world.upload(member, company_list(*lists[member.id]))
    await walk.mine.pair.world.work()

    wrong = []
    for scene in (walk.theirs, walk.mine):
        asking = scene.pair.left
        told = " ".join(
            answer.text
            for given in (await replace(walk, mine=scene).own_answers(limit=100)).values()
            for answer in given
        )
        shows = levels[asking.id, right.id] in {SharingLevel.OVERLAPPING, SharingLevel.ALL}
        takes_part = levels[asking.id, asking.id] is not SharingLevel.HIDDEN
        common = lists[asking.id] & lists[right.id] if shows and takes_part else set()
        others = set().union(*lists.values()) - lists[asking.id]
        wrong += [f"{asking.organization.handle} was told of {name}" for name, _ in others if name in told]
        found = await walk.mine.pair.world.told(asking, scene.pair.partnership)
        rows = {str(row["domain"]) for row in found}
        wrong += (
            [f"{asking.organization.handle}: {rows}"]
            if rows - {"siemens.com"} != {d for _, d in common}
            else []
        )
    return wrong
