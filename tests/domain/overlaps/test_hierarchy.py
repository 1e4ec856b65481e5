"""Accounts of one owner: who is told of them, at which level, and that nothing of an owner is sent where not both look."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

import asyncpg
import pytest

from service.imports.models import ImportMode
from service.matching.kinds import Level
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.errors import PartnershipEndedError
from service.partnerships.models import SharingLevel
from tests.domain.overlaps.test_counts_reconcile import LEVELS, POPULATIONS, SHOWS
from tests.factories.world import Member, Pair, World, apart, make_pair
from tests.properties.test_counts_reconcile import counted
from tests.support.epochs import rotated
from tests.support.exporting import exported

HEADER = "Account ID,Company,Website,Parent ID,Parent Name,Parent Website\n"
LEFT = (
    HEADER
    + "1,Orchid Energy,orchidenergy.com,2,,\n2,Malachit Holding,malachit.com,3,,\n3,Walnut Group,walnut.com,,,\n"
    + "4,Kestrel Press,kestrel.com,2,,\n5,Saffron Mills,saffron.com,,Juniper Group Holding,\n"
)
RIGHT = (
    HEADER
    + "a,Harbour Foods,harbour.com,,,malachit.com\nb,Kestrel Press,kestrel.com,,,malachit.com\n"
    + "c,Quarz Optics,quarz.com,,,walnut.com\nd,Dulcimer Mills,dulcimer.com,,Juniper Group Holding,\n"
)
SAME = {("Kestrel Press", "Kestrel Press", "same_company")}
PARENT = {
    (mine, "Harbour Foods", "same_parent") for mine in ("Orchid Energy", "Malachit Holding", "Kestrel Press")
} | {
    ("Orchid Energy", "Kestrel Press", "same_parent"), ("Malachit Holding", "Kestrel Press", "same_parent"),
    ("Malachit Holding", "Quarz Optics", "same_parent"), ("Walnut Group", "Quarz Optics", "same_parent"),
}  # fmt: skip
ULTIMATE = {(mine, "Quarz Optics", "same_ultimate_parent") for mine in ("Orchid Energy", "Kestrel Press")}
EVERY = SAME | PARENT | ULTIMATE
Told = set[tuple[str, str, str]]


async def both_look(pair: Pair, level: Level) -> None:
    for member in (pair.left, pair.right):
        await pair.world.look(member, pair.partnership, level)
    await pair.world.work()


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Pair:
    """Both sides' lists have met, and both look as far as they can."""
    pair = await make_pair(staged_world)
    for member, text in ((pair.left, LEFT), (pair.right, RIGHT)):
        await pair.world.upload(member, text)
    await both_look(pair, Level.SAME_ULTIMATE_PARENT)
    return pair


@pytest.fixture
def met(staged: Pair, db: object, tmp_path: Path) -> Pair:
    assert db
    return apart(staged, tmp_path)


@pytest.fixture
async def pair(world: World) -> Pair:
    """Two sides that have brought nothing yet, beside the staged ones."""
    return await make_pair(world, left="port", right="starboard")


async def told(pair: Pair, member: Member, level: Level = Level.SAME_ULTIMATE_PARENT) -> Told:
    """(Left's account, right's, level), whoever is told."""
    rows = await pair.world.told(member, pair.partnership, Page(level=level, limit=1000))
    assert len({row["id"] for row in rows}) == len(rows)
    pairs = [(str(row["name"]), partner_name(row), str(row["level"])) for row in rows]
    assert len(set(pairs)) == len(pairs)
    return {(mine, theirs, at) if member == pair.left else (theirs, mine, at) for mine, theirs, at in pairs}


def partner_name(row: Mapping[str, object]) -> str:
    return str(json.loads(str(row["partner_fields"]))["name"])


async def stored(admin: asyncpg.Connection, pair: Pair) -> tuple[int, int, int]:
    """How many tokens of owners, pairs of one owner, and records of accounts there are."""
    of_owners = "SELECT coalesce(sum(count), 0) FROM token_segment WHERE part IN ('parent', 'ultimate_parent') AND partnership_id = $1"
    return tuple([
        await admin.fetchval(query, pair.partnership.id)
        for query in (
            of_owners, "SELECT count(*) FROM related_pair WHERE partnership_id = $1", "SELECT count(*) FROM shared_record WHERE partnership_id = $1",
        )
    ])  # type: ignore[return-value]  # fmt: skip


