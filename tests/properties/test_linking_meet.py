"""Laws of token columns: how they are sorted, cut, joined and met, how pairs group, and what evidence says."""

import sys
from collections import Counter
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.linking.anew import Touched, judge_all, judge_few
from service.linking.columns import TokenColumn
from service.linking.evidence import CODES, TOKEN, compare, leading, wanted
from service.linking.groups import company_groups
from service.linking.meet import KIND_TYPE, MAX_PAIRS_PER_TOKEN, SCHEMA, meet, meet_column, moved_tokens
from service.linking.segments import cut, join
from service.matching.kinds import Attribute, KeyKind
from service.matching.numbers import EVIDENCE, SCHEMES, VAT_COUNTRY
from service.matching.shared import SHARED

WORDS = (0, 1, 2, 2**63, 2**64 - 1)
"""Few high words, so that equal ones with unequal low words are common."""

triple = st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), st.integers(0, 4) | st.just(2**64 - 1))
triples = st.lists(triple, max_size=40)
kinds = st.sampled_from(list(KeyKind))
Triple = tuple[int, int, int]


def column(rows: list[Triple]) -> TokenColumn:
    tokens = b"".join(high.to_bytes(8) + low.to_bytes(8) for high, low, _ in rows)
    refs = np.array([ref for *_, ref in rows], dtype=np.uint64)
    return TokenColumn.of(np.frombuffer(tokens, dtype=np.uint8).reshape(-1, 16), refs)


def rows_of(found: TokenColumn) -> list[Triple]:
    return list(zip(found.high.tolist(), found.low.tolist(), found.refs.tolist(), strict=True))


def met(left: list[Triple], right: list[Triple]) -> list[tuple[int, int, int, int]]:
    """Every pair of rows with the same token, by brute force."""
    pairs = product(set(left), set(right))
    return sorted((lh, ll, lr, rr) for (lh, ll, lr), (rh, rl, rr) in pairs if (lh, ll) == (rh, rl))


@given(triples)
def test_a_column_is_sorted_and_holds_each_token_and_account_once(rows: list[Triple]) -> None:
    assert rows_of(column(rows)) == sorted(set(rows))


@given(triples, st.integers(1, 7))
def test_cut_and_joined_in_any_order_a_column_is_as_before(rows: list[Triple], size: int) -> None:
    whole = column(rows)
    segments = list(cut(whole, size=size))
    assert rows_of(join(reversed(segments))) == rows_of(whole)
    assert [s.count for s in segments[:-1]] == [size] * (len(segments) - 1)
    assert sum(s.count for s in segments) == len(whole)


@given(triples, st.integers(1, 7))
def test_a_segments_bounds_are_its_first_and_last_token(rows: list[Triple], size: int) -> None:
    for segment in cut(column(rows), size=size):
        tokens = [segment.tokens[i : i + 16] for i in range(0, len(segment.tokens), 16)]
        assert (segment.first, segment.last, segment.count) == (min(tokens), max(tokens), len(tokens))


@given(triples, triples)
def test_columns_meet_where_a_brute_force_join_does(left: list[Triple], right: list[Triple]) -> None:
    pairs, left_out = meet_column(column(left), column(right))
    assert sorted(pairs.select("high", "low", "left", "right").rows()) == met(left, right)
    assert left_out.rows() == []


@given(triples, triples)
def test_meeting_is_symmetric(left: list[Triple], right: list[Triple]) -> None:
    one, _ = meet_column(column(left), column(right))
    other, _ = meet_column(column(right), column(left))
    swapped = other.select("high", "low", left="right", right="left")
    assert sorted(one.rows()) == sorted(swapped.rows())


@given(st.dictionaries(kinds, triples), st.dictionaries(kinds, triples))
def test_only_tokens_of_one_kind_meet(
    left: dict[KeyKind, list[Triple]], right: dict[KeyKind, list[Triple]]
) -> None:
    found = meet(
        {k: column(rows) for k, rows in left.items()}, {k: column(rows) for k, rows in right.items()}
    )
    expected = [
        (kind.value, *row)
        for kind in KeyKind
        if kind in left and kind in right
        for row in met(left[kind], right[kind])
    ]
    assert found.meetings.rows() == expected


def test_a_token_that_would_join_too_many_accounts_is_left_out_and_named() -> None:
    side = int(MAX_PAIRS_PER_TOKEN**0.5)
    fits = column([(7, 7, ref) for ref in range(side)])
    too_many = column([(7, 7, ref) for ref in range(side + 1)] + [(8, 8, 1)])
    assert meet_column(fits, fits)[0].height == MAX_PAIRS_PER_TOKEN
    pairs, left_out = meet_column(too_many, too_many)
    assert (pairs.rows(), left_out.rows()) == ([(8, 8, 1, 1)], [(7, 7)])


# ── anew ──────────────────────────────────────────────────────────────────────────────────────────

sides = st.dictionaries(st.sampled_from((KeyKind.NAME, KeyKind.DOMAIN)), triples)
Side = dict[KeyKind, list[Triple]]


