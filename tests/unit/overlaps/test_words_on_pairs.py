"""What a word makes of a pair, and what is told of it: without a database."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from service.overlaps.deciding import Choice, Refusal, _Pair, _refusal, _said
from service.overlaps.decision_models import Word
from service.overlaps.models import OverlapStatus, Scored
from service.overlaps.words import status_of

AUTO, REVIEW, CONFIRMED = OverlapStatus.AUTO, OverlapStatus.REVIEW, OverlapStatus.CONFIRMED
REJECTED, DISPUTED = OverlapStatus.REJECTED, OverlapStatus.DISPUTED


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({None}, AUTO), ({None, Word.OFFER}, AUTO), ({Word.OFFER}, AUTO),
        ({None, Word.CONFIRM}, CONFIRMED), ({Word.OFFER, Word.CONFIRM}, CONFIRMED), ({Word.CONFIRM}, CONFIRMED),
        ({None, Word.REJECT}, DISPUTED), ({Word.OFFER, Word.REJECT}, DISPUTED), ({Word.CONFIRM, Word.REJECT}, DISPUTED),
        ({Word.REJECT}, REJECTED),
    ],
)  # fmt: skip
def test_what_the_score_says_stands_until_somebody_rejects_it(
    words: set[Word | None], status: OverlapStatus
) -> None:
    one, other = (*words, *words)[:2]
    assert {status_of(Scored.AUTO, one, other), status_of(Scored.AUTO, other, one)} == {status}


@pytest.mark.parametrize("scored", [Scored.REVIEW, None])
def test_where_the_score_does_not_say_so_both_sides_must(scored: Scored | None) -> None:
    for words in product([None, *Word], repeat=2):
        agreed = words == (Word.CONFIRM, Word.CONFIRM)
        assert status_of(scored, *words) is (CONFIRMED if agreed else REVIEW)


def told(**known: object) -> dict[str, Any]:
    return {"own_word": None, "partner_word": None, "stored": REVIEW, "scored": Scored.REVIEW} | known


@pytest.mark.parametrize(
    ("choice", "row", "refused"),
    [
        (Choice.REJECT, None, Refusal.UNKNOWN),
        (Choice.REJECT, told(), None),
        (Choice.WITHDRAW, told(), Refusal.NOTHING_SAID),
        (Choice.WITHDRAW, told(own_word=Word.CONFIRM), None),
        (Choice.OFFER, told(), None),
        (Choice.OFFER, told(own_word=Word.REJECT, status=REJECTED), None),
        (Choice.OFFER, told(stored=DISPUTED, scored=Scored.AUTO, status=REJECTED), Refusal.NOT_IN_REVIEW),
        (Choice.OFFER, told(stored=AUTO, scored=Scored.AUTO), Refusal.NOT_IN_REVIEW),
        (Choice.OFFER, told(stored=CONFIRMED), Refusal.NOT_IN_REVIEW),
        (Choice.CONFIRM, told(stored=AUTO, scored=Scored.AUTO), None),
        (Choice.CONFIRM, told(partner_word=Word.OFFER), None),
        (Choice.CONFIRM, told(partner_word=Word.CONFIRM), None),
        (Choice.CONFIRM, told(own_word=Word.OFFER), Refusal.NOT_OFFERED),
        (Choice.CONFIRM, told(partner_word=Word.REJECT), Refusal.NOT_OFFERED),
        (Choice.CONFIRM, told(scored=None), Refusal.NOT_OFFERED),
    ],
)
def test_what_one_may_say_of_a_pair(
    choice: Choice, row: dict[str, Any] | None, refused: Refusal | None
) -> None:
    assert _refusal(choice, row) is refused


def pair(was: OverlapStatus, status: OverlapStatus, *words: Word | None, scored: Scored | None) -> _Pair:
    row = {"id": "pair", "status": was.value, "scored": scored, "kinds": 1, "confidence": 0.5}
    return _Pair(row, None, dict(zip(("lo", "hi"), words, strict=False)), status)


@pytest.mark.parametrize(
    ("was", "status", "events"),
    [
        (REVIEW, REVIEW, []),
        (REVIEW, CONFIRMED, ["created", "decided"]),
        (CONFIRMED, REVIEW, ["decided", "removed"]),
        (AUTO, CONFIRMED, ["decided"]),
        (AUTO, DISPUTED, ["decided", "removed"]),
        (DISPUTED, DISPUTED, ["decided"]),
        (DISPUTED, REJECTED, ["decided"]),
        (REJECTED, AUTO, ["created", "decided"]),
    ],
)
def test_a_pair_is_told_of_where_it_counts_or_is_disputed(
    was: OverlapStatus, status: OverlapStatus, events: Sequence[str]
) -> None:
    assert pair(was, status, scored=Scored.AUTO).events == [f"overlap.{event}" for event in events]


def test_a_pair_is_over_that_nothing_but_words_kept() -> None:
    over = {
        (scored, status): pair(CONFIRMED, status, scored=scored).is_over
        for scored in (None, Scored.REVIEW)
        for status in (REVIEW, CONFIRMED)
    }
    assert [case for case, is_over in over.items() if is_over] == [(None, REVIEW)]


@pytest.mark.parametrize(
    ("words", "status"),
    [((Word.REJECT, Word.REJECT), "rejected"), ((Word.REJECT, Word.CONFIRM), "review"), ((None, Word.REJECT), "review")],
)  # fmt: skip
def test_a_pair_in_review_that_both_reject_is_told_as_rejected(
    words: Sequence[Word | None], status: str
) -> None:
    data = _said(pair(CONFIRMED, REVIEW, *words, scored=Scored.REVIEW), "overlap.decided")
    assert f'"status": "{status}"' in data
    assert "status" not in _said(pair(CONFIRMED, REVIEW, *words, scored=Scored.REVIEW), "overlap.removed")