async def test_both_sides_are_told_the_same_pairs_at_each_level(met: Pair) -> None:
    for level, expected in (
        (Level.SAME_COMPANY, SAME), (Level.SAME_PARENT, SAME | PARENT), (Level.SAME_ULTIMATE_PARENT, EVERY),
    ):  # fmt: skip
        assert await told(met, met.left, level) == expected
        assert await told(met, met.right, level) == expected
        left, right = [await met.world.matrix(m, met.partnership, level) for m in (met.left, met.right)]
        assert left.total == right.total.turned()
        assert left.total.pairs == len(expected) == sum(left.levels.values())
    assert (
        left.levels
        == right.levels
        == {Level.SAME_COMPANY: 1, Level.SAME_PARENT: 7, Level.SAME_ULTIMATE_PARENT: 2}
    )
    assert left.total.companies == 1


async def test_without_a_level_nothing_but_companies_is_told_counted_or_an_event(
    met: Pair, superuser: asyncpg.Connection
) -> None:
    assert [row["name"] for row in await met.world.told(met.left, met.partnership)] == ["Kestrel Press"]
    assert (await met.world.matrix(met.left, met.partnership)).total.pairs == 1
    events = await superuser.fetch(
        "SELECT type FROM partnership_event WHERE partnership_id = $1", met.partnership.id
    )
    assert [row["type"] for row in events] == ["overlap.created"]


async def test_pages_of_all_levels_together_visit_each_pair_once(met: Pair) -> None:
    seen, after = [], None
    while True:
        wanted = Page(level=Level.SAME_ULTIMATE_PARENT, limit=3, after=after)
        rows = await met.world.told(met.left, met.partnership, wanted)
        seen += [row["id"] for row in rows]
        if len(rows) < 3:
            break
        after = rows[-1]["confidence"], rows[-1]["id"]  # type: ignore[assignment]
    assert len(seen) == len(set(seen)) == len(EVERY)