def refs_of(side: Side) -> set[tuple[KeyKind, Triple]]:
    return {(kind, row) for kind, rows in side.items() for row in rows}


def both(one: Side, other: Side) -> Side:
    return {kind: [*one.get(kind, []), *other.get(kind, [])] for kind in {*one, *other}}


@settings(deadline=None)
@given(*[st.tuples(sides, sides)] * 3, st.tuples(*[st.sets(st.integers(0, 4))] * 2), st.integers(1, 6))
def test_what_changed_is_found_from_the_tokens_of_what_was_touched(
    always: tuple[Side, Side],
    earlier_more: tuple[Side, Side],
    later_more: tuple[Side, Side],
    more: tuple[set[int], set[int]],
    most: int,
) -> None:
    """`more` are touched without any token's having changed, as accounts are whose city did."""
    before, now = ([*map(both, always, changing)] for changing in (earlier_more, later_more))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["service.linking.meet"], "MAX_PAIRS_PER_TOKEN", most)
        earlier, later = (
            [{k: column(rows) for k, rows in side.items()} for side in two] for two in (before, now)
        )
        touched_refs = [
            {row[2] for _, row in refs_of(was) ^ refs_of(is_)} | also
            for was, is_, also in zip(before, now, more, strict=True)
        ]
        words: dict[str, set[int]] = {}
        for side, refs in zip(now, touched_refs, strict=True):
            for kind, (high, _, ref) in refs_of(side):
                if ref in refs:
                    words.setdefault(kind.value, set()).add(high)
        sorted_words = {kind: np.array(sorted(found), dtype=np.uint64) for kind, found in words.items()}
        left, right = (np.array(sorted(refs), dtype=np.uint64) for refs in touched_refs)
        touched = Touched(left, right, sorted_words, meet(earlier[0], earlier[1]).left_out)
        concerned = touched.concerned()
        few = [
            {k: c.with_high(concerned[k.value]) for k, c in side.items() if k.value in concerned}
            for side in later
        ]
        whole = judge_all((later[0], later[1]), touched)
        found = judge_few((few[0], few[1]), touched)
        moved = moved_tokens(touched.left_out, whole.left_out).height
    assert (found is None) == bool(moved)
    if found is not None:
        assert found.meetings.rows() == whole.meetings.rows()
        assert sorted(found.left_out.rows()) == sorted(whole.left_out.rows())
        assert whole.left is not None
        assert whole.left.tolist() == left.tolist()


def test_what_stays_left_out_is_looked_at_again_and_needs_no_whole_meeting() -> None:
    name, many = KeyKind.NAME, [(7, 7, ref) for ref in range(101)]
    sides = [{name: column([*many, (8, 8, ref)])} for ref in (500, 600)]
    before = meet({name: column(many)}, {name: column(many)}).left_out
    refs = [np.array([ref], dtype=np.uint64) for ref in (500, 600)]
    touched = Touched(refs[0], refs[1], {name.value: np.array([8], dtype=np.uint64)}, before)
    few = [{name: side[name].with_high(touched.concerned()[name.value])} for side in sides]
    found = judge_few((few[0], few[1]), touched)
    assert found is not None
    assert (found.meetings.rows(), found.left_out.rows()) == ([("name", 8, 8, 500, 600)], [("name", 7, 7)])


# ── groups ────────────────────────────────────────────────────────────────────────────────────────


