"""Laws of judging anew: what a change concerns is judged as a run over all would, and what it doesn't concern stays as it was."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.linking.anew import Touched, judge_all, judge_few
from service.linking.columns import U64, TokenColumn
from service.linking.evidence import CODES, compare, wanted, with_shown
from service.linking.layers import Delta, Layers
from service.linking.meet import Candidates, TokenSet, between, meet
from service.matching.kinds import Attribute, KeyKind
from service.overlaps.models import Part
from service.overlaps.stored import Place, Stored
from service.overlaps.tokens import sharing_domain

KINDS = (KeyKind.REGISTRY_ID, KeyKind.DOMAIN, KeyKind.NAME, KeyKind.NAME_HEAD)
MOST = 6
"""Accounts of a side."""


@dataclass(frozen=True)
class Side:
    """By account the tokens it bears, what its name is (0: none), and whether it is shown."""

    tokens: Mapping[int, frozenset[tuple[KeyKind, int]]]
    names: Mapping[int, int]
    shown: frozenset[int]

    def columns(self) -> TokenSet:
        found = {}
        for kind in KINDS:
            rows = [(word, 0, ref) for ref, borne in self.tokens.items() for k, word in borne if k is kind]
            frame = pl.DataFrame(
                rows, schema={"high": pl.UInt64, "low": pl.UInt64, "ref": pl.UInt64}, orient="row"
            )
            found[kind] = TokenColumn.of_frame(frame)
        return found

    def codes(self, asked: pl.DataFrame) -> pl.DataFrame:
        name = pl.col("ref").replace_strict(dict(self.names), default=0, return_dtype=pl.UInt16)
        coded = asked.with_columns(
            name.alias(c) if c == f"code_{Attribute.SPACED_NAME}" else pl.lit(0, kept).alias(c)
            for c, kept in CODES.items()
        )
        return with_shown(coded, np.array(sorted(self.shown), dtype=np.uint64))

    def without(self, refs: frozenset[int]) -> "Side":
        return Side(
            {ref: borne for ref, borne in self.tokens.items() if ref not in refs},
            {ref: name for ref, name in self.names.items() if ref not in refs},
            self.shown - refs,
        )


domains = st.frozensets(st.tuples(st.just(KeyKind.DOMAIN), st.integers(1, 4)), max_size=2)
others = st.frozensets(st.tuples(st.sampled_from(KINDS), st.integers(1, 4)), max_size=1)
accounts = st.tuples(st.builds(frozenset.union, domains, others), st.integers(0, 3), st.booleans())
lists = st.dictionaries(st.integers(0, MOST - 1), accounts, max_size=MOST)
few = st.dictionaries(st.integers(0, MOST - 1), accounts, max_size=1)


def side(rows: Mapping[int, tuple[frozenset[tuple[KeyKind, int]], int, bool]]) -> Side:
    return Side(
        {ref: borne for ref, (borne, _, _) in rows.items()},
        {ref: name for ref, (_, name, _) in rows.items()},
        frozenset(ref for ref, (_, _, shown) in rows.items() if shown),
    )


def judged(meetings: pl.DataFrame, left: Side, right: Side) -> pl.DataFrame:
    return compare(meetings, *(s.codes(wanted(meetings, n)) for s, n in ((left, "left"), (right, "right"))))


def refs(some: set[int]) -> U64:
    return np.array(sorted(some), dtype=np.uint64)


def touched_by(before: Side, now: Side) -> tuple[U64, Mapping[str, set[int]]]:
    """What a push says it touched, and the tokens under which the other side is to be looked at."""
    everyone = {*before.tokens, *now.tokens}
    changed = {ref for ref in everyone if _account(before, ref) != _account(now, ref)}
    bearing, after = before.columns()[KeyKind.DOMAIN], now.columns()[KeyKind.DOMAIN]
    place: Place = (Part.SENT, KeyKind.DOMAIN.value)
    deltas = {place: Delta(after.without(bearing), bearing.without(after))}
    stored = Stored({place: Layers([bearing])})
    touched = np.union1d(refs(changed), sharing_domain(stored, deltas, refs(changed)))
    looked_at = {int(ref) for ref in np.union1d(touched, sharing_domain(stored, deltas, touched))}
    words: dict[str, set[int]] = {}
    for ref in looked_at & now.tokens.keys():
        for kind, word in now.tokens[ref]:
            words.setdefault(kind.value, set()).add(word)
    return touched, words


def _account(of: Side, ref: int) -> object:
    return of.tokens.get(ref), of.names.get(ref), ref in of.shown


@settings(deadline=None, max_examples=100)
@given(st.tuples(lists, lists), *[st.tuples(few, few)] * 2, st.sampled_from((1, 2, 4, 100)))
def test_few_are_judged_as_all_would_be_and_the_others_stay_as_they_were(
    always: tuple[dict, dict], once: tuple[dict, dict], since: tuple[dict, dict], most: int
) -> None:
    before, now = ([side({**a, **b}) for a, b in zip(always, more, strict=True)] for more in (once, since))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["service.linking.meet"], "MAX_PAIRS_PER_TOKEN", most)
        earlier, later = (_met(two) for two in (before, now))
        (left, left_words), (right, right_words) = map(touched_by, before, now)
        words = {
            kind: refs(left_words.get(kind, set()) | right_words.get(kind, set()))
            for kind in {*left_words, *right_words}
        }
        touched = Touched(left, right, words, earlier.left_out)
        concerned = touched.concerned()
        assert concerned is not None
        columns = [two.columns() for two in now]
        some = [
            {k: c.with_high(concerned[k.value]) for k, c in s.items() if k.value in concerned}
            for s in columns
        ]
        found = judge_few((some[0], some[1]), touched) or judge_all((columns[0], columns[1]), touched)
    whole = judged(later.meetings, *now)
    mine = between(judged(found.meetings, *now), found.left, found.right)
    assert mine.rows() == between(whole, found.left, found.right).rows()
    pairs = ["left", "right"]
    stayed = [
        frame.join(between(frame, found.left, found.right), on=pairs, how="anti").rows()
        for frame in (judged(earlier.meetings, *before), whole)
    ]
    assert stayed[0] == stayed[1]


def _met(two: list[Side]) -> Candidates:
    left, right = (s.columns() for s in two)
    return meet(left, right)


@settings(deadline=None, max_examples=100)
@given(lists, lists)
def test_a_side_is_told_nothing_of_accounts_that_it_is_not_shown(one: dict, other: dict) -> None:
    """Each side's pairs with accounts that the other shows are as if the other had no account that it doesn't show."""
    left, right = side(one), side(other)
    whole = judged(_met([left, right]).meetings, left, right)
    for told, hidden, at in ((right, left, "left"), (left, right, "right")):
        bare = hidden.without(frozenset(hidden.tokens.keys() - hidden.shown))
        two = [bare, told] if at == "left" else [told, bare]
        alone = judged(_met(two).meetings, *two)
        open_to_it = pl.col(at).is_in(sorted(hidden.shown))
        assert whole.filter(open_to_it).rows() == alone.rows()