async def test_of_owners_nothing_is_sent_until_both_look_and_nothing_stays_when_one_no_longer_does(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    for member, text in ((pair.left, LEFT), (pair.right, RIGHT)):
        await pair.world.upload(member, text)
    await pair.world.work()
    for look in (None, pair.right):
        if look:
            await pair.world.look(look, pair.partnership, Level.SAME_ULTIMATE_PARENT)
            await pair.world.work()
        assert await stored(superuser, pair) == (0, 0, 2)
        assert await told(pair, pair.left) == SAME
    await pair.world.look(pair.left, pair.partnership, Level.SAME_PARENT)
    await pair.world.work()
    assert await told(pair, pair.right) == SAME | PARENT
    assert len((await exported(pair.world, pair.right, "related_pairs"))["related_pairs"]) == len(PARENT)
    parts = "SELECT DISTINCT part FROM token_segment WHERE part <> 'withheld' AND partnership_id = $1"
    kinds = {row[0] for row in await superuser.fetch(parts, pair.partnership.id)}
    assert kinds == {"sent", "accounts", "parent"}
    await pair.world.look(pair.left, pair.partnership, Level.SAME_COMPANY)
    references = "SELECT count(*) FROM account_reference WHERE partnership_id = $1"
    # at once, before any job has run
    held = await exported(pair.world, pair.right, "related_pairs", "overlaps", "partner_records")
    assert [len(rows) for rows in held.values()] == [0, len(SAME), len(SAME)]
    assert await told(pair, pair.right) == await told(pair, pair.left) == SAME
    await pair.world.work()
    assert await stored(superuser, pair) == (0, 0, 2)
    assert await superuser.fetchval(references, pair.partnership.id) == 2


async def test_a_side_that_only_takes_part_tells_of_no_level(
    met: Pair, superuser: asyncpg.Connection
) -> None:
    await met.world.share(met.left, met.partnership, {"customers": SharingLevel.MATCHED})
    assert await told(met, met.right) == set()
    await met.world.work()
    assert await told(met, met.right) == set()
    assert await told(met, met.left) == EVERY
    assert (await met.world.matrix(met.right, met.partnership, Level.SAME_ULTIMATE_PARENT)).total.pairs == 0
    async with met.world.database.tenant(met.right.id) as session:
        assert await (await session.raw()).fetchval("SELECT count(*) FROM related_pair") == 0
    await met.world.share(met.left, met.partnership, {"customers": SharingLevel.HIDDEN})
    await met.world.work()
    assert (await stored(superuser, met))[1] == 0


async def test_an_owner_that_takes_no_part_is_not_looked_up(met: Pair) -> None:
    """Malachit stands in a population that isn't shared: what a subsidiary's row says in words is all that counts."""
    moved = HEADER + "2,Malachit Holding,malachit.com,3,,\n"
    await met.world.share(met.left, met.partnership, {"customers": SharingLevel.OVERLAPPING})
    await met.world.upload(
        met.left, LEFT.replace(moved.splitlines()[1] + "\n", ""), mode=ImportMode.REPLACE, confirmed=True
    )
    await met.world.upload(met.left, moved, population="prospects")
    await met.world.work()
    assert await told(met, met.left) == SAME | {("Walnut Group", "Quarz Optics", "same_parent")}


async def test_a_list_that_comes_with_other_parents_moves_the_pairs(met: Pair) -> None:
    await met.world.upload(met.left, LEFT.replace("orchidenergy.com,2,", "orchidenergy.com,,"))
    await met.world.work()
    assert await told(met, met.left) == {pair for pair in EVERY if pair[0] != "Orchid Energy"}
    await met.world.upload(met.right, RIGHT.replace("quarz.com,,,walnut.com", "quarz.com,,,harbour.com"))
    await met.world.work()
    left = {pair for pair in EVERY if pair[0] != "Orchid Energy" and pair[1] != "Quarz Optics"}
    assert await told(met, met.right) == left
    # the owner itself leaves: whoever named it by its id alone has none
    await met.world.upload(
        met.left,
        LEFT.replace("2,Malachit Holding,malachit.com,3,,\n", ""),
        mode=ImportMode.REPLACE,
        confirmed=True,
    )
    await met.world.work()
    assert await told(met, met.left) == SAME


async def test_owners_are_met_anew_where_tokens_changed_alone(met: Pair) -> None:
    city = "Account ID,Company,Website,City\n1,Orchid Energy,orchidenergy.com,Wien\n"
    await met.world.upload(met.left, city)
    assert "overlaps.relate" not in await met.world.work()
    assert await told(met, met.left) == EVERY
    await met.world.upload(met.left, HEADER + "6,Dulcimer Press,dulcimer.com,,,\n")
    assert "overlaps.relate" in await met.world.work()


async def test_pairs_of_one_owner_stay_as_they_are_when_the_epoch_is_rotated(
    met: Pair, superuser: asyncpg.Connection
) -> None:
    owners = "SELECT DISTINCT first FROM token_segment WHERE part IN ('parent', 'ultimate_parent') AND partnership_id = $1"
    ids = "SELECT id FROM related_pair WHERE partnership_id = $1 ORDER BY id"
    pairs, tokens = [await superuser.fetch(query, met.partnership.id) for query in (ids, owners)]
    await rotated(superuser, met)
    assert await told(met, met.left) == await told(met, met.right) == EVERY
    assert await superuser.fetch(ids, met.partnership.id) == pairs
    now = await superuser.fetch(owners, met.partnership.id)
    assert now
    assert not {row[0] for row in now} & {row[0] for row in tokens}
    await met.world.upload(met.left, LEFT.replace("orchidenergy.com,2,", "orchidenergy.com,,"))
    await met.world.work()
    assert await told(met, met.left) == {pair for pair in EVERY if pair[0] != "Orchid Energy"}


async def test_a_pair_is_said_at_its_nearest_level_and_as_one_company_no_longer_than_it_is_one(
    met: Pair,
) -> None:
    both = ("Kestrel Press", "Kestrel Press")
    assert {pair for pair in await told(met, met.left) if pair[:2] == both} == SAME
    await met.world.upload(
        met.right, RIGHT.replace("Kestrel Press,kestrel.com", "Dulcimer Press,dulcimerpress.com")
    )
    await met.world.work()
    assert ("Kestrel Press", "Dulcimer Press", "same_parent") in await told(met, met.left)


async def test_an_ended_partnership_tells_of_no_level(met: Pair) -> None:
    async with met.world.database.matcher(met.partnership.id) as session:
        await (await session.raw()).execute("UPDATE partnership SET status = 'ended'")
    for member in (met.left, met.right):
        with pytest.raises(PartnershipEndedError):
            await told(met, member)


async def test_a_stranger_and_a_review_are_told_of_no_level(met: Pair) -> None:
    reviews = await met.world.told(met.left, met.partnership, Page(status=OverlapStatus.REVIEW))
    assert {row["level"] for row in reviews} <= {"same_company"}
    stranger = await met.world.organization("stranger")
    async with met.world.database.tenant(stranger.id) as session:
        assert await (await session.raw()).fetchval("SELECT count(*) FROM related_pair") == 0


# ── random lists against a plain model ──────────────────────────────────────────────────────────────

WORDS = ("orchid", "kestrel", "malachit", "quarzwerk", "walnut", "harbour")
Row = tuple[str, str, int | None, str | None]
"""Website, population, number of the parent in the list, website of the parent in words."""


def a_list(random: Random) -> dict[int, Row]:
    return {
        number: (
            random.choice(WORDS), random.choice(POPULATIONS), random.choice([None, None, random.randrange(10)]), random.choice([None, None, *WORDS]),
        )
        for number in range(10)
    }  # fmt: skip


async def bring(pair: Pair, member: Member, rows: Mapping[int, Row]) -> None:
    for population in POPULATIONS:
        lines = [
            f"{n},Saffron {word} Mills,{word}.com,{'' if above is None else above},,{said + '.com' if said else ''}"
            for n, (word, within, above, said) in rows.items()
            if within == population
        ]
        await pair.world.upload(
            member,
            HEADER + "\n".join([*lines, ""]),
            population=population,
            mode=ImportMode.REPLACE,
            confirmed=True,
        )


def chain(rows: Mapping[int, Row], number: int) -> list[str]:
    """Own website, the parent's, the highest company's; as far as there are."""
    words, at, seen = [rows[number][0]], number, {number}
    while True:
        _, _, above, said = rows[at]
        if above in rows and above != at:
            if above in seen:
                return words[:2]
            at = above
            seen.add(at)
            words.append(rows[at][0])
        else:
            words += [said] if said else []
            return words if len(words) <= 2 else [*words[:2], words[-1]]


def levels_of(mine: Mapping[int, Row], theirs: Mapping[int, Row]) -> dict[tuple[int, int], Level]:
    found = {}
    for a in mine:
        for b in theirs:
            met_at = [
                max(i, j) for i, x in enumerate(chain(mine, a)) for j, y in enumerate(chain(theirs, b)) if x == y
            ]  # fmt: skip
            if met_at:
                found[a, b] = list(Level)[min(met_at)]
    return found


@pytest.mark.parametrize("seed", range(1))
async def test_at_each_level_both_sides_count_what_a_plain_model_does(pair: Pair, seed: int) -> None:
    random = Random(seed)
    members = pair.left, pair.right
    await both_look(pair, Level.SAME_ULTIMATE_PARENT)
    for _ in range(2):
        lists = [a_list(random) for _ in members]
        rules = [{p: random.choice(LEVELS[1:]) for p in POPULATIONS} for _ in members]
        for member, rows, levels in zip(members, lists, rules, strict=True):
            await bring(pair, member, rows)
            await pair.world.share(member, pair.partnership, levels)
        await pair.world.work()
        holds = levels_of(*lists)
        for level in Level:
            shown = [
                {
                    pair_ for pair_, at in holds.items()
                    if at.rank <= level.rank and rules[1 - own][lists[1 - own][pair_[1 - own]][1]] in SHOWS
                }
                for own in (0, 1)
            ]  # fmt: skip
            for own, member in enumerate(members):
                matrix = await pair.world.matrix(member, pair.partnership, level)
                expected = counted(shown[own])
                assert matrix.total == (expected.turned() if own else expected)
                assert matrix.levels == {
                    one: sum(holds[pair_] is one for pair_ in shown[own]) for one in level.upto()
                }
