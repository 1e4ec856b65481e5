"""Laws of the counts: both sides count the same pairs alike, and the words account for every difference."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.linking.counts import LISTS, Counts, cells_sentence, counts_of, sentence

pairs_of_accounts = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30)
Pairs = set[tuple[int, int]]


def counted(pairs: Pairs) -> Counts:
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.uint64) for side in (0, 1))
    return counts_of(left, right)


def companies(pairs: Pairs) -> list[tuple[set[int], set[int]]]:
    """The connected groups, by joining whatever touches until nothing does."""
    groups: list[tuple[set[int], set[int]]] = []
    for left, right in pairs:
        touching = [g for g in groups if left in g[0] or right in g[1]]
        joined = {left}.union(*(g[0] for g in touching)), {right}.union(*(g[1] for g in touching))
        groups = [g for g in groups if g not in touching] + [joined]
    return groups


@given(pairs_of_accounts)
def test_counts_are_those_of_a_plain_count(pairs: Pairs) -> None:
    groups = companies(pairs)
    assert counted(pairs) == Counts(
        pairs=len(pairs), accounts=len({left for left, _ in pairs}), partner_accounts=len({right for _, right in pairs}),
        companies=len(groups), several=sum(len(own) > 1 for own, _ in groups), partner_several=sum(len(theirs) > 1 for _, theirs in groups),
    )  # fmt: skip


@given(pairs_of_accounts)
def test_the_other_side_counts_the_same_pairs_alike(pairs: Pairs) -> None:
    assert counted({(right, left) for left, right in pairs}) == counted(pairs).turned()


@given(pairs_of_accounts)
def test_the_words_account_for_the_difference_between_accounts_and_companies(pairs: Pairs) -> None:
    counts = counted(pairs)
    said = sentence(counts)
    reasons = {
        where: tuple(map(int, found.groups()))
        for where in ("in your list", "in theirs")
        if (found := re.search(rf"(\d+) compan\w+ (?:together )?ha\w+ (\d+) accounts {where}", said))
    }
    for where, accounts in (("in your list", counts.accounts), ("in theirs", counts.partner_accounts)):
        several, of_these = reasons.get(where, (0, 0))
        assert counts.companies - several + of_these == accounts
        assert of_these >= 2 * several


def test_the_words_are_those_of_people() -> None:
    mine_twice = {(1, 7), (2, 7), (3, 8)}
    assert sentence(counted(mine_twice)) == (
        "Your 3 accounts meet 2 of theirs in 3 pairs: 2 distinct companies, because 1 company has 2 accounts in your list."
    )
    assert sentence(counted(mine_twice | {(3, 9)}), LISTS) == (
        "3 accounts on the left meet 3 on the right in 4 pairs: 2 distinct companies, because 1 company has 2 accounts in the "
        "left list and 1 company has 2 accounts in the right one."
    )
    both_twice = mine_twice | {(4, 9), (5, 9)}
    assert sentence(counted(both_twice)).endswith(
        "because 2 companies together have 4 accounts in your list."
    )
    assert sentence(counted({(1, 7)})) == (
        "Your 1 account meets 1 of theirs in 1 pair: 1 distinct company, each with one account on either side."
    )
    assert sentence(counted(set())) == "There are no pairs."


def test_cells_that_add_up_to_more_than_the_total_are_explained() -> None:
    assert cells_sentence(counted({(1, 7)}), 1) is None
    assert (cells_sentence(counted({(1, 7)}), 2) or "").startswith("The cells add up to 2 pairs: ")
