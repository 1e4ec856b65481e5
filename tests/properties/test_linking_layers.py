"""Laws of layered columns: whatever comes and goes in whatever order, base and changes stand for what is there."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.linking.columns import References, TokenColumn
from service.linking.layers import MERGE_FROM, MOST_CHANGES, Layers, difference, merging, squashed
from service.linking.meet import between, meet, moved_by_crowding
from service.linking.segments import cut
from service.matching.kinds import KeyKind

triple = st.tuples(st.integers(0, 3), st.sampled_from((0, 2**64 - 1)), st.integers(0, 5))
Triple = tuple[int, int, int]
sets = st.frozensets(triple, max_size=25)


def column(rows: frozenset[Triple]) -> TokenColumn:
    tokens = b"".join(high.to_bytes(8) + low.to_bytes(8) for high, low, _ in rows)
    refs = np.array([ref for *_, ref in rows], dtype=np.uint64)
    return TokenColumn.of(np.frombuffer(tokens, dtype=np.uint8).reshape(-1, 16), refs)


def rows_of(made: TokenColumn) -> list[Triple]:
    return made.frame().rows()


@given(sets, sets)
def test_union_and_without_are_those_of_sets_and_stay_sorted(
    one: frozenset[Triple], other: frozenset[Triple]
) -> None:
    assert rows_of(column(one).union(column(other))) == sorted(one | other)
    assert rows_of(column(one).without(column(other))) == sorted(one - other)


@given(sets, sets)
def test_a_difference_has_what_came_and_what_went(
    before: frozenset[Triple], after: frozenset[Triple]
) -> None:
    delta = difference(column(before), column(after))
    assert (rows_of(delta.added), rows_of(delta.removed)) == (sorted(after - before), sorted(before - after))
    assert len(delta) == len(before ^ after)


@given(st.lists(sets, min_size=1, max_size=6))
def test_a_base_with_its_changes_stands_for_the_newest_column(states: list[frozenset[Triple]]) -> None:
    changes = [difference(column(a), column(b)) for a, b in pairwise(states)]
    assert rows_of(Layers([column(states[0])], changes).whole()) == sorted(states[-1])


@given(st.lists(sets, min_size=1, max_size=6))
def test_several_changes_come_to_the_difference_between_the_ends(
    states: list[frozenset[Triple]],
) -> None:
    changes = [difference(column(a), column(b)) for a, b in pairwise(states)]
    squash, straight = squashed(changes), difference(column(states[0]), column(states[-1]))
    assert rows_of(squash.added) == rows_of(straight.added)
    assert rows_of(squash.removed) == rows_of(straight.removed)


@given(
    st.lists(sets, min_size=1, max_size=6),
    st.frozensets(st.integers(0, 5)),
    st.frozensets(st.integers(0, 3)),
    st.integers(1, 9),
)
def test_rows_are_found_by_reference_or_first_half_as_they_stand(
    states: list[frozenset[Triple]], refs: frozenset[int], words: frozenset[int], size: int
) -> None:
    base = [TokenColumn.from_bytes(s.tokens, s.refs) for s in cut(column(states[0]), size=size)]
    layers = Layers(base, [difference(column(a), column(b)) for a, b in pairwise(states)])
    asked = [np.array(sorted(some), dtype=np.uint64) for some in (refs, words)]
    assert rows_of(layers.of_refs(References(asked[0]))) == sorted(
        row for row in states[-1] if row[2] in refs
    )
    assert rows_of(layers.with_high(asked[1])) == sorted(row for row in states[-1] if row[0] in words)
    assert len(layers) == len(states[-1])


def test_references_are_told_apart_beyond_their_last_bits() -> None:
    refs = References(np.array([5, 2**63 + 7], dtype=np.uint64))
    asked = np.array([5, 5 + 2**20, 7, 2**63 + 7, 0], dtype=np.uint64)
    assert refs.among(asked).tolist() == [True, False, False, True, False]


@given(st.lists(sets, min_size=1, max_size=30))
def test_written_as_it_is_said_the_list_of_changes_stays_short_and_small(
    states: list[frozenset[Triple]],
) -> None:
    layers = Layers([TokenColumn.empty()])
    for state in states:
        delta = difference(layers.whole(), column(state))
        merged = merging(layers, delta) if len(delta) else 0
        if merged is None:
            layers = Layers([column(state)])
        elif len(delta):
            keep = len(layers.changes) - merged
            layers = Layers(layers.base, [*layers.changes[:keep], squashed([*layers.changes[keep:], delta])])
        assert rows_of(layers.whole()) == sorted(state)
        assert len(layers.changes) <= MOST_CHANGES
        assert sum(map(len, layers.changes)) <= MERGE_FROM * sum(map(len, layers.base))


def test_small_changes_dont_have_a_large_one_written_again() -> None:
    rows = [(n, 0, n) for n in range(10_000)]
    layers, written = Layers([column(frozenset(rows))]), 0
    for left, right in pairwise((0, 900, *range(901, 981))):
        delta = difference(column(frozenset(rows[left:])), column(frozenset(rows[right:])))
        merged = merging(layers, delta)
        assert merged is not None
        keep = len(layers.changes) - merged
        if merged:
            delta = squashed([*layers.changes[keep:], delta])
        layers = Layers(layers.base, [*layers.changes[:keep], delta])
        written += len(delta)
    assert rows_of(layers.whole()) == rows[980:]
    assert written < 900 + 5 * 80


@given(sets, sets, sets, sets)
def test_pairs_that_change_are_between_touched_references(
    left: frozenset[Triple],
    right: frozenset[Triple],
    later: frozenset[Triple],
    later_right: frozenset[Triple],
) -> None:
    """The pairs outside of what is judged anew are those of before."""
    name = KeyKind.NAME
    before = meet({name: column(left)}, {name: column(right)})
    sides = {name: column(later)}, {name: column(later_right)}
    now = meet(*sides)
    touched = [
        np.unique(np.array([ref for *_, ref in a ^ b], dtype=np.uint64))
        for a, b in ((left, later), (right, later_right))
    ]
    moved = moved_by_crowding(sides, before.left_out, now.left_out)
    assert [m.tolist() for m in moved] == [[], []]
    anew = [set(between(found.meetings, *touched).rows()) for found in (before, now)]
    kept = [set(found.meetings.rows()) - seen for found, seen in zip((before, now), anew, strict=True)]
    assert kept[0] == kept[1]


def test_what_comes_to_be_left_out_moves_the_pairs_of_all_who_bear_it() -> None:
    name, many = KeyKind.NAME, frozenset((7, 7, ref) for ref in range(100))
    more = many | {(7, 7, 100)}
    other = frozenset({(8, 8, 200)})
    before = meet({name: column(many | other)}, {name: column(many)})
    sides = {name: column(more | other)}, {name: column(many)}
    now = meet(*sides)
    assert (before.crowded, now.crowded) == (0, 1)
    moved = moved_by_crowding(sides, before.left_out, now.left_out)
    assert [sorted(m.tolist()) for m in moved] == [list(range(101)), list(range(100))]
    back = moved_by_crowding(sides, now.left_out, before.left_out)
    assert [sorted(m.tolist()) for m in back] == [list(range(101)), list(range(100))]