def grouped(pairs: list[tuple[int, int]]) -> list[int]:
    """Union-find over the pairs, labels in order of first appearance."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for left, right in pairs:
        parent[root(("left", left))] = root(("right", right))
    labels: dict[tuple[str, int], int] = {}
    return [labels.setdefault(root(("left", left)), len(labels)) for left, _ in pairs]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_companies_are_the_connected_groups_of_pairs(pairs: list[tuple[int, int]]) -> None:
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.uint64) for side in (0, 1))
    assert company_groups(left, right).tolist() == grouped(pairs)


def test_a_long_chain_of_pairs_is_one_company() -> None:
    steps = np.arange(5000, dtype=np.uint64)
    left, right = np.repeat(steps, 2)[1:], np.repeat(steps, 2)[:-1]
    order = np.random.default_rng(1).permutation(len(left))
    assert not company_groups(left[order], right[order]).any()


# ── evidence ──────────────────────────────────────────────────────────────────────────────────────

meeting = st.tuples(kinds, st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.integers(0, 3))
meetings = st.sets(meeting, max_size=25).map(lambda rows: sorted(rows, key=physical))
CODE = st.integers(0, 2)
Meeting = tuple[KeyKind, int, int, int, int]


def physical(row: Meeting) -> tuple[int, ...]:
    return (list(KeyKind).index(row[0]), *row[1:])


def frame_of(rows: list[Meeting]) -> pl.DataFrame:
    return pl.DataFrame([(row[0].value, *row[1:]) for row in rows], schema=SCHEMA, orient="row")


def strongest(rows: list[Meeting]) -> dict[tuple[int, int], Meeting]:
    found: dict[tuple[int, int], Meeting] = {}
    for row in sorted(rows, key=physical):
        found.setdefault((row[3], row[4]), row)
    return found


@given(meetings)
def test_evidence_is_asked_for_by_each_pairs_strongest_key_and_where_domains_may_be_shared(
    rows: list[Meeting],
) -> None:
    found = strongest(rows)
    at_domains = Counter(row[1] for row in rows if row[0] is KeyKind.DOMAIN)
    several = [row for row in rows if row[0] is KeyKind.DOMAIN and at_domains[row[1]] > 1]
    assert {(left, right): (k, h, lo) for k, h, lo, left, right in leading(frame_of(rows)).rows()} == {
        pair: (row[0].value, *row[1:3]) for pair, row in found.items()
    }
    for side, place in (("left", 3), ("right", 4)):
        asked = {(row[0], row[1], row[2], row[place]) for row in [*found.values(), *several]}
        ordered = sorted(asked, key=physical)
        assert wanted(frame_of(rows), side).rows() == [(row[0].value, *row[1:]) for row in ordered]


def said(mine: int, theirs: int) -> int:
    if not (mine and theirs):
        return 0
    return 1 if mine == theirs else -1


def codes(asked: pl.DataFrame, data: st.DataObject) -> pl.DataFrame:
    drawn = {
        name: pl.Series(data.draw(st.lists(CODE, min_size=asked.height, max_size=asked.height)), dtype=kept)
        for name, kept in CODES.items()
    }
    return asked.with_columns(**drawn)


@given(meetings, st.data())
def test_agreement_is_what_the_codes_of_the_strongest_key_say(
    rows: list[Meeting], data: st.DataObject
) -> None:
    frame = frame_of(rows)
    answers = {side: codes(wanted(frame, side), data) for side in ("left", "right")}
    by_token = {side: {row[:4]: row[4:] for row in answer.rows()} for side, answer in answers.items()}
    expected = []
    for (left, right), lead in sorted(strongest(rows).items()):
        met_by = {row[0] for row in rows if row[3:] == (left, right)}
        token = (lead[0].value, *lead[1:3])
        said_by = {
            value: said(mine, theirs)
            for value, mine, theirs in zip(
                EVIDENCE, by_token["left"][*token, left], by_token["right"][*token, right], strict=True
            )
        }
        evidence = {attribute: said_by[attribute] for attribute in Attribute}
        evidence[Attribute.REGISTRY_ID] = 1 if KeyKind.REGISTRY_ID in met_by else numbers_say(said_by)
        if KeyKind.DOMAIN in met_by:
            shared = [
                at_domain(rows, by_token, row)
                for row in rows
                if row[0] is KeyKind.DOMAIN and row[3:] == (left, right)
            ]
            if all(several and left_to_others for several, left_to_others in shared):
                continue
            evidence[Attribute.DOMAIN] = SHARED if all(several for several, _ in shared) else 1
        expected.append((left, right, *(kind in met_by for kind in KeyKind), *evidence.values()))
    columns = ["left", "right", *(k.value for k in KeyKind), *(f"ev_{a.value}" for a in Attribute)]
    assert compare(frame, answers["left"], answers["right"]).select(columns).rows() == expected


def numbers_say(said_by: dict[str, int]) -> int:
    schemes = {value: said_by[value] for value in SCHEMES}
    if said_by[VAT_COUNTRY] < 1:
        schemes["registry_id_vat"] = 0
    if 1 in schemes.values():
        return 1
    return min(said for value, said in schemes.items() if value != "registry_id_duns")


def at_domain(
    rows: list[Meeting], by_token: dict[str, dict[tuple[object, ...], tuple[int, ...]]], at: Meeting
) -> tuple[bool, bool]:
    """Whether several names bear the domain on a side; and whether each of the two has the name of another, and nothing but the domain meets."""
    bearers = [row for row in rows if row[:3] == at[:3]]
    name = EVIDENCE.index(Attribute.SPACED_NAME)
    several = False
    for side, place in (("left", 3), ("right", 4)):
        names = {
            by_token[side].get((at[0].value, *at[1:3], ref), {name: f"{ref} alone"})[name]
            for ref in {r[place] for r in bearers}
        }
        several |= len(names - {0}) > 1
    besides = {
        pair: {row[0] for row in rows if row[3:] == pair} - {KeyKind.DOMAIN}
        for pair in {row[3:] for row in bearers}
    }
    taken = [pair for pair, kinds in besides.items() if kinds - {KeyKind.NAME_HEAD}]
    return several, not besides[at[3:]] and at[3] in {p[0] for p in taken} and at[4] in {p[1] for p in taken}


@given(meetings)
def test_tokens_are_asked_for_once(rows: list[Meeting]) -> None:
    asked = wanted(frame_of(rows), "left")
    assert asked.columns == TOKEN
    assert asked.schema["kind"] == KIND_TYPE
    assert set(Counter(asked.rows()).values()) <= {1}
