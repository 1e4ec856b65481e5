"""A list that meets itself: in full where that is little, and within bounds where many accounts are alike."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from service.linking import within
from service.linking.columns import TokenColumn
from service.linking.meet import TokenSet, meet
from service.linking.within import _met
from service.matching.kinds import KeyKind


def side(kind: KeyKind, *bearers: list[int]) -> TokenSet:
    """A token for each list of accounts."""
    refs = [ref for accounts in bearers for ref in accounts]
    tokens = [n for n, accounts in enumerate(bearers, start=1) for _ in accounts]
    # two tokens of one high word too: they are told apart by the low one
    words = np.array([[n // 2, n] for n in tokens], dtype=">u8")
    return {kind: TokenColumn.of(words.view(np.uint8).reshape(-1, 16), np.array(refs, dtype=np.uint64))}


def pairs(meetings: pl.DataFrame) -> list[tuple[int, int]]:
    return meetings.select("left", "right").rows()


def test_list_meets_itself_as_two_lists_do_each_two_accounts_once() -> None:
    random = np.random.default_rng(3)
    tokens: TokenSet = {}
    for kind in (KeyKind.DOMAIN, KeyKind.NAME):
        drawn = [sorted(set(random.integers(0, 40, size).tolist())) for size in random.integers(1, 9, 30)]
        tokens = {**tokens, **side(kind, *drawn, list(range(100, 201)))}
    found = _met(tokens, 300)
    both = meet(tokens, tokens)
    assert found.meetings.equals(both.meetings.filter(pl.col("left") < pl.col("right")))
    assert found.meetings.height > 100
    assert found.crowded == both.crowded == 2
    assert _met({}, 0).meetings.is_empty()
    assert _met({KeyKind.NAME: TokenColumn.empty()}, 0).meetings.is_empty()


def test_most_common_tokens_join_their_accounts_by_the_first_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "FEW_MEETINGS", 10)
    alone, few, many = [9], [5, 6, 7], [0, 1, 2, 3, 8]
    found = _met(side(KeyKind.NAME, many, alone, few), 2)
    assert pairs(found.meetings) == [(0, 1), (0, 2), (0, 3), (0, 8), *combinations(few, 2)]
    in_full = _met(side(KeyKind.NAME, many, alone, few), 4)
    assert pairs(in_full.meetings) == [*combinations(many, 2), *combinations(few, 2)]


def test_long_list_of_large_groups_has_few_meetings_an_account() -> None:
    accounts = 60_000
    groups = [list(range(at, at + 100)) for at in range(0, accounts, 100)]
    found = _met({**side(KeyKind.NAME, *groups), **side(KeyKind.DOMAIN, *groups)}, accounts)
    assert found.crowded == 0
    assert found.meetings.height == 2 * 99 * len(groups)
    nodes, labels = within.components(*(found.meetings[one].to_numpy() for one in ("left", "right")))
    assert len(nodes) == accounts
    assert len(np.unique(labels)) == len(groups)
