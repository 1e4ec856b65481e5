"""KEY-11: which statements a side believes."""

from dataclasses import replace

import pytest

from service.crypto import (
    EpochBook,
    ExchangeKey,
    IdentityKey,
    Mode,
    Pins,
    SecretBytes,
    SignedStatement,
    Statement,
    agree_pair,
    code_secret,
    parse_statement,
    sign_statement,
)
from service.crypto.errors import (
    EncodingError,
    EpochOrderError,
    KeyMaterialError,
    PinMismatchError,
    SecondStatementError,
    SignatureError,
    StatementError,
)
from tests.unit.crypto.support import PARTNERSHIP, Organization

X = ExchangeKey(SecretBytes(b"\x07" * 32))
OTHER_PARTNERSHIP = "0190b000-0000-7000-8000-0000000000bb"


def test_a_statement_of_another_partnership_is_refused(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    with pytest.raises(PinMismatchError, match=OTHER_PARTNERSHIP):
        book.accept(hi.states(lo.party, X, partnership=OTHER_PARTNERSHIP))


def test_a_statement_with_another_mode_is_refused(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    hosted = replace(hi, party=replace(hi.party, mode=Mode.HOSTED))
    with pytest.raises(PinMismatchError, match="safety numbers"):
        book.accept(hosted.states(lo.party, X))
    with pytest.raises(PinMismatchError):
        book.accept(hi.states(replace(lo.party, mode=Mode.HOSTED), X))


def test_a_statement_with_another_identity_is_refused(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    stranger = IdentityKey.draw()
    swapped = Organization(replace(hi.party, identity=stranger.public), stranger)
    with pytest.raises(PinMismatchError):
        book.accept(swapped.states(lo.party, X))
    with pytest.raises(PinMismatchError):
        book.accept(hi.states(replace(lo.party, identity=stranger.public), X))


def test_a_statement_signed_by_another_key_is_refused(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    text = hi.states(lo.party, X).text
    for signature in (IdentityKey.draw().sign(text), lo.identity.sign(text), b"", bytes(64)):
        with pytest.raises(SignatureError):
            book.accept(SignedStatement(text, signature))


def test_ones_own_statement_is_not_taken_for_the_partners(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    signed = lo.states(hi.party, X)
    reflected = book.accept(signed)
    assert reflected.partner is None
    with pytest.raises(StatementError, match="not open yet"):
        reflected.both()


@pytest.mark.parametrize("epoch", [1, 2, 3, 5, 6, 99])
def test_a_repeated_or_skipped_epoch_is_refused(
    book: EpochBook, lo: Organization, hi: Organization, epoch: int
) -> None:
    seen = replace(book, highest=3)
    signed = hi.states(lo.party, X, epoch=epoch)
    if epoch == 3:
        assert seen.accept(signed).highest == 3
        return
    with pytest.raises(EpochOrderError, match="open 4"):
        seen.accept(signed)


def test_the_first_epoch_is_one(book: EpochBook, lo: Organization, hi: Organization) -> None:
    with pytest.raises(EpochOrderError):
        book.accept(hi.states(lo.party, X, epoch=2))
    with pytest.raises(EncodingError, match="from 1 up"):
        hi.states(lo.party, X, epoch=0)


def test_a_second_exchange_key_for_one_epoch_is_refused(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    first = hi.states(lo.party, X)
    seen = book.accept(first)
    assert seen.accept(first) == seen
    with pytest.raises(SecondStatementError, match="two exchange keys for epoch 1"):
        seen.accept(hi.states(lo.party, ExchangeKey.draw()))


def test_one_does_not_state_two_exchange_keys_oneself(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    seen = book.accept(lo.states(hi.party, X))
    with pytest.raises(SecondStatementError):
        seen.accept(lo.states(hi.party, ExchangeKey.draw()))


def test_the_next_epoch_begins_with_neither_statement(
    book: EpochBook, lo: Organization, hi: Organization
) -> None:
    seen = book.accept(lo.states(hi.party, X)).accept(hi.states(lo.party, ExchangeKey.draw()))
    assert seen.both()[0].own == lo.party
    rotated = seen.accept(hi.states(lo.party, ExchangeKey.draw(), epoch=2))
    assert (rotated.highest, rotated.own) == (2, None)
    with pytest.raises(StatementError, match="epoch 2"):
        rotated.both()
    with pytest.raises(EpochOrderError):
        rotated.accept(lo.states(hi.party, X))


def test_a_book_kept_as_text_believes_the_same(book: EpochBook, lo: Organization, hi: Organization) -> None:
    seen = book.accept(hi.states(lo.party, X))
    assert seen.partner is not None
    kept = EpochBook(book.pins, seen.highest, None, parse_statement(seen.partner.text()))
    assert kept == seen


def _changed(text: bytes, part: int, value: bytes) -> bytes:
    parts = text.split(b"|")
    parts[part] = value
    return b"|".join(parts)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (0, b"commonground/2"),
        (1, b"token"),
        (2, PARTNERSHIP.upper().encode()),
        (3, b"01"),
        (3, b"0"),
        (4, b"-"),
        (5, b"Hosted"),
        (6, b"00" * 31),
        (8, b""),
        (9, b"0G" * 32),
        (10, b"07" * 32 + b"\n"),
        (10, b"07" * 32 + b"|x"),
        (4, "ä".encode()),
    ],
)
def test_a_statement_written_another_way_is_refused(
    lo: Organization, hi: Organization, part: int, value: bytes
) -> None:
    text = hi.states(lo.party, X).text
    assert parse_statement(text).text() == text
    with pytest.raises((EncodingError, KeyMaterialError)):
        parse_statement(_changed(text, part, value))


def test_a_statement_with_oneself_is_refused(lo: Organization) -> None:
    with pytest.raises(StatementError, match="itself"):
        lo.states(lo.party, X)


def test_a_statement_is_signed_only_by_the_identity_it_names(lo: Organization, hi: Organization) -> None:
    statement = Statement(PARTNERSHIP, 1, lo.party, hi.party, X.public)
    with pytest.raises(PinMismatchError, match="another identity"):
        sign_statement(statement, hi.identity)


def test_pins_name_a_partnership(lo: Organization, hi: Organization) -> None:
    with pytest.raises(EncodingError):
        Pins("partnership", lo.party, hi.party)


def test_keys_are_agreed_only_on_statements_that_answer_each_other(
    lo: Organization, hi: Organization
) -> None:
    x_hi = ExchangeKey.draw()
    own = Statement(PARTNERSHIP, 1, lo.party, hi.party, X.public)
    answer = Statement(PARTNERSHIP, 1, hi.party, lo.party, x_hi.public)
    agree_pair(X, own, answer, code_secret(None))
    for wrong in (
        replace(answer, epoch=2),
        replace(answer, partnership=OTHER_PARTNERSHIP),
        replace(answer, partner=replace(lo.party, mode=Mode.HOSTED)),
        own,
    ):
        with pytest.raises(StatementError, match="answer each other"):
            agree_pair(X, own, wrong, code_secret(None))
    with pytest.raises(StatementError, match="not the one stated"):
        agree_pair(x_hi, own, answer, code_secret(None))
