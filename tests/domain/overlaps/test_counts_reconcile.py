"""Both sides' numbers over random lists, populations and rules, against a plain model of who is told what."""

from collections.abc import Mapping
from random import Random

import pytest

from service.linking.counts import Counts
from service.overlaps.reading import Matrix
from service.partnerships.models import SharingLevel
from tests.factories.world import LEVELS as STANDARD
from tests.factories.world import Member, Pair
from tests.properties.test_counts_reconcile import counted

POPULATIONS = tuple(STANDARD)
LEVELS = [SharingLevel.HIDDEN, SharingLevel.MATCHED, SharingLevel.OVERLAPPING, SharingLevel.ALL]
SHOWS = {SharingLevel.OVERLAPPING, SharingLevel.ALL}
WORDS = ("orchid", "kestrel", "malachit", "quarzwerk", "walnut", "harbour", "juniper", "saffron")

Accounts = Mapping[int, tuple[str, set[str]]]
"""Number → website and the populations that the account is in."""
Rules = Mapping[str, SharingLevel]


def a_list(random: Random) -> Accounts:
    """Several accounts of one company, and accounts in several populations, are common."""
    return {
        number: (random.choice(WORDS), set(random.sample(POPULATIONS, random.randint(1, 2))))
        for number in range(12)
    }


async def bring(pair: Pair, member: Member, accounts: Accounts) -> None:
    for population in POPULATIONS:
        rows = [
            f"{n},{word} works,{word}.com" for n, (word, within) in accounts.items() if population in within
        ]
        await pair.world.upload(
            member, "\n".join(("Account ID,Company,Website", *rows, "")), population=population
        )


def pairs_told(
    mine: Accounts, theirs: Accounts, own_rules: Rules, their_rules: Rules
) -> set[tuple[int, int]]:
    """(My account, theirs): of one company, mine takes part, theirs is shown."""
    taking_part = {
        n for n, (_, within) in mine.items() if any(own_rules[p] is not SharingLevel.HIDDEN for p in within)
    }
    shown = {n for n, (_, within) in theirs.items() if any(their_rules[p] in SHOWS for p in within)}
    return {(a, b) for a in taking_part for b in shown if mine[a][0] == theirs[b][0]}


def within(
    pairs: set[tuple[int, int]], mine: Accounts, theirs: Accounts, cell: tuple[str, str]
) -> set[tuple[int, int]]:
    return {(a, b) for a, b in pairs if cell[0] in mine[a][1] and cell[1] in theirs[b][1]}


def cells(matrix: Matrix) -> dict[tuple[str, str], Counts]:
    return {(cell.population, cell.partner_population): cell.counts for cell in matrix.cells}


@pytest.mark.parametrize("seed", range(2))
async def test_both_sides_count_alike_what_both_may_see(pair: Pair, seed: int) -> None:
    random = Random(seed)
    lists = [a_list(random) for _ in range(2)]
    members = pair.left, pair.right
    for member, accounts in zip(members, lists, strict=True):
        await bring(pair, member, accounts)
    for least in (LEVELS[2], LEVELS[0]):
        rules = [dict.fromkeys(POPULATIONS, least) for _ in members]
        if least is SharingLevel.HIDDEN:
            rules = [{p: random.choice(LEVELS) for p in POPULATIONS} for _ in members]
        for member, levels in zip(members, rules, strict=True):
            await pair.world.share(member, pair.partnership, levels)
        await pair.world.work()
        found = [await pair.world.matrix(member, pair.partnership) for member in members]
        told = [pairs_told(lists[own], lists[1 - own], rules[own], rules[1 - own]) for own in (0, 1)]
        for own, matrix in enumerate(found):
            assert matrix.total == counted(told[own])
            assert cells(matrix) == {
                (p, q): counted(within(told[own], lists[own], lists[1 - own], (p, q)))
                for p in POPULATIONS for q in POPULATIONS if rules[1 - own][q] in SHOWS
            }  # fmt: skip
        left, right = map(cells, found)
        assert {cell: left[cell] for cell in left if cell[::-1] in right} == {
            cell: right[cell[::-1]].turned() for cell in left if cell[::-1] in right
        }
        if told[0] == {(a, b) for b, a in told[1]}:
            assert found[0].total == found[1].total.turned()
